"""Laws of the selector and its batches, on random arrays; no data and no weights needed."""

import torch
from safetensors.torch import save

from batches import unpack_articles
from summary_cuts import fit, gain
from summary_export import mix
from summary_network import Selector, Sizes, gain_target

torch.set_num_threads(1)  # tiny arrays: more threads only wait for each other

SIZES = Sizes(
    features=5, width=48, bert_layers=4, bert_heads=4, bert_inner=64, vocabulary=99, positions=16, heads=4, inner=64
)


def random_blob(sizes: Sizes, lengths=(60, 33, 5), seed=0) -> bytes:
    """A blob as the feeder writes it: articles of so many pieces, in sentences of about eight."""
    g = torch.Generator().manual_seed(seed)
    flat, batch = sizes.windows * sizes.positions, len(lengths)
    counts = [max(1, length // 8) for length in lengths]
    most = max(counts)
    pieces, mask = torch.zeros(batch, flat, dtype=torch.long), torch.zeros(batch, most, dtype=torch.uint8)
    spans = torch.zeros(batch, most, 2, dtype=torch.long)
    for row, (length, count) in enumerate(zip(lengths, counts, strict=True)):
        pieces[row, :length] = torch.randint(1, sizes.vocabulary, (length,), generator=g)
        mask[row, :count] = 1
        ends = torch.linspace(1, length, count + 1).long()
        spans[row, :count] = torch.stack([ends[:-1], ends[1:]], 1)
    return save(
        {
            "piece_ids": pieces,
            "spans": spans,
            "sentence_mask": mask,
            "features": torch.rand(batch, most, sizes.features, generator=g),
            "publisher": torch.arange(batch) % sizes.publishers,
            "labels": (torch.rand(batch, most, generator=g) < 0.3).float() * mask,
            "gains": torch.rand(batch, most, generator=g) * mask,
            "index": torch.arange(batch),
        }
    )


def selector() -> Selector:
    torch.manual_seed(0)
    return Selector(SIZES).eval()


def test_padding_changes_nothing():
    """An article scores the same alone, with empty windows cut off, and with sentences of padding."""
    batch, model = unpack_articles(random_blob(SIZES)), selector()
    with torch.no_grad():
        together = model.scores(batch)
        for row in range(3):
            count = int(batch["sentence_mask"][row].sum())
            windows = -(-int((batch["piece_ids"][row] != 0).sum()) // SIZES.positions)
            alone = {name: tensor[row : row + 1] for name, tensor in batch.items()}
            alone["piece_ids"] = alone["piece_ids"][:, : windows * SIZES.positions]
            alone["pool"] = alone["pool"][:, :count, : windows * SIZES.positions]
            for name in ("sentence_mask", "features"):
                alone[name] = alone[name][:, :count]
            assert torch.allclose(model.scores(alone)[0], together[row, :count], atol=1e-5)


def test_windows_do_not_see_each_other_but_sentences_do():
    batch, model = unpack_articles(random_blob(SIZES, (60,))), selector()
    with torch.no_grad():
        before, scores = model.encode(batch["piece_ids"], None), model.scores(batch)
        batch["piece_ids"][0, 2] = batch["piece_ids"][0, 2] % (SIZES.vocabulary - 2) + 1
        after = model.encode(batch["piece_ids"], None)
        moved = (model.scores(batch) - scores).abs().amax((0, 2))
    assert not torch.equal(before[:, : SIZES.positions], after[:, : SIZES.positions])
    assert torch.equal(before[:, SIZES.positions :], after[:, SIZES.positions :])
    assert (moved > 0).all()


def test_gain_target_prefers_the_best_and_ignores_padding():
    mask = torch.tensor([[True, True, True, False]])
    target = gain_target(torch.tensor([[0.1, 0.3, 0.2, 9.0]]), mask, 10.0)
    assert target[0, 3] == 0 and target.sum().item() == 1 and target.argmax() == 1
    even = gain_target(torch.full((1, 4), 0.2), mask, 10.0)
    assert torch.allclose(even, torch.tensor([[1 / 3, 1 / 3, 1 / 3, 0]]))


def test_mixed_scores_are_the_mixture_of_both():
    batch, model = unpack_articles(random_blob(SIZES)), selector()
    tensors = mix(model.state_dict(), (0.75, 0.25))
    one = Selector(Sizes(**(SIZES.as_dict() | {"scores": 1}))).eval()
    one.load_state_dict(tensors)
    with torch.no_grad():
        both = model.scores(batch)
        assert torch.allclose(one.scores(batch)[..., 0], both[..., 0] * 0.75 + both[..., 1] * 0.25, atol=1e-5)


def test_learns_one_batch():
    batch, model = unpack_articles(random_blob(SIZES)), selector().train()
    model.bert.freeze(3)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 3e-3)
    first = last = None
    for _ in range(60):
        losses = model.losses(batch, 10.0)
        optimiser.zero_grad()
        (losses["label"] + 0.3 * losses["gain"]).backward()
        optimiser.step()
        last = (losses["label"].item(), losses["gain"].item())
        first = first or last
    assert all(after < 0.3 * before for before, after in zip(first, last, strict=True))


def test_a_judge_learns_what_helps():
    """Cuts whose first number is large help; the judge leaves out those and gains most of what there is."""

    def cuts(seed: int) -> dict:
        g = torch.Generator().manual_seed(seed)
        features = torch.rand(2000, 3, generator=g)
        change = torch.where(features[:, 0] > 0.5, 0.01, -0.02) * torch.rand(2000, generator=g)
        return {"features": features, "change": change, "article": torch.arange(2000) // 4}

    watch = cuts(2)
    weights, bias = fit(cuts(1))
    assert gain(watch, watch["features"] @ weights + bias > 0) > 0.8 * gain(watch, watch["change"] > 0)
