"""The native text-to-SQL network: MiniLM pieces -> schema nodes -> relation layers -> pointing decoder.

Holds tensors only. Schemas, linking and symbols come as arrays (batches.py); the loop is in train.py. The Rust twin
in src/model loads the same tensors by the same names, so a module's name here is part of the file format.

Shapes: B examples, W word pieces, N nodes (question words, columns, tables), T decoder steps, K keywords, R relations.
Symbol ids: keywords 0..K, then K + node. The decoder's first input is the BEGIN keyword.

Methods: relation-aware attention is RAT-SQL's (Wang et al. 2020) with several relations a pair; the pointing output
follows Vinyals et al. 2015.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from layers import MASKED, NORM_EPS, Bert, Pooled, PreNormLayer, add_dropped, attend

WORD, COLUMN, TABLE = 0, 1, 2  # values of node_kinds
STARTS = 3  # no start, a column's, a table's


@dataclass
class Sizes:
    """Everything that decides a tensor's shape; written to config.json."""

    keywords: int
    relations: int
    features: int
    width: int = 384
    bert_layers: int = 6
    bert_heads: int = 12
    bert_inner: int = 1536
    vocabulary: int = 30522
    positions: int = 512
    relation_layers: int = 4
    decoder_layers: int = 4
    heads: int = 8
    inner: int = 1024
    max_symbols: int = 160

    def as_dict(self) -> dict:
        return asdict(self)


class RelationLayer(PreNormLayer):
    """Self-attention over nodes, told by a set of relations what each pair is to one another."""

    def __init__(self, sizes: Sizes):
        super().__init__(sizes)
        head = sizes.width // sizes.heads
        self.relation_key = nn.Parameter(torch.randn(sizes.relations, head) * 0.05)
        self.relation_value = nn.Parameter(torch.randn(sizes.relations, head) * 0.05)
        self.relation_bias = nn.Parameter(torch.zeros(self.heads, sizes.relations))

    def forward(self, x, relations, relations_t, bias, dropout):
        """x [B, N, d], relations [B * N, N, R] and its transpose [B * N, R, N]."""
        b, n, d = x.shape
        h, dh = self.heads, d // self.heads
        q, k, v = self.queries_keys_values(x)
        q = q * dh**-0.5
        about = (q @ self.relation_key.t() + self.relation_bias).view(b * n, h, -1)  # [B * N, H, R]
        told = torch.bmm(about, relations_t).view(b, n, h, n).transpose(1, 2)
        content = torch.bmm(q.transpose(1, 2).reshape(b * h, n, dh), k.permute(0, 2, 3, 1).reshape(b * h, dh, n))
        weights = torch.softmax(content.view(b, h, n, n) + told + bias, -1)
        if dropout is not None:
            weights = weights * dropout.mask(weights)
        out = torch.bmm(weights.view(b * h, n, n), v.transpose(1, 2).reshape(b * h, n, dh))
        out = out.view(b, h, n, dh).transpose(1, 2)  # [B, N, H, dh]
        met = torch.bmm(weights.transpose(1, 2).reshape(b * n, h, n), relations)  # [B * N, H, R]
        out = out + (met @ self.relation_value).view(b, n, h, dh)
        return self.rest(x, out.reshape(b, n, d), dropout)


class RelationLayers(nn.Module):
    """All relation layers and the norm that ends the encoder."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.layers = nn.ModuleList(RelationLayer(sizes) for _ in range(sizes.relation_layers))
        self.norm = nn.LayerNorm(sizes.width, eps=NORM_EPS)

    def forward(self, x, relations, bias, dropout):
        b, n, _, r = relations.shape
        relations = relations.view(b * n, n, r)
        relations_t = relations.transpose(1, 2).contiguous()
        for layer in self.layers:
            x = layer(x, relations, relations_t, bias, dropout)
        return self.norm(x)


class DecoderLayer(nn.Module):
    """Pre-norm causal self-attention, cross-attention to the nodes, feed-forward."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        d, self.heads = sizes.width, sizes.heads
        self.norm1 = nn.LayerNorm(d, eps=NORM_EPS)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.norm2 = nn.LayerNorm(d, eps=NORM_EPS)
        self.cross_query, self.cross_key_value = nn.Linear(d, d), nn.Linear(d, 2 * d)
        self.cross_out = nn.Linear(d, d)
        self.norm3 = nn.LayerNorm(d, eps=NORM_EPS)
        self.up, self.down = nn.Linear(d, sizes.inner), nn.Linear(sizes.inner, d)

    def forward(self, x, memory, bias, causal, dropout):
        (b, t, d), n, h = x.shape, memory.shape[1], self.heads
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, h, d // h).unbind(2)
        x = add_dropped(x, self.out(attend(q, k, v, causal)), dropout)
        q = self.cross_query(self.norm2(x)).view(b, t, h, d // h)
        k, v = self.cross_key_value(memory).view(b, n, 2, h, d // h).unbind(2)
        x = add_dropped(x, self.cross_out(attend(q, k, v, bias)), dropout)
        return add_dropped(x, self.down(F.gelu(self.up(self.norm3(x)))), dropout)


class Decoder(nn.Module):
    """Symbols so far -> one vector a step."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        d = sizes.width
        self.keyword_embedding = nn.Embedding(sizes.keywords, d)
        self.node = nn.Linear(d, d)
        self.position_embedding = nn.Embedding(sizes.max_symbols, d)
        self.layers = nn.ModuleList(DecoderLayer(sizes) for _ in range(sizes.decoder_layers))
        self.norm = nn.LayerNorm(d, eps=NORM_EPS)
        nn.init.normal_(self.keyword_embedding.weight, std=0.05)
        nn.init.normal_(self.position_embedding.weight, std=0.02)

    def forward(self, memory, input_ids, bias, dropout):
        (_, t), keywords = input_ids.shape, self.keyword_embedding.num_embeddings
        nodes = (input_ids - keywords).clamp(min=0)[:, :, None].expand(-1, -1, memory.shape[2])
        words = self.keyword_embedding(input_ids.clamp(max=keywords - 1))
        x = torch.where((input_ids < keywords)[:, :, None], words, self.node(memory).gather(1, nodes))
        x = x + self.position_embedding.weight[:t]
        causal = torch.full((t, t), MASKED, device=x.device).triu(1).to(x.dtype)
        for layer in self.layers:
            x = layer(x, memory, bias, causal, dropout)
        return self.norm(x)


class Output(nn.Module):
    """Keyword scores, and pointer scores with a query and a key of their own for words, columns and tables.

    The thirds of `query` and `key` stand in this order: word, column, table.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        d = sizes.width
        self.keywords, self.query, self.key = nn.Linear(d, sizes.keywords), nn.Linear(d, 3 * d), nn.Linear(d, 3 * d)

    def forward(self, x, memory, node_kinds):
        """f32 scores [B, T, K + N]; nothing is masked."""
        queries, keys = self.query(x).chunk(3, -1), self.key(memory).chunk(3, -1)
        word, column, table = (torch.bmm(q, k.transpose(1, 2)) for q, k in zip(queries, keys, strict=True))
        kinds = node_kinds[:, None, :]
        pointers = torch.where(kinds == WORD, word, torch.where(kinds == COLUMN, column, table))
        return torch.cat([self.keywords(x).float(), pointers.float() / math.sqrt(x.shape[2])], -1)


class Network(nn.Module):
    """The whole network."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.bert = Bert(sizes, STARTS)
        self.nodes = Pooled(sizes)
        self.relations = RelationLayers(sizes)
        self.decoder = Decoder(sizes)
        self.output = Output(sizes)
        self.used = nn.Linear(sizes.width, 1)
        self.dropout = None

    def encode(self, batch: dict) -> tuple[torch.Tensor, torch.Tensor]:
        """Memory [B, N, d] and the attention bias [B, 1, 1, N] that hides padding nodes."""
        dtype, dropout = self.nodes.pieces.weight.dtype, self.dropout if self.training else None
        x = self.bert(batch["piece_ids"], dropout, batch["type_ids"], batch["starts"])
        x = self.nodes(x, batch["pool"].to(dtype), batch["features"].to(dtype), dropout)
        bias = torch.zeros(batch["node_mask"].shape, device=x.device).masked_fill(~batch["node_mask"], MASKED)
        bias = bias[:, None, None, :].to(dtype)
        return self.relations(x, batch["relations"].to(dtype), bias, dropout), bias

    def scores(self, batch: dict, memory: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Scores [B, T, K + N] for each step of `input_ids`."""
        x = self.decoder(memory, batch["input_ids"], bias, self.dropout if self.training else None)
        return self.output(x, memory, batch["node_kinds"])

    def losses(self, batch: dict, smoothing: float = 0.0) -> dict:
        """`symbols` (cross entropy over the allowed), `smoothed` (the one to learn from), `used` (columns and tables).

        Also `right`, the share of right symbols, and `exact`, the share of examples whose every symbol is right.
        """
        memory, bias = self.encode(batch)
        scores = self.scores(batch, memory, bias).masked_fill(~batch["allowed"], MASKED)
        logs, targets = torch.log_softmax(scores, -1), batch["target_ids"]
        real = (targets >= 0).float()
        steps = real.sum()
        symbols = -(logs.gather(-1, targets.clamp(min=0)[..., None])[..., 0] * real).sum() / steps
        smoothed = symbols
        if smoothing > 0:
            even = logs.masked_fill(~batch["allowed"], 0).sum(-1) / batch["allowed"].sum(-1).clamp(min=1)
            smoothed = (1 - smoothing) * symbols - smoothing * (even * real).sum() / steps
        schema = batch["node_mask"] & (batch["node_kinds"] != WORD)
        used = F.binary_cross_entropy_with_logits(self.used(memory)[..., 0].float(), batch["used"], reduction="none")
        hits = (scores.argmax(-1) == targets).float() * real
        right, exact = hits.sum() / steps, (hits.sum(-1) == real.sum(-1)).float().mean()
        used = (used * schema).sum() / schema.sum()
        return {"symbols": symbols, "smoothed": smoothed, "used": used, "right": right, "exact": exact}
