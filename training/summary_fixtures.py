"""Writes tests/data/selector_tiny: a tiny random selector and what PyTorch makes of 24 random articles.

As fixtures.py, for tests/it/selector.rs. The articles fill one to four windows, some to the brim; some leave the end of
an inner window empty, in some a sentence goes on in the next window, and one has more sentences than places.

    python training/summary_fixtures.py tests/data/selector_tiny
"""

import sys
from pathlib import Path

import torch

from batches import pooling
from fixtures import SEED, randomise, write
from summary_export import FAMILY, VERSION, reference
from summary_network import Selector, Sizes

ARTICLES = 24
SIZES = Sizes(
    features=5,
    scores=1,
    width=32,
    bert_layers=4,
    bert_heads=2,
    bert_inner=48,
    vocabulary=90,
    positions=24,
    sentences=16,
    heads=4,
    inner=48,
)


def random_article(index: int) -> dict:
    """A batch of one article, as the feeder writes it."""

    def number(low: int, high: int) -> int:
        return int(torch.randint(low, high, ()))

    window, windows = SIZES.positions, index % SIZES.windows + 1
    pieces, spans, at = torch.zeros(windows * window, dtype=torch.long), [], 1
    most = 3 if index == ARTICLES - 1 else 12  # short sentences, so that the last article has many
    while True:
        length = number(1, most)
        left = window - at % window
        if index % 3 == 0 and length > left:
            at += left  # the rest of the window stays empty, as when a sentence is not torn apart
        if at + length > len(pieces):
            break
        pieces[at : at + length] = torch.randint(1, SIZES.vocabulary, (length,))
        spans.append((at, at + length))
        at += length
    pieces[0] = 1
    return {
        "piece_ids": pieces[None],
        "spans": torch.tensor(spans)[None],
        "pool": pooling(torch.tensor(spans)[None], len(pieces)),
        "sentence_mask": torch.ones(1, len(spans), dtype=torch.bool),
        "features": torch.randn(1, len(spans), SIZES.features),
        "publisher": torch.tensor([index % SIZES.publishers]),
    }


def main(folder: Path) -> None:
    torch.manual_seed(SEED)
    config = {"family": FAMILY, "version": VERSION, "name": "tiny", "sizes": SIZES.as_dict()}
    config |= {
        "features": [f"F{i}" for i in range(SIZES.features)],
        "publishers": [f"P{i}" for i in range(SIZES.publishers)],
    }
    network = randomise(Selector(SIZES))
    write(folder, network, [random_article(index) for index in range(ARTICLES)], reference, config)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
