"""ROUGE of the three best sentences for mixtures of a selector's two scores: how `--mix` of the export is chosen.

    python summary_choose.py --run DIR --data val_rest.jsonl --minilm DIR --judge spider-eval --articles 1000

The sentences are spelled from their word pieces, which is what ROUGE reads but for accents and for what lies behind a
sentence's hundredth piece. No two of the three share three words in a row; lead-3 stands beside them.
"""

import argparse
import json
import re
import subprocess
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

from batches import read_blobs, unpack_articles
from summary_network import Selector, Sizes

MIXES = "1,0 1,0.1 1,0.25 1,0.5 1,1 0,1"
LINES = 3  # of a summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint's folder; else the run's newest")
    parser.add_argument("--data", type=Path, required=True, help="a file of articles")
    parser.add_argument("--minilm", type=Path, required=True)
    parser.add_argument("--judge", default="spider-eval")
    parser.add_argument("--articles", type=int, default=1000, help="the first of the file")
    parser.add_argument("--mixes", default=MIXES)
    parser.add_argument("--unknown", action="store_true", help="do not tell the publisher")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    scored = score(options)
    report(options, "lead-3", [texts[:LINES] for texts, _ in scored])
    for shares in options.mixes.split():
        weights = torch.tensor([float(share) for share in shares.split(",")])
        report(options, f"mix {shares}", [choose(texts, scores @ weights) for texts, scores in scored])


@torch.no_grad()
def score(options) -> list[tuple[list[str], torch.Tensor]]:
    """Each article's sentences and their scores, in the order of the file."""
    card = json.loads((options.run / "card.json").read_text())
    folder = options.checkpoint or max((options.run / "checkpoints").glob("*/complete")).parent
    network = Selector(Sizes(**card["sizes"])).eval()
    network.load_state_dict(load_file(folder / "model.safetensors"))
    network.to(torch.bfloat16)  # as it was trained; the float32 scores differ too little to change a mean
    vocabulary = json.loads((options.minilm / "tokenizer.json").read_text())["model"]["vocab"]
    pieces = {number: piece for piece, number in vocabulary.items()}
    command = [card["settings"]["prepare"], "summary", "dump", "--data", str(options.data), "--batch", "16"]
    command += ["--tokenizer", str(options.minilm / "tokenizer.json"), "--limit", str(options.articles)]
    scored = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE) as feeder:
        for blob in read_blobs(feeder.stdout):
            batch = unpack_articles(blob)
            if options.unknown:
                batch["publisher"].zero_()
            scores = network.scores(batch)
            for row, index in enumerate(batch["index"].tolist()):
                count = int(batch["sentence_mask"][row].sum())
                ids = [batch["piece_ids"][row, a:b].tolist() for a, b in batch["spans"][row, :count].tolist()]
                texts = [spell(pieces[number] for number in sentence) for sentence in ids]
                scored[index] = texts, scores[row, :count]
    return [scored[index] for index in sorted(scored)]


def spell(pieces) -> str:
    """Word pieces as text."""
    return " ".join(pieces).replace(" ##", "")


def choose(texts: list[str], scores: torch.Tensor) -> list[str]:
    """The best sentences in the article's order, each without three words in a row that a better one has."""
    chosen, seen = [], set()
    for index in scores.argsort(descending=True).tolist():
        words = re.findall("[a-z0-9]+", texts[index])
        triples = set(zip(words, words[1:], words[2:], strict=False))
        if not triples & seen:
            chosen.append(index)
            seen |= triples
        if len(chosen) == LINES:
            break
    return [texts[index] for index in sorted(chosen)]


def report(options, name: str, summaries: list[list[str]]) -> None:
    """One line: ROUGE-1/2/Lsum F1 in percent, and words a summary."""
    with tempfile.TemporaryDirectory() as folder:
        gold, pred, scores = (Path(folder, name) for name in ("gold.jsonl", "pred.jsonl", "scores.json"))
        with open(options.data) as file:
            gold.write_text("".join(line for line, _ in zip(file, summaries, strict=False)))
        pred.write_text("".join(json.dumps({"sentences": lines}) + "\n" for lines in summaries))
        command = [options.judge, "rouge", "--gold", str(gold), "--pred", str(pred), "--json", str(scores)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = json.loads(scores.read_text())["scores"]
    numbers = "/".join(f"{100 * found[name]['f1']:.2f}" for name in ("rouge1", "rouge2", "rougeLsum"))
    words = sum(len(" ".join(lines).split()) for lines in summaries) / len(summaries)
    print(f"{name:12} {numbers}  {words:.1f} words, {len(summaries)} articles", flush=True)


if __name__ == "__main__":
    main()
