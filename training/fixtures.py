"""Writes tests/data/model_tiny: a tiny random checkpoint of the network and what PyTorch makes of 64 random examples.

The Rust twin must give the same scores (tests/it/model.rs). Weights are stored in all three formats the loader knows
(f32, bf16, whole steps with a scale a row), and the reference values come from exactly those stored weights.

    python training/fixtures.py tests/data/model_tiny
"""

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from network import COLUMN, TABLE, WORD, Network, Sizes

SEED = 7
EXAMPLES = 64
SIZES = Sizes(
    keywords=13,
    relations=9,
    features=5,
    width=32,
    bert_layers=4,  # one above the start embedding
    bert_heads=2,
    bert_inner=48,
    vocabulary=90,
    positions=40,
    relation_layers=2,
    decoder_layers=2,
    heads=4,
    inner=48,
    max_symbols=64,
)


def randomise(network: torch.nn.Module) -> torch.nn.Module:
    """Weights large enough that attention is uneven and scores are of the size of trained ones."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) * (0.25 if parameter.dim() > 1 else 0.1))
    return network.eval()


def store(network: torch.nn.Module) -> dict:
    """The checkpoint's tensors; the network's own become what a reader gets back from them."""
    tensors = {}
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() == 1:
                tensors[name] = parameter.clone()
            elif "word_embedding" in name or "up.weight" in name:
                scale = parameter.abs().amax(1) / 127
                steps = (parameter / scale[:, None]).round().clamp(-127, 127)
                tensors[name + ".q8"], tensors[name + ".scale"] = steps.to(torch.int8), scale
                parameter.copy_(steps * scale[:, None])
            elif "decoder" in name or "sentences.layers" in name:
                tensors[name] = parameter.clone()
            else:
                tensors[name] = parameter.to(torch.bfloat16)
                parameter.copy_(tensors[name].float())
    return tensors


def random_example(index: int) -> dict:
    """Arrays as the encoder takes them, and a random form of 1 to 64 symbols that begins with BEGIN (keyword 0)."""

    def number(low: int, high: int) -> int:
        return int(torch.randint(low, high, ()))

    words, columns, tables = number(1, 6), number(1, 6), number(1, 3)
    kinds = [WORD] * words + [COLUMN] * columns + [TABLE] * tables
    spans, pieces, starts = [], 1, [0]
    for kind in kinds:
        length = number(0 if kind == WORD else 1, 4)
        spans.append((pieces, pieces + length))
        starts += [{WORD: 0, COLUMN: 1, TABLE: 2}[kind]] * (length > 0) + [0] * (length - 1)
        pieces += length
    nodes, steps = len(kinds), index % SIZES.max_symbols + 1
    relations = torch.zeros(nodes, nodes, dtype=torch.int64)
    for bit in range(SIZES.relations):
        relations |= (torch.rand(nodes, nodes) < 0.2).long() << bit
    ids = torch.randint(0, SIZES.keywords + nodes, (steps,))
    ids[0] = 0
    question = spans[words - 1][1]
    return {
        "piece_ids": torch.randint(1, SIZES.vocabulary, (pieces,)),
        "type_ids": (torch.arange(pieces) >= question).long(),
        "starts": torch.tensor(starts),
        "spans": torch.tensor(spans),
        "kinds": torch.tensor(kinds),
        "features": torch.randn(nodes, SIZES.features),
        "relations": relations,
        "ids": ids,
    }


def with_reference(network: Network, example: dict) -> dict:
    """The example in the file's types, with the scores of every step and the probability that each node is used."""
    pieces, (start, end) = len(example["piece_ids"]), example["spans"].t()[..., None]
    place = torch.arange(pieces)
    pool = ((place >= start) & (place < end)).float() / (end - start).clamp(min=1)
    bits = torch.arange(SIZES.relations)
    batch = {
        "piece_ids": example["piece_ids"][None],
        "type_ids": example["type_ids"][None],
        "starts": example["starts"][None],
        "pool": pool[None],
        "features": example["features"][None],
        "relations": (example["relations"][..., None] >> bits & 1)[None],
        "node_mask": torch.ones(1, len(example["kinds"]), dtype=torch.bool),
        "node_kinds": example["kinds"][None],
        "input_ids": example["ids"][None],
    }
    with torch.no_grad():
        memory, bias = network.encode(batch)
        scores = network.scores(batch, memory, bias)[0]
        used = torch.sigmoid(network.used(memory)[0, :, 0])
    stored = {
        name: example[name].to(torch.int32) for name in ("piece_ids", "type_ids", "starts", "spans", "kinds", "ids")
    }
    return stored | {
        "features": example["features"],
        "relations": example["relations"],
        "scores": scores.contiguous(),
        "used": used,
    }


def write(folder: Path, network: torch.nn.Module, examples: list[dict], refer: Callable, config: dict) -> None:
    """The three files: the network's weights, each example with what `refer` adds to it, `config` with checksums."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(store(network), folder / "model.safetensors")
    reference = {}
    for index, example in enumerate(examples):
        for name, tensor in refer(network, example).items():
            reference[f"{index}.{name}"] = tensor
    save_file(reference, folder / "reference.safetensors")
    weights = (folder / "model.safetensors").read_bytes()
    config = config | {"files": {"model.safetensors": hashlib.sha256(weights).hexdigest()}}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def main(folder: Path) -> None:
    torch.manual_seed(SEED)
    config = {
        "family": "argiope-native-sql",
        "version": 1,
        "name": "tiny",
        "sizes": SIZES.as_dict(),
        "keywords": [f"K{i}" for i in range(SIZES.keywords)],
        "relations": [f"R{i}" for i in range(SIZES.relations)],
        "features": [f"F{i}" for i in range(SIZES.features)],
    }
    network = randomise(Network(SIZES))
    write(folder, network, [random_example(index) for index in range(EXAMPLES)], with_reference, config)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
