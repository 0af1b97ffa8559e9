"""Laws of the network and the batch reader, on random arrays; no data and no weights needed."""

import io
import struct

import torch
from safetensors.torch import save

from batches import pooling, read_blobs, unpack, unpack_bits
from network import Network, Sizes

torch.set_num_threads(1)  # tiny arrays: more threads only wait for each other

SIZES = Sizes(
    keywords=11, relations=52, features=28, width=48, bert_heads=4, bert_inner=64, heads=4, inner=64, vocabulary=99
)


def random_blob(sizes: Sizes, b=3, w=20, n=9, t=5, seed=0) -> bytes:
    """A blob as the feeder writes it, with random content; every target is allowed."""
    g = torch.Generator().manual_seed(seed)

    def integers(high, *shape):
        return torch.randint(0, high, shape, generator=g)

    starts = integers(w - 3, b, n)
    allowed_keywords = integers(2, b, t, sizes.keywords).to(torch.uint8)
    targets = integers(sizes.keywords, b, t)
    allowed_keywords.scatter_(2, targets[..., None], 1)
    return save(
        {
            "piece_ids": integers(sizes.vocabulary - 1, b, w) + 1,
            "type_ids": integers(2, b, w),
            "starts": integers(3, b, w),
            "spans": torch.stack([starts, starts + 1 + integers(2, b, n)], -1),
            "node_kinds": integers(3, b, n),
            "node_mask": torch.ones(b, n, dtype=torch.uint8),
            "features": torch.rand(b, n, sizes.features, generator=g),
            "relations": integers(1 << sizes.relations, b, n, n),
            "used": integers(2, b, n).float(),
            "input_ids": integers(sizes.keywords + n, b, t),
            "target_ids": targets,
            "allowed_keywords": allowed_keywords,
            "allowed_nodes": integers(2, b, t, n).to(torch.uint8),
        }
    )


def network() -> Network:
    torch.manual_seed(0)
    return Network(SIZES).eval()


def test_blobs_are_read_back():
    blobs = [b"one", b"", b"three"]
    stream = io.BytesIO(b"".join(struct.pack("<Q", len(x)) + x for x in blobs))
    assert list(read_blobs(stream)) == blobs


def test_bits_lowest_first():
    masks = torch.tensor([[1, 1 << 51], [0b1010, 0]])
    bits = unpack_bits(masks, 52)
    assert bits.shape == (2, 2, 52)
    assert bits[0, 0].nonzero().flatten().tolist() == [0]
    assert bits[0, 1].nonzero().flatten().tolist() == [51]
    assert bits[1, 0].nonzero().flatten().tolist() == [1, 3]


def test_pooling_averages():
    pool = pooling(torch.tensor([[[1, 3], [0, 0]]]), 4)
    assert pool.tolist() == [[[0, 0.5, 0.5, 0], [0, 0, 0, 0]]]


def test_padding_changes_nothing():
    batch, model = unpack(random_blob(SIZES), SIZES.relations), network()
    with torch.no_grad():
        wanted = model.scores(batch, *model.encode(batch))
        pad = torch.nn.functional.pad
        wide = dict(batch)
        for name in ("piece_ids", "type_ids", "starts"):
            wide[name] = pad(batch[name], (0, 4))
        wide["pool"] = pad(batch["pool"], (0, 4, 0, 2))
        wide["node_mask"], wide["node_kinds"] = pad(batch["node_mask"], (0, 2)), pad(batch["node_kinds"], (0, 2))
        wide["features"] = pad(batch["features"], (0, 0, 0, 2))
        wide["relations"] = pad(batch["relations"], (0, 0, 0, 2, 0, 2))
        got = model.scores(wide, *model.encode(wide))
    assert torch.allclose(wanted, got[:, :, : wanted.shape[2]], atol=1e-5)


def test_later_symbols_do_not_matter():
    batch, model = unpack(random_blob(SIZES), SIZES.relations), network()
    with torch.no_grad():
        memory, bias = model.encode(batch)
        whole = model.scores(batch, memory, bias)
        batch["input_ids"] = batch["input_ids"][:, :2]
        part = model.scores(batch, memory, bias)
    assert torch.allclose(whole[:, :2], part, atol=1e-5)


def test_learns_one_batch():
    batch, model = unpack(random_blob(SIZES), SIZES.relations), network().train()
    model.bert.freeze(3)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 3e-3)
    first = last = None
    for _ in range(60):
        losses = model.losses(batch, 0.05)
        optimiser.zero_grad()
        (losses["smoothed"] + 0.3 * losses["used"]).backward()
        optimiser.step()
        first, last = first or losses["symbols"].item(), losses["symbols"].item()
    assert last < 0.3 * first
