"""The training loop of every network here: processes, checkpoints, learning rate by wall time, what is watched.

A trainer (train.py, summary_train.py) subclasses [`Run`] with its network, its feeder's commands and its losses, adds
its settings to [`Settings`], and calls [`start`]. The run folder gets log.jsonl, curve.png, card.json and checkpoints;
the same command goes on from the last one.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import safetensors.torch
import torch

from batches import Feeder, read_blobs
from layers import Dropout
from record import Log, sound, write_card
from shared import Learner, Processes

BAD_STEPS = 10  # losses below zero or not finite, in a row, before the run ends


@dataclass
class Settings:
    """What every run can choose, with the reason for each default."""

    run: str = "runs/try"  # the run's folder, outside the repository
    data: str = ""  # the folder of the main data set
    minilm: str = ""  # the folder of MiniLM's model.safetensors and tokenizer.json
    prepare: str = "target/release/prepare"  # the feeder
    feeder: str = ""  # more options for it
    last_feeder: str = ""  # its options for the last part: a run ends on the data it is meant for
    last_share: float = 0.25  # of the time, with `last_feeder`
    device: str = "cpu"
    precision: str = "auto"  # bf16, f32, or bf16 where the device computes in it: emulated it is slower than f32
    processes: int = 2  # one a core; 1 on a GPU
    minutes: float = 70.0  # wall time of training; the learning rate ends with it
    batch: int = 12  # examples a process; 24 together were stable in the prototype
    seed: int = 1
    rate_minilm: float = 1e-4  # peak learning rate of MiniLM's layers: they know their language already
    rate_new: float = 5e-4  # of all else
    warmup: float = 0.03  # share of the time; post-norm layers need a soft start
    rate_floor: float = 0.01  # share of the peak at the end
    dropout: float = 0.1
    frozen_layers: int = 3  # lower MiniLM layers that stay: 20 % faster, same loss in the prototype
    log_every: int = 50  # steps
    save_every: float = 3.0  # minutes
    watch_every: float = 5.0  # minutes between losses on held-out examples, where there are some
    stop_after: int = 0  # steps, for a quick try; 0: by time


def start(description: str, settings_type: type[Settings], run_type: type["Run"]) -> None:
    """What a trainer's command does: launches the processes, or is one of them."""
    parser = argparse.ArgumentParser(description=description)
    for field in fields(settings_type):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=field.type, default=field.default)
    parser.add_argument("--rank", type=int, help="set by the launcher")
    values = vars(parser.parse_args())
    rank = values.pop("rank")
    settings = settings_type(**values)
    if rank is None:
        sys.exit(launch(settings))
    torch.set_num_threads(1 if settings.device == "cpu" else 8)
    torch.manual_seed(settings.seed)
    processes = Processes(rank, settings.processes, f"{settings.run}/store")
    run_type(settings, processes).train()


def launch(settings: Settings) -> int:
    """Starts the processes, each in a session of its own, and ends all when one fails."""
    Path(settings.run).mkdir(parents=True, exist_ok=True)
    Path(settings.run, "store").unlink(missing_ok=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    started = [
        subprocess.Popen([sys.executable, *sys.argv, "--rank", str(rank)], env=environment, start_new_session=True)
        for rank in range(settings.processes)
    ]
    try:
        while any(process.poll() is None for process in started):
            if any(process.poll() not in (None, 0) for process in started):
                break
            time.sleep(0.5)
    finally:
        for process in started:
            process.terminate()
    return max(abs(process.wait()) for process in started)


class Run:
    """One process's share of a run. What differs from network to network is in the methods that raise here."""

    NAMES: tuple[str, ...] = ()  # of the losses that are logged, all at least 0
    CURVES: tuple[str, str] = ("", "")  # the two of them that curve.png shows

    def build(self) -> torch.nn.Module:
        """The network, its `bert` still random; sets `sizes`."""
        raise NotImplementedError

    def feeder_command(self, step: int, last: bool = False) -> list[str]:
        """The feeder of this process, from this step on; with `last` that of a run's last part."""
        raise NotImplementedError

    def describe_data(self) -> dict:
        """What card.json says of the data: `hash`, `sets` and more."""
        raise NotImplementedError

    def watch_command(self) -> list[str] | None:
        """The command that writes this process's held-out batches; none where nothing is held out."""
        raise NotImplementedError

    def unpack(self) -> Callable[[bytes], dict]:
        """What makes a batch from a blob."""
        raise NotImplementedError

    def losses(self, batch: dict) -> tuple[torch.Tensor, dict]:
        """The loss to learn from, and the losses that are logged by their `NAMES`."""
        raise NotImplementedError

    def __init__(self, settings: Settings, processes: Processes):
        self.settings, self.processes, self.folder = settings, processes, Path(settings.run)
        self.language = json.loads(subprocess.check_output([settings.prepare, "describe"]))
        self.network = self.build()
        self.network.bert.load_minilm(f"{settings.minilm}/model.safetensors")
        self.network.to(settings.device, precision(settings)).train().bert.freeze(settings.frozen_layers)
        # LayerNorm and all else in one type: mixed types would cost a conversion at every layer.
        self.network.dropout = Dropout(settings.dropout, settings.seed * 100 + processes.rank)
        rates = (settings.rate_minilm, settings.rate_new)
        self.learner = Learner(
            self.network, processes, rates, f"argiope-{os.path.basename(settings.run)}-{os.getppid()}"
        )
        self.step, self.elapsed = 0, 0.0
        self.resume()
        self.watched = self.held_out()
        if processes.rank == 0:
            write_card(self, self.describe_data())

    def train(self) -> None:
        """The loop."""
        settings, processes = self.settings, self.processes
        feeder, feeding_last = None, False
        last, saved, watched, bad, log = time.time(), self.elapsed, self.elapsed, 0, Log(self)
        while True:
            now = time.time()
            self.elapsed, last = processes.first(self.elapsed + now - last), now
            progress = self.elapsed / (settings.minutes * 60)
            if progress >= 1 or (settings.stop_after and self.step >= settings.stop_after):
                break
            is_last = bool(settings.last_feeder) and progress >= 1 - settings.last_share
            if feeder is None or is_last != feeding_last:
                if feeder:
                    feeder.close()
                command, feeding_last = self.feeder_command(self.step, is_last), is_last
                feeder = Feeder(command, self.unpack())
            batch = {name: tensor.to(settings.device) for name, tensor in feeder.next().items()}
            log.waited += time.time() - now
            loss, losses = self.losses(batch)
            loss.backward()
            told = [losses[name].item() for name in self.NAMES]
            norm, told = self.learner.step(rate_factor(progress, settings), told)
            told = [value / processes.world for value in told]
            bad = bad + 1 if not sound(norm, told) else 0
            if bad > BAD_STEPS:
                raise FloatingPointError(f"{bad} steps in a row without a sound loss, the last {told}")
            self.step += 1
            log.add(norm, told)
            if self.step % settings.log_every == 0:
                log.write(rate_factor(progress, settings))
            if self.elapsed - saved > settings.save_every * 60:
                self.save()
                saved = self.elapsed
            if self.watched and self.elapsed - watched > settings.watch_every * 60:
                log.write_held_out(self.watch())
                watched = self.elapsed
        if feeder:
            feeder.close()
        self.save()
        if self.watched:
            log.write_held_out(self.watch())

    def held_out(self) -> list[dict]:
        """This process's held-out batches."""
        command = self.watch_command()
        if command is None:
            return []
        path = self.folder / f"held_out-{self.processes.rank}.bin"
        with open(path, "wb") as file:
            subprocess.run(command, stdout=file, check=True)
        unpack = self.unpack()
        with open(path, "rb") as file:
            return [unpack(blob) for blob in read_blobs(file)]

    @torch.no_grad()
    def watch(self) -> dict:
        """Mean losses on the held-out examples."""
        self.network.eval()
        sums = [0.0] * (len(self.NAMES) + 1)
        for batch in self.watched:
            batch = {name: tensor.to(self.settings.device) for name, tensor in batch.items()}
            (_, losses), count = self.losses(batch), len(batch["piece_ids"])
            sums = [a + b for a, b in zip(sums, [count, *(losses[n].item() * count for n in self.NAMES)], strict=True)]
        self.network.train()
        count, *sums = self.processes.sum(sums)
        return {name: value / max(count, 1) for name, value in zip(self.NAMES, sums, strict=True)}

    def save(self) -> None:
        """A checkpoint: every process's part, and the whole network for export; the newest two are kept."""
        folder, rank = self.folder / "checkpoints" / f"{self.step:07}", self.processes.rank
        folder.mkdir(parents=True, exist_ok=True)
        position = {"step": self.step, "elapsed": self.elapsed}
        torch.save(position | self.learner.state(), folder / f"rank{rank}.pt")
        self.processes.barrier()
        if rank == 0:
            write_weights(self.network, self.learner, folder)
            (folder / "complete").write_text(json.dumps(position))
            for old in sorted((self.folder / "checkpoints").glob("*"))[:-2]:
                for file in old.iterdir():
                    file.unlink()
                old.rmdir()
        self.processes.barrier()

    def resume(self) -> None:
        """Goes on from the newest complete checkpoint, if there is one."""
        complete = sorted((self.folder / "checkpoints").glob("*/complete"))
        if not complete:
            return
        state = torch.load(complete[-1].parent / f"rank{self.processes.rank}.pt", map_location=self.settings.device)
        self.step, self.elapsed = state["step"], state["elapsed"]
        self.learner.load(state)
        self.network.dropout.random.seed(self.settings.seed * 100 + self.processes.rank + self.step)


def precision(settings: Settings) -> torch.dtype:
    """The type of parameters, gradients and all that is computed from them."""
    if settings.precision != "auto":
        return {"bf16": torch.bfloat16, "f32": torch.float32}[settings.precision]
    computes_bf16 = settings.device != "cpu" or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if computes_bf16 else torch.float32


def rate_factor(progress: float, settings: Settings) -> float:
    """The share of the peak learning rate: up in the warm-up, then straight down to the floor."""
    if progress < settings.warmup:
        return (progress + 1e-3) / (settings.warmup + 1e-3)
    return max(settings.rate_floor, (1 - progress) / (1 - settings.warmup))


def write_weights(network: torch.nn.Module, learner: Learner, folder: Path) -> None:
    """The whole network: trained tensors as f32 masters, frozen ones as they are."""
    parts = [torch.load(folder / f"rank{rank}.pt")["master"] for rank in range(learner.processes.world)]
    master, at = torch.cat(parts).cpu(), 0
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    for name, parameter in learner.named:
        tensors[name] = master[at : at + parameter.numel()].view(parameter.shape).clone()
        at += parameter.numel()
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
