"""Turns a run's checkpoint into shipped weights: `python export.py --run DIR --loom DIR --minilm DIR --out DIR`.

Writes model.safetensors (MiniLM's tables in 8 bits, the rest bf16), config.json with checksums, tokenizer.json and the
model card, and beside them reference values for the Rust twin, computed in f32 from the weights as stored.
"""

import argparse
import functools
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from batches import read_blobs, unpack
from network import Network, Sizes

FAMILY, VERSION = "argiope-native-sql", 1  # what src/model reads
EXAMPLES = 64  # with reference values; from Loom, which is the project's own
PIECES = 80  # of the longest of them, so that the file stays small
LARGEST = 64_000_000  # bytes a model may take
WATCHED = 24  # held-out batches that say what 8 bits cost; enough to see a thousandth of the loss

SPIDER = "Spider (CC BY-SA 4.0; Yu et al. 2018)"
SOURCES = {  # where each training set comes from, and its licence as its authors state it
    "train": SPIDER,
    "train_others": SPIDER,
    "train_paraphrased": "paraphrases of Spider's questions (CC BY-SA 4.0)",
    "train_syn": "Spider-Syn (CC BY-SA 4.0; Gan et al. 2021)",
    "loom": "Loom (MIT OR Apache-2.0)",
    "sparc": "SParC (CC BY-SA 4.0; Yu et al. 2019)",
    "cosql": "CoSQL (CC BY-SA 4.0; Yu et al. 2019)",
    "bird": "BIRD (CC BY-SA 4.0; Li et al. 2023)",
    "ambrosia": "AMBROSIA (CC BY 4.0; Saparina & Lapata 2024)",
    "gretel": "gretel's synthetic_text_to_sql (Apache-2.0; 2024)",
    "wikisql": "WikiSQL (BSD-3-Clause; Zhong et al. 2017)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint's folder; else the run's newest")
    parser.add_argument("--loom", type=Path, required=True)
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--name", default="sql-small")
    parser.add_argument("--recipe", default="training/runs/second.sh", help="what the model card names")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="file for reference values; none without it")
    parser.add_argument("--threads", type=int, default=1, help="more only on an idle machine")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    card, position, trained = read_checkpoint(options.run, options.checkpoint)
    network = Network(Sizes(**card["sizes"])).eval()
    held_out = read_held_out(options.run, functools.partial(unpack, relations=network.sizes.relations))
    network.load_state_dict(trained)
    before = measure(network, held_out)
    network.load_state_dict(write_weights(trained, options.minilm, options.out))
    after = measure(network, held_out)
    cost = {"held_out_before_8_bits": before, "held_out_after_8_bits": after}
    print(json.dumps(cost))
    names = {name: card["language"][name] for name in ("keywords", "relations", "features")}
    write_config(options.out, {"family": FAMILY, "version": VERSION, "name": options.name}, card, position, names)
    write_readme(options, card, position, cost)
    if options.reference:
        options.reference.parent.mkdir(parents=True, exist_ok=True)
        save_file(references(network, card, options), options.reference)
    finish(options.out)


def read_checkpoint(run: Path, folder: Path | None) -> tuple[dict, dict, dict]:
    """A run's card, and of a checkpoint (the newest, when no folder is given) the position and the tensors in f32."""
    folder = folder or max((run / "checkpoints").glob("*/complete")).parent
    tensors = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    return json.loads((run / "card.json").read_text()), json.loads((folder / "complete").read_text()), tensors


def write_weights(tensors: dict, minilm: Path, out: Path) -> dict:
    """model.safetensors and tokenizer.json; gives the tensors as a reader gets them back."""
    out.mkdir(parents=True, exist_ok=True)
    stored = store(tensors)
    save_file(stored, out / "model.safetensors")
    shutil.copyfile(minilm / "tokenizer.json", out / "tokenizer.json")
    return restore(stored)


def finish(out: Path) -> None:
    """Sets modes and looks at the size of a finished folder."""
    for file in out.iterdir():
        file.chmod(0o644)
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{out}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"more than {LARGEST:,} bytes")


def in_eight_bits(name: str, tensor: torch.Tensor) -> bool:
    """The word embedding and MiniLM's linear layers: half of all numbers, and the ones that bear it best."""
    return tensor.dim() == 2 and (name == "bert.word_embedding.weight" or name.startswith("bert.layers."))


def store(tensors: dict) -> dict:
    """The tensors as they lie in the file: `NAME.q8` with one scale a row in `NAME.scale`, or bf16."""
    stored = {}
    for name, tensor in tensors.items():
        if in_eight_bits(name, tensor):
            scale = tensor.abs().amax(1).clamp(min=1e-12) / 127
            steps = (tensor / scale[:, None]).round().clamp(-127, 127)
            stored[f"{name}.q8"], stored[f"{name}.scale"] = steps.to(torch.int8), scale
        else:
            stored[name] = tensor.to(torch.bfloat16)
    return stored


def restore(stored: dict) -> dict:
    """What a reader makes of stored tensors, in f32."""
    tensors = {}
    for name, tensor in stored.items():
        if name.endswith(".q8"):
            name = name.removesuffix(".q8")
            tensors[name] = tensor.float() * stored[f"{name}.scale"][:, None]
        elif not name.endswith(".scale"):
            tensors[name] = tensor.float()
    return tensors


def read_held_out(run: Path, unpack_blob: Callable[[bytes], dict]) -> list[dict]:
    """The run's held-out batches; none where it held none out."""
    batches = []
    for path in sorted(run.glob("held_out-*.bin")):
        with open(path, "rb") as file:
            batches += [unpack_blob(blob) for blob in read_blobs(file)]
    return batches[:: max(len(batches) // WATCHED, 1)]


@torch.no_grad()
def measure(network: Network, batches: list[dict]) -> dict:
    """Mean loss a symbol and share of examples whose every symbol is right, in f32."""
    count, sums = 0, {"symbols": 0.0, "exact": 0.0}
    for batch in batches:
        losses, size = network.losses(batch), len(batch["piece_ids"])
        count += size
        sums = {name: value + losses[name].item() * size for name, value in sums.items()}
    return {name: round(value / max(count, 1), 5) for name, value in sums.items()} | {"examples": count}


def write_config(out: Path, head: dict, card: dict, position: dict, names: dict) -> None:
    """config.json: `head` (family, version, name), shapes, `names` in the order of their ids, checksums."""
    files = ("model.safetensors", "tokenizer.json")
    sums = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in files}
    config = head | {"sizes": card["sizes"]} | names
    config |= {"files": sums, "trained": {"commit": card["commit"], "data": card["data"]["hash"]} | position}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def write_readme(options, card: dict, position: dict, cost: dict) -> None:
    """The model card."""
    places = ("run", "data", "loom", "extra", "minilm", "prepare")
    settings = {k: v for k, v in card["settings"].items() if k not in places}
    coverage = [f"| {s['set']} | {s['covered']:,} of {s['questions']:,} |" for s in card["data"]["sets"]]
    before, after = cost["held_out_before_8_bits"], cost["held_out_after_8_bits"]
    numbers = sum(p.numel() for p in Network(Sizes(**card["sizes"])).parameters())
    minutes = position["elapsed"] / 60
    sources = "; ".join(dict.fromkeys(SOURCES[one["set"]] for one in card["data"]["sets"]))
    # The front matter is what `argiope models` reads the licence from.
    text = f"""---
license: apache-2.0
---
# {options.name}
The native text-to-SQL model: a question and a schema in, a form out that becomes SQL (docs/form.md). MiniLM-L6 start,
{card["sizes"]["relation_layers"]} relation layers, a decoder of {card["sizes"]["decoder_layers"]} layers that points; \
{numbers / 1e6:.1f} million parameters, {card["trained_parameters"] / 1e6:.1f} million of them trained.
Scores on Spider dev: docs/results.md.

## Training
Commit `{card["commit"]}`, {position["step"]:,} steps in {minutes:.0f} minutes on {card["machine"]["cores"]} cores \
({card["machine"]["cpu"]}), recipe `{options.recipe}`.
Settings: `{json.dumps(settings)}`. Versions: `{json.dumps(card["versions"])}`.

| set | examples |
|---|---|
{chr(10).join(coverage)}

Data hash (SHA-256 over the question and schema files): `{card["data"]["hash"]}`. Held out to watch the training: \
{", ".join(card["data"]["held_out"]) or "none"}.
dev was never trained on, and no setting was chosen on it.

## Format
The word embedding and MiniLM's linear layers in 8 bits (`NAME.q8`, one scale a row in `NAME.scale`), the rest bf16.
On the {after["examples"]} held-out examples: loss a symbol {before["symbols"]} before and {after["symbols"]} after, \
all symbols right {before["exact"]} before and {after["exact"]} after.

## Licence
The weights start from all-MiniLM-L6-v2 (Apache-2.0), as does `tokenizer.json`; trained on
{sources}.
Our part: MIT OR Apache-2.0.
"""
    (options.out / "README.md").write_text(text)


@torch.no_grad()
def references(network: Network, card: dict, options) -> dict:
    """Inputs and all scores of short Loom examples, as tests/it/model.rs reads them: `INDEX.NAME`."""
    settings = card["settings"]
    command = [settings["prepare"], "dump", "--data", settings["data"], "--loom", str(options.loom), "--set", "loom"]
    command += ["--tokenizer", str(options.minilm / "tokenizer.json"), "--batch", "1"]
    feeder = subprocess.Popen(command, stdout=subprocess.PIPE)
    batches = []
    for blob in read_blobs(feeder.stdout):
        batch = unpack(blob, network.sizes.relations, keep=True)
        if batch["piece_ids"].shape[1] > PIECES:
            break
        batches.append(batch)
    feeder.kill()
    tensors = {}
    for index, batch in enumerate(batches[:: max(len(batches) // EXAMPLES, 1)][:EXAMPLES]):
        tensors |= {f"{index}.{name}": tensor for name, tensor in reference(network, batch).items()}
    return tensors


def reference(network: Network, batch: dict) -> dict:
    """One example without padding, with its scores and the probability that each node is used."""
    memory, bias = network.encode(batch)
    nodes, pieces = int(batch["node_mask"].sum()), int((batch["piece_ids"] > 0).sum())
    scores = network.scores(batch, memory, bias)[0, :, : network.sizes.keywords + nodes]
    short = {name: batch[name][0, :pieces] for name in ("piece_ids", "type_ids", "starts")}
    short |= {"spans": batch["spans"][0, :nodes], "kinds": batch["node_kinds"][0, :nodes], "ids": batch["input_ids"][0]}
    tensors = {name: tensor.to(torch.int32).contiguous() for name, tensor in short.items()}
    tensors["features"] = batch["features"][0, :nodes].contiguous()
    tensors["relations"] = batch["masks"][0, :nodes, :nodes].contiguous()
    return tensors | {"scores": scores.contiguous(), "used": torch.sigmoid(network.used(memory)[0, :nodes, 0])}


if __name__ == "__main__":
    main()
