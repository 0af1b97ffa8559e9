"""Trains what judges cuts: `python summary_cuts.py --train FILE --watch FILE --out FILE`.

Is a summary better without these words? The files are what `prepare summary cuts` writes with an exported selector: for
each cut the finished network's vectors, features, and what leaving it out does to ROUGE. The network stays as it is; a
judge is fitted in seconds. The loss is the cross entropy of "ROUGE rises without it", each cut weighted by how much it
rises or falls, so that a score above 0 means that more is gained than lost. `gained` is ROUGE (mean of 1 and 2, points
an article) when each cut with a score above 0 is left out, `most` when each that helps is.
"""

import argparse
import json
import subprocess
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load, save_file

from batches import read_blobs
from summary_network import Cuts, Sizes

EPOCHS = 12  # few: cuts are some ten thousand and their ROUGE is noisy
BATCH = 128
RATE = 1e-3
DECAY = 0.05
DROP = 0.3
JUDGES = 4  # by seed; the one that gains most on the watched articles is kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--watch", type=Path, required=True, help="of validation articles that are for choosing")
    parser.add_argument("--prepare", default="target/release/prepare")
    parser.add_argument(
        "--out", type=Path, required=True, help="a .safetensors file; what is told of it lies beside it"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    names = json.loads(subprocess.check_output([options.prepare, "describe"]))["summary"]["cut_features"]
    train, watch = read(options.train), read(options.watch)
    fitted = [fit(train, watch, options.seed * 100 + index) for index in range(JUDGES)]
    judge, gained = max(fitted, key=lambda pair: pair[1])
    told = {"features": names, "cuts": len(train["change"]), "articles": len(train["article"].unique())}
    told |= {"gained": gained, "most": gain(watch, watch["change"])}
    told["share"] = told["gained"] / told["most"]
    save_file(judge.state_dict(), options.out)
    options.out.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    print(json.dumps({name: value for name, value in told.items() if name != "features"}))
    report(judge, watch, names)


def read(path: Path) -> dict:
    """All cuts of a file: told [C, 2 d], features [C, F], change [C], article [C]."""
    with open(path, "rb") as file:
        blobs = [load(blob) for blob in read_blobs(file)]
    return {name: torch.cat([blob[name] for blob in blobs]) for name in blobs[0]}


def fit(train: dict, watch: dict, seed: int) -> tuple[Cuts, float]:
    """A judge after its last epoch, and what it gains on the watched articles."""
    torch.manual_seed(seed)
    width, features = train["told"].shape[1] // 2, train["features"].shape[1]
    judge = Cuts(Sizes(features=0, width=width, cut_features=features))
    optimiser = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(train["change"]) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / max(steps, 1))
    weight = train["change"].abs() / train["change"].abs().mean()
    helps = (train["change"] > 0).float()
    judge.train()
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(helps)).split(BATCH)[: len(helps) // BATCH]:
            scores = judge(train["told"][rows], train["features"][rows], DROP)
            loss = F.binary_cross_entropy_with_logits(scores, helps[rows], weight[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    judge.eval()
    return judge, gain(watch, scores_of(judge, watch))


@torch.no_grad()
def scores_of(judge: Cuts, cuts: dict) -> torch.Tensor:
    return judge(cuts["told"], cuts["features"])


def gain(cuts: dict, scores: torch.Tensor) -> float:
    """Points of ROUGE an article when each cut with a score above 0 is left out."""
    return 100 * float(cuts["change"][scores > 0].sum()) / len(cuts["article"].unique())


def report(judge: Cuts, cuts: dict, names: list[str]) -> None:
    """A line a kind: how many are left out of how many, and the gain when all are, those of the judge, the helpful."""
    scores = scores_of(judge, cuts)
    for column, name in enumerate(names):
        rows = cuts["features"][:, column] == 1
        if column and name == "share_of_sentence":
            break
        kind = {key: tensor[rows] for key, tensor in cuts.items()} | {"article": cuts["article"]}
        every = torch.ones(int(rows.sum()))
        gains = [gain(kind, chosen) for chosen in (every, scores[rows], kind["change"])]
        left_out = int((scores[rows] > 0).sum())
        print(f"{name:16} {left_out:5} of {len(every):5}   " + " ".join(f"{value:+.3f}" for value in gains))


if __name__ == "__main__":
    main()
