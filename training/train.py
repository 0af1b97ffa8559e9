"""Trains the native text-to-SQL network: `python train.py --run DIR --data DIR --loom DIR --minilm DIR`.

Batches come from `prepare stream` (Rust), so schema, linking, tokens and form are the library's own. The loop is in
loop.py.
"""

import functools
import json
import subprocess
from dataclasses import dataclass

import loop
from batches import unpack
from network import Network, Sizes


@dataclass
class Settings(loop.Settings):
    """What a run can choose; `data` is Spider's folder."""

    loom: str = ""  # Loom's folder
    extra: str = ""  # the folder of SParC, CoSQL, BIRD, AMBROSIA and gretel, where they are used
    wikisql: str = ""  # WikiSQL's file of questions, where it is used
    smoothing: float = 0.0  # label smoothing over the allowed symbols
    used_weight: float = 0.3  # of the loss "this column or table is used"
    relation_layers: int = 4
    decoder_layers: int = 4


class Run(loop.Run):
    """One process's share of a run."""

    NAMES = ("symbols", "used", "right", "exact")
    CURVES = ("symbols", "exact")

    def build(self):
        self.sizes = Sizes(
            keywords=len(self.language["keywords"]),
            relations=len(self.language["relations"]),
            features=len(self.language["features"]),
            relation_layers=self.settings.relation_layers,
            decoder_layers=self.settings.decoder_layers,
        )
        return Network(self.sizes)

    def unpack(self):
        return functools.partial(unpack, relations=self.sizes.relations)

    def losses(self, batch):
        losses = self.network.losses(batch, self.settings.smoothing)
        return losses["smoothed"] + self.settings.used_weight * losses["used"], losses

    def feeder_command(self, step, last=False):
        settings, processes = self.settings, self.processes
        command = [settings.prepare, "stream", "--data", settings.data, "--loom", settings.loom]
        command += ["--extra", settings.extra] if settings.extra else []
        command += ["--wikisql", settings.wikisql] if settings.wikisql else []
        command += ["--tokenizer", f"{settings.minilm}/tokenizer.json", "--batch", str(settings.batch)]
        command += ["--rank", str(processes.rank), "--ranks", str(processes.world)]
        options = settings.last_feeder if last else settings.feeder
        return command + ["--seed", str(settings.seed), "--start", str(step), *options.split()]

    def watch_command(self):
        """Held-out databases without augmentation; none when the feeder holds none out (`--hold-out`)."""
        if "--hold-out" not in self.settings.feeder:
            return None
        prepare, _, *options = self.feeder_command(0)
        return [prepare, "dump", *options]

    def describe_data(self):
        _, _, *options = self.feeder_command(0)
        return json.loads(subprocess.check_output([self.settings.prepare, "check", "--json", *options]))


if __name__ == "__main__":
    loop.start(__doc__.splitlines()[0], Settings, Run)
