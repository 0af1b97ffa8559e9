"""What the networks share: MiniLM's encoder, pooled pieces, pre-norm layers, dropout from a pool of masks.

Holds tensors only and knows nothing of questions or articles. The Rust twin in src/model loads the same tensors by the
same names, so a module's name here is part of the file format. `sizes` are any sizes with the names used here.
"""

import random

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

MASKED = -1e9  # added to a score that must not count; exp gives exactly 0 in bf16 and f32
NORM_EPS = 1e-5  # of every LayerNorm that does not come from MiniLM
BERT_NORM_EPS = 1e-12  # MiniLM's own


class Dropout:
    """Dropout by slices of a pool of masks drawn once: on a CPU drawing fresh masks costs as much as a layer."""

    POOL = 1 << 22  # masks; 8 MB in bf16, stays in the cache

    def __init__(self, p: float, seed: int = 0):
        self.p, self.random, self.pool = p, random.Random(seed), None

    def mask(self, like: torch.Tensor) -> torch.Tensor:
        """A mask for `like`, already divided by the share that is kept."""
        if self.pool is None or self.pool.device != like.device or self.pool.dtype != like.dtype:
            generator = torch.Generator().manual_seed(self.random.randrange(1 << 31))
            keep = torch.rand(self.POOL, generator=generator) >= self.p
            self.pool = (keep.float() / (1 - self.p)).to(like.device, like.dtype)
        count = like.numel()
        if count >= self.POOL:
            return (torch.rand_like(like) >= self.p).to(like.dtype) / (1 - self.p)
        start = self.random.randrange((self.POOL - count) // 64 + 1) * 64
        return self.pool[start : start + count].view(like.shape)


def add_dropped(residual: torch.Tensor, x: torch.Tensor, dropout: Dropout | None) -> torch.Tensor:
    """residual + dropout(x), in one pass."""
    return residual + x if dropout is None else torch.addcmul(residual, x, dropout.mask(x))


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Attention by plain products: the backward pass of the fused CPU kernel is several times slower.

    q [B, T, H, dh], k and v [B, S, H, dh], bias broadcast to [B, H, T, S]; gives [B, T, H * dh].
    """
    (b, t, h, dh), s = q.shape, k.shape[1]
    q = (q * dh**-0.5).transpose(1, 2).reshape(b * h, t, dh)
    k = k.permute(0, 2, 3, 1).reshape(b * h, dh, s)
    v = v.transpose(1, 2).reshape(b * h, s, dh)
    weights = torch.softmax(torch.bmm(q, k).view(b, h, t, s) + bias, -1)
    out = torch.bmm(weights.view(b * h, t, s), v)
    return out.view(b, h, t, dh).transpose(1, 2).reshape(b, t, h * dh)


class BertLayer(nn.Module):
    """One post-norm layer of MiniLM."""

    def __init__(self, sizes):
        super().__init__()
        d, self.heads = sizes.width, sizes.bert_heads
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.norm1 = nn.LayerNorm(d, eps=BERT_NORM_EPS)
        self.up, self.down = nn.Linear(d, sizes.bert_inner), nn.Linear(sizes.bert_inner, d)
        self.norm2 = nn.LayerNorm(d, eps=BERT_NORM_EPS)

    def forward(self, x, bias, dropout):
        b, w, d = x.shape
        q, k, v = self.qkv(x).view(b, w, 3, self.heads, d // self.heads).unbind(2)
        x = self.norm1(add_dropped(x, self.out(attend(q, k, v, bias)), dropout))
        return self.norm2(add_dropped(x, self.down(F.gelu(self.up(x))), dropout))


class Bert(nn.Module):
    """MiniLM-L6, whose lower layers may be frozen.

    With `starts` > 0 there is an embedding of so many marks that MiniLM never saw (column and table starts); it comes
    in above the frozen layers and begins as zero.
    """

    STARTS_BEFORE = 3  # the layer that first sees the start embedding; the layers below keep MiniLM's own inputs

    def __init__(self, sizes, starts: int = 0):
        super().__init__()
        d = sizes.width
        self.word_embedding = nn.Embedding(sizes.vocabulary, d)
        self.position_embedding = nn.Embedding(sizes.positions, d)
        self.type_embedding = nn.Embedding(2, d)
        self.norm = nn.LayerNorm(d, eps=BERT_NORM_EPS)
        if starts:
            self.start_embedding = nn.Embedding(starts, d)
            nn.init.zeros_(self.start_embedding.weight)
        self.layers = nn.ModuleList(BertLayer(sizes) for _ in range(sizes.bert_layers))
        self.frozen = 0

    def forward(self, piece_ids, dropout, type_ids=None, starts=None):
        """[B, W] ids, 0 for padding, to [B, W, d]; frozen layers run without gradients and without dropout."""
        frozen = self.frozen if self.training else 0
        bias = torch.zeros(piece_ids.shape, device=piece_ids.device).masked_fill(piece_ids == 0, MASKED)
        bias = bias[:, None, None, :].to(self.norm.weight.dtype)
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen == 0):
            x = self.word_embedding(piece_ids) + self.position_embedding.weight[: piece_ids.shape[1]]
            types = self.type_embedding.weight[0] if type_ids is None else self.type_embedding(type_ids)
            x = self.norm(x + types)
            if frozen == 0 and dropout is not None:
                x = x * dropout.mask(x)
        for i, layer in enumerate(self.layers):
            if i == self.STARTS_BEFORE and starts is not None:
                x = x + self.start_embedding(starts)
            with torch.set_grad_enabled(torch.is_grad_enabled() and i >= frozen):
                x = layer(x, bias, dropout if i >= frozen else None)
        return x

    def freeze(self, layers: int) -> None:
        """Keeps the word embedding, and with `layers` > 0 all embeddings and the first layers, as MiniLM has them."""
        self.frozen = layers
        self.word_embedding.requires_grad_(False)
        if layers > 0:
            for module in (self.position_embedding, self.type_embedding, self.norm, *self.layers[:layers]):
                module.requires_grad_(False)

    def load_minilm(self, path: str) -> None:
        """Takes over the tensors of a BERT `model.safetensors`, of its positions as many as there are here."""
        source = {name.removeprefix("bert."): tensor.float() for name, tensor in load_file(path).items()}
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if "start_embedding" not in name:
                    parameter.copy_(bert_tensor(source, name)[: parameter.shape[0]])


class Pooled(nn.Module):
    """Word pieces pooled to the things they spell (nodes, sentences), with features of these."""

    def __init__(self, sizes):
        super().__init__()
        self.pieces = nn.Linear(sizes.width, sizes.width)
        self.features = nn.Linear(sizes.features, sizes.width)
        self.norm = nn.LayerNorm(sizes.width, eps=NORM_EPS)

    def forward(self, x, pool, features, dropout, more=0):
        """x [B, W, d], pool [B, N, W], features [B, N, F]; `more` is added before the norm."""
        x = self.norm(self.pieces(torch.bmm(pool, x)) + self.features(features) + more)
        return x if dropout is None else x * dropout.mask(x)


class PreNormLayer(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, sizes):
        super().__init__()
        d, self.heads = sizes.width, sizes.heads
        self.norm1 = nn.LayerNorm(d, eps=NORM_EPS)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.norm2 = nn.LayerNorm(d, eps=NORM_EPS)
        self.up, self.down = nn.Linear(d, sizes.inner), nn.Linear(sizes.inner, d)

    def forward(self, x, bias, dropout):
        q, k, v = self.queries_keys_values(x)
        return self.rest(x, attend(q, k, v, bias), dropout)

    def queries_keys_values(self, x):
        """Three times [B, N, H, dh]."""
        b, n, d = x.shape
        return self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).unbind(2)

    def rest(self, x, attended, dropout):
        """What comes after self-attention."""
        x = add_dropped(x, self.out(attended), dropout)
        return add_dropped(x, self.down(F.gelu(self.up(self.norm2(x)))), dropout)


def bert_tensor(source: dict, name: str) -> torch.Tensor:
    """The tensor of a BERT checkpoint that our `name` below `bert.` stands for."""
    embeddings = {"word_embedding": "word_embeddings", "position_embedding": "position_embeddings"}
    embeddings |= {"type_embedding": "token_type_embeddings", "norm": "LayerNorm"}
    parts = {"out": "attention.output.dense", "norm1": "attention.output.LayerNorm"}
    parts |= {"up": "intermediate.dense", "down": "output.dense", "norm2": "output.LayerNorm"}
    *head, leaf = name.split(".")
    if head[0] != "layers":
        return source[f"embeddings.{embeddings[head[0]]}.{leaf}"]
    layer = f"encoder.layer.{head[1]}"
    if head[2] == "qkv":
        return torch.cat([source[f"{layer}.attention.self.{part}.{leaf}"] for part in ("query", "key", "value")])
    return source[f"{layer}.{parts[head[2]]}.{leaf}"]
