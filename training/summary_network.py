"""The selector of summaries: MiniLM over windows of word pieces -> sentences -> layers over sentences -> scores.

Holds tensors only. Sentences and features come as arrays (batches.py); the loop is in summary_train.py, the Rust twin
in src/model/selector.rs.

Shapes: B articles, W windows of P pieces each (one flat axis of W * P, 0 for padding), S sentences, F features.

An extractor of sentences on a pretrained encoder is BertSumExt's (Liu & Lapata 2019); attention stays inside a window,
which is 2.4 times as fast as over all pieces, and the layers over sentences see the whole.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

from layers import MASKED, NORM_EPS, Bert, Pooled, PreNormLayer

SCORES = 2  # while training: what `labels` and what `gains` teach; the export mixes them into one


@dataclass
class Sizes:
    """Everything that decides a tensor's shape; written to config.json."""

    features: int
    scores: int = SCORES
    publishers: int = 3  # the first is the unknown one
    width: int = 384
    bert_layers: int = 6
    bert_heads: int = 12
    bert_inner: int = 1536
    vocabulary: int = 30522
    positions: int = 128  # pieces of a window
    windows: int = 4
    sentences: int = 128  # with a place of their own; all later ones share the last
    sentence_layers: int = 2
    heads: int = 6
    inner: int = 1024

    def as_dict(self) -> dict:
        return asdict(self)


class Sentences(nn.Module):
    """Word pieces pooled to sentences that know their place, and the layers over them."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        d = sizes.width
        self.pooled = Pooled(sizes)
        self.position_embedding = nn.Embedding(sizes.sentences, d)
        self.publisher_embedding = nn.Embedding(sizes.publishers, d)
        self.layers = nn.ModuleList(PreNormLayer(sizes) for _ in range(sizes.sentence_layers))
        self.norm = nn.LayerNorm(d, eps=NORM_EPS)
        for embedding in (self.position_embedding, self.publisher_embedding):
            nn.init.normal_(embedding.weight, std=0.05)

    def forward(self, x, pool, features, publisher, bias, dropout):
        places = torch.arange(features.shape[1], device=x.device).clamp(max=self.position_embedding.num_embeddings - 1)
        more = self.position_embedding(places) + self.publisher_embedding(publisher)[:, None]
        x = self.pooled(x, pool, features, dropout, more)
        for layer in self.layers:
            x = layer(x, bias, dropout)
        return self.norm(x)


class Selector(nn.Module):
    """The whole network."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.bert = Bert(sizes)
        self.sentences = Sentences(sizes)
        self.score = nn.Linear(sizes.width, sizes.scores)
        self.dropout = None
        nn.init.constant_(self.score.bias, -1.5)  # a sixth of the sentences is chosen

    def encode(self, piece_ids, dropout):
        """[B, W * P] to [B, W * P, d]; windows that are all padding cost nothing and give zeros."""
        (b, pieces), window = piece_ids.shape, self.sizes.positions
        windows = piece_ids.view(-1, window)
        full = (windows != 0).any(1).nonzero()[:, 0]
        found = self.bert(windows[full], dropout)
        x = found.new_zeros(len(windows), window, found.shape[-1]).index_copy(0, full, found)
        return x.view(b, pieces, -1)

    def scores(self, batch: dict) -> torch.Tensor:
        """f32 [B, S, scores], unnormalised; those of padding mean nothing."""
        dtype, dropout = self.score.weight.dtype, self.dropout if self.training else None
        x = self.encode(batch["piece_ids"], dropout)
        bias = torch.zeros(batch["sentence_mask"].shape, device=x.device).masked_fill(~batch["sentence_mask"], MASKED)
        bias = bias[:, None, None, :].to(dtype)
        pool, features = batch["pool"].to(dtype), batch["features"].to(dtype)
        return self.score(self.sentences(x, pool, features, batch["publisher"], bias, dropout)).float()

    def losses(self, batch: dict, sharpness: float) -> dict:
        """`label` (is the sentence in the greedy oracle?), `gain` (which sentence has most ROUGE of its own?).

        The target of `gain` is NeuSum's (Zhou et al. 2018): softmax of `sharpness` times the gains, stretched to 0..1
        in each article. It is a divergence, so 0 is perfect. `chosen` is the share of oracle sentences among the three
        best by the first score, `found` by the second.
        """
        scores, mask, labels = self.scores(batch), batch["sentence_mask"], batch["labels"]
        label = F.binary_cross_entropy_with_logits(scores[..., 0], labels, reduction="none")
        label = (label * mask).sum() / mask.sum()
        logs = torch.log_softmax(scores[..., 1].masked_fill(~mask, MASKED), -1)
        target = gain_target(batch["gains"], mask, sharpness)
        gain = (target * (target.clamp(min=1e-9).log() - logs)).sum(-1).mean()
        chosen, found = (hits(scores[..., i].detach(), labels, mask) for i in range(SCORES))
        return {"label": label, "gain": gain, "chosen": chosen, "found": found}


def gain_target(gains: torch.Tensor, mask: torch.Tensor, sharpness: float) -> torch.Tensor:
    """[B, S] probabilities, 0 for padding."""
    low = gains.masked_fill(~mask, float("inf")).amin(1, keepdim=True)
    high = gains.masked_fill(~mask, float("-inf")).amax(1, keepdim=True)
    stretched = (gains - low) / (high - low).clamp(min=1e-6)
    return torch.softmax((sharpness * stretched).masked_fill(~mask, MASKED), -1)


def hits(scores: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The share of labelled sentences among the three with the best scores."""
    best = scores.masked_fill(~mask, MASKED).topk(min(3, scores.shape[1]), 1).indices
    return labels.gather(1, best).mean()
