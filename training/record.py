"""What a run leaves behind besides weights: log.jsonl, curve.png and card.json. Knows nothing about networks."""

import json
import math
import os
import platform
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import numpy
import torch


class Log:
    """Collects a run's losses; only the first process writes them down."""

    def __init__(self, run):
        self.run, self.names, self.waited = run, run.NAMES, 0.0
        self.reset()

    def reset(self) -> None:
        self.sums, self.count, self.began, self.waited = [0.0] * (len(self.names) + 1), 0, time.time(), 0.0

    def add(self, norm: float, told: list[float]) -> None:
        if sound(norm, told):
            self.sums = [a + b for a, b in zip(self.sums, [norm, *told], strict=True)]
            self.count += 1

    def write(self, factor: float) -> None:
        run, seconds = self.run, time.time() - self.began
        means = [value / max(self.count, 1) for value in self.sums]
        examples = run.settings.log_every * run.settings.batch * run.processes.world
        line = {"step": run.step, "minutes": round(run.elapsed / 60, 3)}
        line |= {name: round(value, 5) for name, value in zip(("norm", *self.names), means, strict=True)}
        line |= {"rate": run.settings.rate_new * factor, "examples_per_second": round(examples / seconds, 2)}
        line |= {"waited": round(self.waited / seconds, 4), "load": round(os.getloadavg()[0], 2)}
        self.append(line)
        self.reset()

    def write_held_out(self, losses: dict) -> None:
        line = {"step": self.run.step, "minutes": round(self.run.elapsed / 60, 3)}
        self.append(line | {f"held_out_{name}": round(value, 5) for name, value in losses.items()})

    def append(self, line: dict) -> None:
        if self.run.processes.rank:
            return
        with open(self.run.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        if "norm" not in line or self.run.step % 500 == 0:
            draw(self.run.folder, self.run.CURVES)


def sound(norm: float, told: list[float]) -> bool:
    """Whether a step's numbers can be believed: finite, and no loss below zero."""
    return math.isfinite(norm) and all(math.isfinite(value) and value >= 0 for value in told)


def write_card(run, data: dict) -> None:
    """card.json: what is needed to make the run again; `data` describes the data."""
    settings, here = run.settings, Path(__file__).parent
    git = ["git", "-C", str(here)]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    clean = not subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True).stdout.strip()
    machine = {"cpu": processor(), "cores": os.cpu_count(), "device": settings.device}
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__}
    card = {"commit": commit, "clean": clean, "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    card |= {"settings": asdict(settings), "sizes": run.sizes.as_dict(), "data": data, "language": run.language}
    card |= {"versions": versions, "machine": machine}
    card |= {"trained_parameters": sum(p.numel() for _, p in run.learner.named)}
    card |= {"resumed_at_step": run.step}
    name = "card.json" if run.step == 0 else f"card-{run.step:07}.json"
    (run.folder / name).write_text(json.dumps(card, indent=1))


def processor() -> str:
    """The processor's name, as Linux tells it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def draw(folder: Path, names: tuple[str, str]) -> None:
    """curve.png from log.jsonl: two of the losses, the first on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plot.subplots(1, 2, figsize=(11, 4))
    for axis, name in zip((left, right), names, strict=True):
        for key in (name, f"held_out_{name}"):
            points = [(line["minutes"], line[key]) for line in lines if key in line]
            if points:
                axis.plot(*zip(*points, strict=True), label=key, marker="o" if "held" in key else None, markersize=3)
        axis.set_xlabel("minutes")
        axis.legend()
        axis.grid(alpha=0.3)
    left.set_yscale("log")
    figure.tight_layout()
    figure.savefig(folder / "curve.png", dpi=110)
    plot.close(figure)
