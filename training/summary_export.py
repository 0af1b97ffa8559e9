"""Turns a selector's checkpoint into shipped weights: `python summary_export.py --run DIR --minilm DIR --out DIR`.

The files are those of export.py. The two scores of the training become one, `--mix` times each; the mixture is chosen
on the validation articles that are for choosing.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from batches import unpack_articles
from export import finish, read_checkpoint, read_held_out, write_config, write_weights
from summary_network import Selector, Sizes

FAMILY, VERSION = "argiope-selector", 1  # what src/model reads
ARTICLES = 64  # with reference values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint's folder; else the run's newest")
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--mix", default="1,0", help="shares of the two scores (oracle label, own gain)")
    parser.add_argument("--name", default="summary-small")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="file for reference values; none without it")
    parser.add_argument("--threads", type=int, default=1, help="more only on an idle machine")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    card, position, trained = read_checkpoint(options.run, options.checkpoint)
    card["sizes"]["scores"] = 1
    mixed = mix(trained, tuple(float(share) for share in options.mix.split(",")))
    network = Selector(Sizes(**card["sizes"])).eval()
    held_out = read_held_out(options.run, unpack_articles)
    network.load_state_dict(mixed)
    before = label_loss(network, held_out)
    network.load_state_dict(write_weights(mixed, options.minilm, options.out))
    cost = {"before": before, "after": label_loss(network, held_out)}
    cost["articles"] = sum(len(batch["piece_ids"]) for batch in held_out)
    print(json.dumps(cost))
    names = {name: card["language"]["summary"][name] for name in ("features", "publishers")}
    write_config(options.out, {"family": FAMILY, "version": VERSION, "name": options.name}, card, position, names)
    write_readme(options, card, position, cost)
    if options.reference:
        save_file(references(network, held_out), options.reference)
    finish(options.out)


def mix(tensors: dict, shares: tuple[float, ...]) -> dict:
    """The tensors with one row in `score`: so much of each of its rows."""
    shares = torch.tensor(shares)
    mixed = {
        "score.weight": (shares @ tensors["score.weight"])[None],
        "score.bias": (shares @ tensors["score.bias"])[None],
    }
    return tensors | mixed


@torch.no_grad()
def label_loss(network: Selector, batches: list[dict]) -> float:
    """Mean cross entropy of the score against the oracle's labels a sentence, in f32."""
    total, count = 0.0, 0
    for batch in batches:
        mask = batch["sentence_mask"]
        scores, labels = network.scores(batch)[..., 0][mask], batch["labels"][mask]
        total += torch.nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum").item()
        count += len(scores)
    return round(total / max(count, 1), 5)


def references(network: Selector, batches: list[dict]) -> dict:
    """Inputs and scores of held-out articles, as tests/it/selector.rs reads them: `INDEX.NAME`."""
    rows = [
        {name: t[row : row + 1] for name, t in batch.items()}
        for batch in batches
        for row in range(len(batch["piece_ids"]))
    ]
    tensors = {}
    for index, batch in enumerate(rows[:: max(len(rows) // ARTICLES, 1)][:ARTICLES]):
        tensors |= {f"{index}.{name}": tensor for name, tensor in reference(network, batch).items()}
    return tensors


@torch.no_grad()
def reference(network: Selector, batch: dict) -> dict:
    """One article without sentences of padding, with its scores."""
    count = int(batch["sentence_mask"].sum())
    tensors = {"piece_ids": batch["piece_ids"][0], "spans": batch["spans"][0, :count], "publisher": batch["publisher"]}
    tensors = {name: tensor.to(torch.int32).contiguous() for name, tensor in tensors.items()}
    tensors["features"] = batch["features"][0, :count].contiguous()
    return tensors | {"scores": network.scores(batch)[0, :count, 0].contiguous()}


def write_readme(options, card: dict, position: dict, cost: dict) -> None:
    """The model card."""
    settings = {k: v for k, v in card["settings"].items() if k not in ("run", "data", "minilm", "prepare")}
    sizes = Sizes(**card["sizes"])
    numbers = sum(p.numel() for p in Selector(sizes).parameters())
    coverage = [f"| {s['set']} | {s['articles']:,} |" for s in card["data"]["sets"]]
    # The front matter is what `argiope models` reads the licence from.
    text = f"""---
license: apache-2.0
---
# {options.name}
Says which sentences of an article belong in its summary: MiniLM-L6 over {sizes.windows} windows of {sizes.positions} \
word pieces, the mean of each sentence's pieces with its features,
place and publisher, {sizes.sentence_layers} layers over sentences, one score a sentence; \
{numbers / 1e6:.1f} million parameters, {card["trained_parameters"] / 1e6:.1f} million of them trained.
Scores: docs/summaries.md.

## Training
Commit `{card["commit"]}`, {position["step"]:,} steps in {position["elapsed"] / 60:.0f} minutes on \
{card["machine"]["cores"]} cores ({card["machine"]["cpu"]}), recipe `training/runs/selector.sh`.
Settings: `{json.dumps(settings)}`. Versions: `{json.dumps(card["versions"])}`.

| set | articles |
|---|---|
{chr(10).join(coverage)}

Data hash (SHA-256 over the files of articles): `{card["data"]["hash"]}`. The shares of the two scores that the
training has (oracle label, own gain), {options.mix}, were chosen on val_rest; val2000 was used for reporting alone.

## Format
The word embedding and MiniLM's linear layers in 8 bits (`NAME.q8`, one scale a row in `NAME.scale`), the rest bf16.
Cross entropy against the oracle's labels on {cost["articles"]} articles of val_rest: {cost["before"]} before, \
{cost["after"]} after.

## Licence
The weights start from all-MiniLM-L6-v2 (Apache-2.0), as does `tokenizer.json`. They were trained on CNN/DailyMail
(Hermann et al. 2015, See et al. 2017), whose articles are for research use and are not part of this repository. Our
part: MIT OR Apache-2.0.
"""
    (options.out / "README.md").write_text(text)


if __name__ == "__main__":
    main()
