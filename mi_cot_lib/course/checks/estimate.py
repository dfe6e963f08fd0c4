"""Checks of an estimate of mutual information from scores of pairs."""

import math

import torch
from torch import Tensor

from mi_cot_lib.course.checks.check import Check, Misconception


def _infonce(scores: Tensor) -> Tensor:
    return math.log(len(scores)) + scores.log_softmax(1).diagonal().mean()


def _cases() -> list[tuple[Tensor]]:
    noise = torch.randn(6, 6, generator=torch.Generator().manual_seed(0))
    return [(noise + 3 * torch.eye(6),), (noise,), (torch.zeros(4, 4),), (100 * torch.eye(5),)]


infonce = Check(
    name="infonce",
    solution=_infonce,
    cases=_cases,
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
            "The softmax runs down the columns: it asks which z goes with a v. Here each row, one z, "
            "chooses among the v.",
        ),
        Misconception(
            lambda scores: math.log(len(scores)) + scores.log_softmax(1).mean(),
            "The mean is over all pairs. Only those on the diagonal belong together; the others are the "
            "alternatives.",
        ),
        Misconception(
            lambda scores: math.log(len(scores)) + (scores.diagonal() - _others(scores)).mean(),
            "The true pair is left out of the denominator. It is one of the N alternatives; without it the "
            "estimate is not "
            "bounded by log N, and no lower bound.",
        ),
    ),
)


def _others(scores: Tensor) -> Tensor:
    return scores.masked_fill(torch.eye(len(scores)).bool(), -torch.inf).logsumexp(1)
