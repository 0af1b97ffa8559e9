"""Reads the feeder's batches: length-prefixed safetensors blobs from `prepare stream`, `prepare dump` or a file.

Makes from them what the networks take: dense pooling, unpacked relation bits, one mask over keywords and nodes.
Knows nothing about schemas, symbols or sentences beyond their ids.
"""

import queue
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator

import numpy as np
import torch
from safetensors.torch import load

PREFETCH = 8  # batches kept ready; the feeder is faster than the network, so a few cover its uneven pace


def read_blobs(stream) -> Iterator[bytes]:
    """The blobs of a stream, each after its length as a little-endian u64."""
    while head := stream.read(8):
        (length,) = struct.unpack("<Q", head)
        blob = stream.read(length)
        if len(head) < 8 or len(blob) < length:
            raise EOFError("the feeder stopped in the middle of a batch")
        yield blob


def unpack(blob: bytes, relations: int, keep: bool = False) -> dict:
    """One batch as the network takes it; masks are bool, `relations` [B, N, N, R] and `pool` [B, N, W] are bf16.

    With `keep` also what these are made from: `masks` [B, N, N] and `spans` [B, N, 2]; `pool` is f32 then.
    """
    batch = load(blob)
    packed = {"masks": batch["relations"], "spans": batch["spans"]}
    for name in ("node_mask", "allowed_keywords", "allowed_nodes"):
        batch[name] = batch[name].bool()
    batch["allowed"] = torch.cat([batch.pop("allowed_keywords"), batch.pop("allowed_nodes")], -1)
    batch["relations"] = unpack_bits(batch["relations"], relations)
    pool = pooling(batch.pop("spans"), batch["piece_ids"].shape[1])
    batch["pool"] = pool if keep else pool.to(torch.bfloat16)
    return batch | packed if keep else batch


def unpack_articles(blob: bytes) -> dict:
    """One batch of articles as the selector takes it: `sentence_mask` is bool, `pool` [B, S, pieces] is f32."""
    batch = load(blob)
    batch["sentence_mask"] = batch["sentence_mask"].bool()
    return batch | {"pool": pooling(batch["spans"], batch["piece_ids"].shape[1])}


def unpack_bits(masks: torch.Tensor, bits: int) -> torch.Tensor:
    """i64 [..] -> bf16 [.., bits] of 0 and 1, lowest bit first."""
    octets = masks.contiguous().numpy().astype("<i8", copy=False).reshape(-1).view(np.uint8)
    ones = np.unpackbits(octets, bitorder="little").reshape(*masks.shape, 64)
    return torch.from_numpy(ones)[..., :bits].to(torch.bfloat16).contiguous()


def pooling(spans: torch.Tensor, pieces: int) -> torch.Tensor:
    """[B, N, 2] start and end -> [B, N, pieces] that averages the pieces of a node; empty spans give zeros."""
    place = torch.arange(pieces)
    start, end = spans[..., :1], spans[..., 1:]
    inside = (place >= start) & (place < end)
    return inside / (end - start).clamp(min=1)


class Feeder:
    """A feeder process and the thread that reads ahead of the loop."""

    def __init__(self, command: list[str], unpack: Callable[[bytes], dict]):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=1 << 20)
        self.queue: queue.Queue = queue.Queue(PREFETCH)
        self.thread = threading.Thread(target=self._read, args=(unpack,), daemon=True)
        self.thread.start()

    def _read(self, unpack: Callable[[bytes], dict]) -> None:
        try:
            for blob in read_blobs(self.process.stdout):
                self.queue.put(unpack(blob))
            self.queue.put(EOFError(f"the feeder ended with code {self.process.wait()}"))
        except (EOFError, ValueError, KeyError) as error:
            self.queue.put(error)

    def next(self) -> dict:
        """The next batch; raises when the feeder has ended."""
        item = self.queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Ends the feeder."""
        self.process.kill()
        self.process.wait()
