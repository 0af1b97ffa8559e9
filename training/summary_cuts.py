"""Fits what judges cuts: `python summary_cuts.py --train FILE --watch FILE --out FOLDER/cuts.json`.

Is a summary better without these words? A linear model over what is known of each cut; the files are what `prepare
summary cuts` writes. The loss is the cross entropy of "ROUGE rises without it", each cut weighted by how much it rises
or falls, so that a score above 0 means that more is gained than lost. What is printed is ROUGE (mean of 1 and 2, points
an article of the watched ones) by kind: when all go, when those with a score above 0 go, when those that help go.
"""

import argparse
import json
import subprocess
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load

from batches import read_blobs

STEPS = 60  # of L-BFGS; the loss is convex
DECAY = 1e-3  # of the squared weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--watch", type=Path, required=True, help="of validation articles that are for choosing")
    parser.add_argument("--prepare", default="target/release/prepare")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    names = json.loads(subprocess.check_output([options.prepare, "describe"]))["summary"]["cut_features"]
    train, watch = read(options.train), read(options.watch)
    weights, bias = fit(train)
    judge = {"features": names, "weights": [round(w, 5) for w in weights.tolist()], "bias": round(float(bias), 5)}
    options.out.write_text(json.dumps(judge, indent=1) + "\n")
    print(f"{len(train['change'])} cuts of {len(train['article'].unique())} articles")
    report(watch, watch["features"] @ weights + bias, names)


def read(path: Path) -> dict:
    """All cuts of a file: features [C, F], change [C], article [C]."""
    with open(path, "rb") as file:
        blobs = [load(blob) for blob in read_blobs(file)]
    return {name: torch.cat([blob[name] for blob in blobs]) for name in blobs[0]}


def fit(cuts: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights [F] and bias."""
    weights, bias = torch.zeros(cuts["features"].shape[1], requires_grad=True), torch.zeros((), requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")
    size = cuts["change"].abs() / cuts["change"].abs().mean()
    helps = (cuts["change"] > 0).float()

    def loss():
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(cuts["features"] @ weights + bias, helps, size)
        loss = loss + DECAY * weights.square().sum()
        loss.backward()
        return loss

    optimiser.step(loss)
    return weights.detach(), bias.detach()


def gain(cuts: dict, chosen: torch.Tensor) -> float:
    """Points of ROUGE an article when the chosen cuts are left out."""
    return 100 * float(cuts["change"][chosen].sum()) / len(cuts["article"].unique())


def report(cuts: dict, scores: torch.Tensor, names: list[str]) -> None:
    """A line a kind, and one for all."""
    kinds = names[: names.index("share_of_sentence")]
    rows = {name: cuts["features"][:, column] == 1 for column, name in enumerate(kinds)}
    for name, inside in (rows | {"all": torch.ones(len(scores), dtype=torch.bool)}).items():
        sets = (inside, inside & (scores > 0), inside & (cuts["change"] > 0))
        gains = " ".join(f"{gain(cuts, chosen):+.3f}" for chosen in sets)
        print(f"{name:16} {int(sets[1].sum()):5} of {int(inside.sum()):5}   {gains}")


if __name__ == "__main__":
    main()
