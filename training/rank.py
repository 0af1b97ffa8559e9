"""Fits a ranking of the queries that a search finds: `python rank.py --candidates FILE … --model DIR`.

Reads what `spider-eval candidates` wrote for databases that the network never saw, fits a linear model by its listwise
likelihood (the softmax over a question's candidates should lie on the right ones), then the chance that the first one
is right, by logistic regression. Writes DIR/ranking.json. Prints exact match and execution before and after, each
database judged by a ranking that was fitted on the others.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

# Of the squared distance from the network's own order, all evidence scaled to one standard deviation. Chosen among
# 0.03, 0.01 and 0.003 by databases left out of the fit, on two networks; docs/experiments.md has the figures.
DECAY = 0.003
STEPS = 300  # of L-BFGS; it has converged long before
MARGIN = 1e-9


def read(paths: list[Path]) -> tuple[list[str], list[dict]]:
    """The names of the evidence, and the questions that have candidates."""
    names, questions = None, []
    for path in paths:
        head, *lines = path.read_text().splitlines()
        if names not in (None, json.loads(head)):
            raise SystemExit(f"{path}: other evidence than in the first file")
        names = json.loads(head)
        questions += [json.loads(line) for line in lines]
    return names, [question for question in questions if question["candidates"]]


def tensors(questions: list[dict]) -> dict:
    """Evidence [Q, C, E], which candidates are there [Q, C], exact and exec [Q, C]."""
    most = max(len(question["candidates"]) for question in questions)
    width = len(questions[0]["candidates"][0]["evidence"])
    evidence = torch.zeros(len(questions), most, width, dtype=torch.float64)
    mask, exact, ran = (torch.zeros(len(questions), most, dtype=torch.bool) for _ in range(3))
    for row, question in enumerate(questions):
        for column, candidate in enumerate(question["candidates"]):
            evidence[row, column] = torch.tensor(candidate["evidence"], dtype=torch.float64)
            mask[row, column] = True
            exact[row, column], ran[row, column] = candidate["exact"], candidate["exec"]
    return {"evidence": evidence, "mask": mask, "exact": exact, "exec": ran}


def minimise(parameters: torch.Tensor, loss) -> torch.Tensor:
    """The parameters at the minimum of a smooth convex loss."""
    parameters = parameters.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([parameters], max_iter=STEPS, line_search_fn="strong_wolfe", tolerance_change=MARGIN)

    def closure():
        optimiser.zero_grad()
        value = loss(parameters)
        value.backward()
        return value

    optimiser.step(closure)
    return parameters.detach()


def scores(weights: torch.Tensor, data: dict) -> torch.Tensor:
    return (data["evidence"] @ weights).masked_fill(~data["mask"], -1e9)


def fit(data: dict) -> torch.Tensor:
    """The weights: the softmax over a question's candidates against its right ones; exact matches count double.

    The weights are held near the network's own order; how sharp the softmax is stays free, since it changes no order.
    """
    worth = (data["exact"].double() + data["exec"].double()) * data["mask"]
    known = worth.sum(1) > 0
    target = worth[known] / worth[known].sum(1, keepdim=True)
    scale = data["evidence"][data["mask"]].std(0).clamp(min=1e-6)
    start = torch.zeros_like(scale)
    start[0] = 1.0

    def loss(parameters):
        weights, sharpness = parameters[:-1], parameters[-1].exp()
        logs = torch.log_softmax(sharpness * scores(weights, data)[known], 1)
        return -(target * logs).sum(1).mean() + DECAY * ((weights - start) * scale).square().sum()

    parameters = minimise(torch.cat([start, torch.zeros(1, dtype=torch.float64)]), loss)
    return parameters[:-1] * parameters[-1].exp()


def first(weights: torch.Tensor, data: dict, kind: str) -> torch.Tensor:
    """Whether each question's best candidate is right."""
    best = scores(weights, data).argmax(1)
    return data[kind].gather(1, best[:, None])[:, 0].double()


def confidence(weights: torch.Tensor, data: dict) -> torch.Tensor:
    """Bias, and the weights of the best candidate's share (as logit) and of all that was found."""
    shares = torch.softmax(scores(weights, data), 1).max(1).values.clamp(1e-6, 1 - 1e-6)
    found = torch.logsumexp(data["evidence"][..., 0].masked_fill(~data["mask"], -1e9), 1)
    inputs = torch.stack([torch.ones_like(shares), torch.logit(shares), found], 1)
    right = first(weights, data, "exec")
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return minimise(torch.tensor([0.0, 1.0, 0.0]).double(), lambda w: loss(inputs @ w, right) + 1e-4 * w.square().sum())


def select(data: dict, rows: list[int]) -> dict:
    return {name: tensor[rows] for name, tensor in data.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=Path, nargs="+", required=True, help="of `spider-eval candidates`")
    parser.add_argument("--model", type=Path, help="the model's folder, which gets ranking.json")
    options = parser.parse_args()
    names, questions = read(options.candidates)
    data = tensors(questions)
    plain = torch.zeros(len(names), dtype=torch.float64)
    plain[0] = 1.0
    folds = defaultdict(list)
    for row, question in enumerate(questions):
        folds[question["db_id"]].append(row)
    held = {"exact": 0.0, "exec": 0.0}
    for rows in folds.values():
        others = [row for name in folds for row in folds[name] if folds[name] is not rows]
        weights = fit(select(data, others))
        held = {kind: held[kind] + first(weights, select(data, rows), kind).sum().item() for kind in held}
    weights = fit(data)
    count = len(questions)
    for kind in held:
        before, any_right = first(plain, data, kind).mean().item(), (data[kind] & data["mask"]).any(1).double().mean()
        print(
            f"{kind}: {100 * before:.1f} by probability, {100 * held[kind] / count:.1f} ranked (other databases), "
            f"{100 * first(weights, data, kind).mean():.1f} ranked (the same), {100 * any_right:.1f} among all; {count}"
        )
    for name, weight in zip(names, weights.tolist(), strict=True):
        print(f"  {name:<22}{weight:+.3f}")
    bias, share, found = confidence(weights, data).tolist()
    print(f"confidence: bias {bias:+.3f}, share {share:+.3f}, found {found:+.3f}")
    if options.model:
        ranking = {"evidence": names, "weights": [round(weight, 4) for weight in weights.tolist()]}
        ranking |= {"confidence": {"bias": round(bias, 4), "share": round(share, 4), "found": round(found, 4)}}
        (options.model / "ranking.json").write_text(json.dumps(ranking, indent=1) + "\n")


if __name__ == "__main__":
    main()
