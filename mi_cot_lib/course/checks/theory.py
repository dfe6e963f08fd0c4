"""Checks of the derivation and its bounds, on exact tables p(z, v) or scores of pairs; all in nats."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import rel_entr, xlogy
from torch import Tensor

from mi_cot_lib.course.checks.alike import shown
from mi_cot_lib.course.checks.check import Check, Misconception

Table = NDArray[np.float64]


def _tables() -> list[Table]:
    generator = np.random.default_rng(0)
    return [
        generator.dirichlet(np.ones(rows * columns)).reshape(rows, columns)
        for rows, columns in ((3, 2), (2, 4))
    ]


def _v_given_z(joint: Table) -> Table:
    return joint / joint.sum(1, keepdims=True)


def _z_given_v(joint: Table) -> Table:
    return joint / joint.sum(0)


def _information(joint: Table) -> float:
    return float(rel_entr(joint, np.outer(joint.sum(1), joint.sum(0))).sum())


equation_9 = Check(
    name="equation_9",
    solution=lambda joint: float(-xlogy(_z_given_v(joint), _v_given_z(joint)).sum()),
    cases=lambda: [(joint,) for joint in (*_tables(), np.diag([0.5, 0.5]))],
    right="Σ p(z|v) log 1/p(v|z), with no p(v) in it: so it cannot know how often a label occurs.",
    misconceptions=(
        Misconception(
            lambda joint: float(-xlogy(joint, _v_given_z(joint)).sum()),
            "It is weighted by p(z, v): that is H(V|Z), what Equation 8 has. Equation 9 weighs by p(z|v).",
        ),
        Misconception(
            lambda joint: float(-xlogy(_v_given_z(joint), _z_given_v(joint)).sum()),
            "The conditionals are exchanged: the weight is p(z|v), in the logarithm stands p(v|z).",
        ),
        Misconception(
            lambda joint: float(xlogy(_z_given_v(joint), _v_given_z(joint)).sum()),
            "The sign is turned: it is what is *minimised*, log 1/p(v|z).",
        ),
        Misconception(
            lambda joint: float(-xlogy(_z_given_v(joint), _v_given_z(joint)).sum() / np.log(2)),
            "It is in bits. Everything here is in nats: take the natural logarithm.",
        ),
        Misconception(
            lambda joint: float(-xlogy(_z_given_v(joint), _z_given_v(joint)).sum()),
            "Both conditionals are p(z|v): that is a sum of entropies. In the logarithm stands p(v|z).",
        ),
    ),
)


def _entropy(p: Table) -> float:
    return float(-xlogy(p, p).sum())


def _decoded() -> list[tuple[Table, Table]]:
    generator = np.random.default_rng(1)
    return [
        (joint, generator.dirichlet(np.ones(joint.shape[1]), len(joint))) for joint in _tables()
    ]


barber_agakov = Check(
    name="barber_agakov",
    solution=lambda joint, q: _entropy(joint.sum(0)) + float(xlogy(joint, q).sum()),
    cases=_decoded,
    right="H(V) + E log q(v|z): never above I(Z;V), and equal to it where q is p(v|z).",
    misconceptions=(
        Misconception(
            lambda joint, q: float(xlogy(joint, q).sum()),
            "H(V) is missing. Minus a cross-entropy alone is no bound on I; it is one on −H(V|Z).",
        ),
        Misconception(
            lambda joint, q: _entropy(joint.sum(1)) + float(xlogy(joint, q).sum()),
            "It adds H(Z). The decoder says what V is, so what it saves is of H(V): sum over z first.",
        ),
        Misconception(
            lambda joint, q: _entropy(joint.sum(0)) + float(xlogy(q, q).sum()),
            "The average is over q. It is over what occurs, p(z, v); else a decoder that is sure of nonsense "
            "scores best.",
        ),
        Misconception(
            lambda joint, q: (
                _entropy(joint.sum(0)) + float(xlogy(np.outer(joint.sum(1), joint.sum(0)), q).sum())
            ),
            "The average is over p(z)p(v), as if Z and V were independent. It is over the joint table.",
        ),
        Misconception(
            lambda joint, q: -_entropy(joint.sum(0)) - float(xlogy(joint, q).sum()),
            "The sign is turned: this falls where the decoder gets better.",
        ),
    ),
)


def _bound(joint: Table, q_v: Table) -> float:
    return float(xlogy(joint, _v_given_z(joint)).sum() - xlogy(joint.sum(0), q_v).sum())


def _is_table(joint: object) -> bool:
    return (
        isinstance(joint, np.ndarray)
        and joint.ndim == 2
        and bool((joint >= 0).all())
        and abs(joint.sum() - 1) < 1e-6
    )


def _fooled_how(answer: object) -> str:
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(_is_table, answer)):
        return "It should give two tables p(z, v), numpy arrays of at least 0 that sum to 1."
    first, second = answer
    if first.shape[1] != second.shape[1]:
        return "Both tables need the same number of values of V: q(v) is held, one for both."
    if (first.sum(1) == 0).any() or (second.sum(1) == 0).any():
        return "Every z must occur: p(v|z) has no value where p(z) is 0. Leave such rows out."
    q_v = np.full(first.shape[1], 1 / first.shape[1])
    bounds, true = (
        [_bound(one, q_v) for one in (first, second)],
        [_information(one) for one in (first, second)],
    )
    told = " nats, I ".join(f"{shown(a)} and {shown(b)}" for a, b in (bounds, true))
    told = f"bounds {told} nats"
    if abs(true[0] - true[1]) < 1e-6:
        return f"Both have the same I(Z;V): {told}."
    if abs(bounds[0] - bounds[1]) < 1e-9:
        return (
            f"The bound is the same for both: {told}. Let the second one's answers depend on z with some "
            "noise: the bound then falls, and I stays above 0."
        )
    if (bounds[0] > bounds[1]) == (true[0] > true[1]):
        return (
            f"The bound and I agree which is larger: {told}. Look for a V that is always sure, and always "
            "the same."
        )
    if bounds[0] < bounds[1]:
        return f"The first table should be the one that the bound prefers: {told}."
    return ""


def _fooled() -> tuple[Table, Table]:
    # Always the same sure answer, against two answers that depend on z with some noise.
    return np.array([[0.5, 0.0], [0.5, 0.0]]), np.array([[0.4, 0.1], [0.1, 0.4]])


fooled = Check(
    name="fooled",
    solution=_fooled,
    cases=lambda: [()],
    right=(
        "The bound is higher where less is shared: a student that is sure of one answer pleases it, and "
        "knows nothing."
    ),
    judge=_fooled_how,
)


def _infonce(scores: Tensor) -> Tensor:
    return math.log(len(scores)) + scores.log_softmax(1).diagonal().mean()


def _scores() -> list[tuple[Tensor]]:
    noise = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    return [(noise + 3 * torch.eye(6),), (noise,), (torch.zeros(4, 4),), (100 * torch.eye(5),)]


infonce = Check(
    name="infonce",
    solution=_infonce,
    cases=_scores,
    right="log N + the mean log-probability of the true pair: never above log N, whatever the scores.",
    misconceptions=(
        Misconception(
            lambda scores: scores.log_softmax(1).diagonal().mean(),
            "log N is missing. Without it the estimate is never above 0: it is minus a cross-entropy.",
        ),
        Misconception(
            lambda scores: -math.log(len(scores)) - scores.log_softmax(1).diagonal().mean(),
            "The sign is turned: this is the loss. The bound grows where true pairs stand out.",
        ),
        Misconception(
            lambda scores: math.log(len(scores)) + scores.log_softmax(0).diagonal().mean(),
            "The softmax runs down the columns: it asks which z goes with a v. Here each row, one z, chooses "
            "among the v.",
        ),
        Misconception(
            lambda scores: math.log(len(scores)) + scores.log_softmax(1).mean(),
            "The mean is over all pairs. Only those on the diagonal belong together; the others are the "
            "alternatives.",
        ),
        Misconception(
            lambda scores: math.log(len(scores)) + (scores.diagonal() - _others(scores)).mean(),
            "The true pair is left out of the denominator. It is one of the N alternatives; without it the "
            "estimate is not bounded by log N, and no lower bound.",
        ),
    ),
)


def _others(scores: Tensor) -> Tensor:
    return scores.masked_fill(torch.eye(len(scores)).bool(), -torch.inf).logsumexp(1)
