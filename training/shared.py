"""All trainable parameters as one flat vector that the processes of a run share, and the optimiser over it.

On a CPU one process with one thread each uses the cores better than threads in one process; the parameters and each
process's gradients lie in shared memory, and every process updates its own part of them. Parameters and gradients are
of the network's type, the optimiser works on f32 masters. With one process (a GPU, say) the same code runs on plain
tensors.
"""

import datetime
import os

import torch
import torch.distributed as dist

BETAS = (0.9, 0.98)  # as Transformers are usually trained
WEIGHT_DECAY = 0.01
MAX_GRADIENT = 1.0  # norm; above it the gradient is scaled down
SHARED_FOLDER = "/dev/shm"  # the memory file system, so that nothing is written to a disk


class Processes:
    """Which process of how many this is, and what they tell each other."""

    def __init__(self, rank: int, world: int, store: str):
        self.rank, self.world = rank, world
        if world > 1:
            wait = datetime.timedelta(minutes=30)  # a process that is starved by a build must not end the run
            dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world, timeout=wait)

    def barrier(self) -> None:
        if self.world > 1:
            dist.barrier()

    def sum(self, values: list[float]) -> list[float]:
        """The sums over all processes."""
        tensor = torch.tensor(values, dtype=torch.float64)
        if self.world > 1:
            dist.all_reduce(tensor)
        return tensor.tolist()

    def first(self, value: float) -> float:
        """The first process's value."""
        return self.sum([value if self.rank == 0 else 0.0])[0]

    def allocate(self, name: str, size: int, dtype: torch.dtype, device: str) -> torch.Tensor:
        """A vector that all processes see; its content is undefined at first."""
        if self.world == 1:
            return torch.empty(size, dtype=dtype, device=device)
        path = f"{SHARED_FOLDER}/{name}"
        if self.rank == 0:
            with open(path, "wb") as file:
                file.truncate(size * dtype.itemsize)
        self.barrier()
        tensor = torch.from_file(path, shared=True, size=size, dtype=dtype)
        self.barrier()
        if self.rank == 0:
            os.remove(path)  # the mapping stays until the last process ends
        return tensor


class Learner:
    """The flat parameters of a network and their AdamW."""

    def __init__(self, network: torch.nn.Module, processes: Processes, rates: tuple[float, float], name: str):
        """`rates` are the peak learning rates of what comes from MiniLM and of all else."""
        self.processes = processes
        named = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
        self.named = sorted(named, key=lambda pair: not from_minilm(pair[0]))
        device, dtype = str(self.named[0][1].device), self.named[0][1].dtype
        size = sum(p.numel() for _, p in self.named)
        old = sum(p.numel() for n, p in self.named if from_minilm(n))
        master = torch.cat([p.detach().float().reshape(-1) for _, p in self.named])
        self.flat = processes.allocate(f"{name}-parameters", size, dtype, device)
        gradients = [processes.allocate(f"{name}-{r}", size, dtype, device) for r in range(processes.world)]
        self.gradients, self.mine = gradients, gradients[processes.rank]
        self.begin = size * processes.rank // processes.world
        self.end = size * (processes.rank + 1) // processes.world
        self.master = master[self.begin : self.end].clone()
        self.mean = torch.zeros_like(self.master)
        cut = min(max(old - self.begin, 0), self.end - self.begin)
        groups = [self._group(0, cut, rates[0]), self._group(cut, self.end - self.begin, rates[1])]
        self.rates = [rate for part, rate in zip(groups, rates, strict=True) if part["params"][0].numel()]
        groups = [group for group in groups if group["params"][0].numel()]
        self.optimiser = torch.optim.AdamW(groups, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
        self._attach(network)
        self.publish()

    def _group(self, begin: int, end: int, rate: float) -> dict:
        parameter = torch.nn.Parameter(self.master[begin:end])
        parameter.grad = self.mean[begin:end]
        return {"params": [parameter], "lr": rate}

    def _attach(self, network: torch.nn.Module) -> None:
        """Makes every trainable parameter and its gradient a view of the flat vectors."""
        at = 0
        for _, parameter in self.named:
            count = parameter.numel()
            gradient = self.mine[at : at + count].view(parameter.shape)
            parameter.data = self.flat[at : at + count].view(parameter.shape)
            parameter.grad = gradient
            at += count

    def publish(self) -> None:
        """Shows this process's masters to all, rounded."""
        self.flat[self.begin : self.end].copy_(self.master)
        self.processes.barrier()

    def step(self, factor: float, told: list[float]) -> tuple[float, list[float]]:
        """One update with the mean gradient at `factor` times the peak rates.

        `told` is summed over the processes on the way. A gradient that is not finite changes nothing. Gives the norm of
        the mean gradient and the sums.
        """
        self.processes.barrier()  # all gradients are there
        mean = self.mean.copy_(self.gradients[0][self.begin : self.end])
        for other in self.gradients[1:]:
            mean.add_(other[self.begin : self.end])
        mean.div_(self.processes.world)
        squares, *told = self.processes.sum([float(mean.square().sum()), *told])
        norm = squares**0.5
        if norm < float("inf") and all(value == value for value in told):
            mean.mul_(min(1.0, MAX_GRADIENT / max(norm, 1e-6)))
            for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
                group["lr"] = rate * factor
            self.optimiser.step()
        self.publish()
        self.mine.zero_()
        return norm, told

    def state(self) -> dict:
        """What this process needs to go on."""
        return {"begin": self.begin, "master": self.master, "optimiser": self.optimiser.state_dict()}

    def load(self, state: dict) -> None:
        """Goes on from a [`state`] of the same process of the same run."""
        if state["begin"] != self.begin or state["master"].shape != self.master.shape:
            raise ValueError("the checkpoint was written by another number of processes or another network")
        self.master.copy_(state["master"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.publish()


def from_minilm(name: str) -> bool:
    """Whether a parameter starts from MiniLM's weights."""
    return name.startswith("bert.") and "start_embedding" not in name
