"""Trains the selector of summaries: `python summary_train.py --run DIR --data DIR --minilm DIR`.

Batches come from `prepare summary stream` (Rust), so sentences, features and labels are the library's own. The loop is
in loop.py.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import loop
from batches import unpack_articles
from summary_network import Selector, Sizes


@dataclass
class Settings(loop.Settings):
    """What a run can choose; `data` is the folder of the files of articles, not compressed."""

    minutes: float = 21.0
    batch: int = 8  # articles a process
    warmup: float = 0.05  # of a short run
    watch_every: float = 7.0  # minutes
    train: str = "train.jsonl"
    watch: str = "val_rest.jsonl"  # the articles for choosing
    watch_articles: int = 160  # of it, by all processes; enough to see the curve, 10 seconds
    gain_weight: float = 0.3  # of the loss on each sentence's own gain; not tuned
    gain_sharpness: float = 10.0  # of its target; NeuSum's is 20; not tuned


class Run(loop.Run):
    """One process's share of a run."""

    NAMES = ("label", "gain", "chosen", "found")
    CURVES = ("label", "chosen")

    def build(self):
        names = self.language["summary"]
        self.sizes = Sizes(
            features=len(names["features"]),
            publishers=len(names["publishers"]),
            positions=names["window"],
            windows=names["windows"],
        )
        return Selector(self.sizes)

    def unpack(self):
        return unpack_articles

    def losses(self, batch):
        losses = self.network.losses(batch, self.settings.gain_sharpness)
        return losses["label"] + self.settings.gain_weight * losses["gain"], losses

    def feeder_command(self, step, last=False):
        settings = self.settings
        options = settings.last_feeder if last else settings.feeder
        command = [*self._command("stream", settings.train), "--seed", str(settings.seed), "--start", str(step)]
        return [*command, *options.split()]

    def watch_command(self):
        settings = self.settings
        limit = ["--limit", str(settings.watch_articles)]
        return [*self._command("dump", settings.watch), *limit] if settings.watch_articles else None

    def describe_data(self):
        files = [Path(self.settings.data, name) for name in (self.settings.train, self.settings.watch)]
        texts = [file.read_bytes() for file in files]
        sets = [{"set": file.stem, "articles": text.count(b"\n")} for file, text in zip(files, texts, strict=True)]
        return {"hash": hashlib.sha256(b"".join(texts)).hexdigest(), "sets": sets}

    def _command(self, what: str, file: str) -> list[str]:
        settings, processes = self.settings, self.processes
        command = [settings.prepare, "summary", what, "--data", f"{settings.data}/{file}"]
        command += ["--tokenizer", f"{settings.minilm}/tokenizer.json", "--batch", str(settings.batch)]
        return [*command, "--rank", str(processes.rank), "--ranks", str(processes.world)]


if __name__ == "__main__":
    loop.start(__doc__.splitlines()[0], Settings, Run)
