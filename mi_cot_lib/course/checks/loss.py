"""Checks of the MI loss: pooling, its released form, gradient and least value."""

import math

import torch
from torch import Tensor

from mi_cot_lib.course.checks.check import Check, Misconception


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _max_pool(logits: Tensor, mask: Tensor) -> Tensor:
    return (logits.softmax(-1) * mask[..., None]).amax(1)


def _pool_cases() -> list[tuple[Tensor, Tensor]]:
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]).bool()
    # Padding is where the student is surest.
    logits = 2 * torch.randn(3, 4, 6, generator=_generator(0)) * (1 + 3 * ~mask[..., None])
    return [(logits, mask), (logits[:1], mask[:1])]


max_pool = Check(
    name="max_pool",
    solution=_max_pool,
    cases=_pool_cases,
    right="For each token the largest probability that any real position gives it.",
    misconceptions=(
        Misconception(
            lambda logits, mask: logits.softmax(-1).amax(1),
            "Padding takes part, as in the released code: what the student puts where nothing is asked "
            "decides the maximum.",
        ),
        Misconception(
            lambda logits, mask: (logits * mask[..., None]).softmax(-1).amax(1),
            "The mask is applied before the softmax. A row of zeros is not empty: it gives every token 1/N.",
        ),
        Misconception(
            lambda logits, mask: (
                logits.masked_fill(~mask[..., None].bool(), -torch.inf).softmax(-1).amax(1)
            ),
            "A position whose logits are all −∞ has no softmax: 0/0 is not a number, and the maximum is none "
            "either. Take the softmax first, then give padding the probability 0.",
        ),
        Misconception(
            lambda logits, mask: (
                logits.masked_fill(~mask[..., None].bool(), -torch.inf).amax(1).softmax(-1)
            ),
            "The maximum is taken of logits and the softmax after it. The paper's figure has the softmax "
            "first; then the result is no distribution, and that matters.",
        ),
        Misconception(
            lambda logits, mask: (
                (logits.softmax(-1) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            ),
            "It is the mean over positions. Table 4 compares the two; here the maximum is asked for.",
        ),
        Misconception(
            lambda logits, mask: (logits.softmax(1) * mask[..., None]).amax(1),
            "The softmax runs over positions. It belongs on the last dimension, the vocabulary.",
        ),
    ),
)


def _released(label_logits: Tensor, rationale_logits: Tensor) -> Tensor:
    return _released_of(*_pooled(label_logits, rationale_logits))


def _released_of(t: Tensor, q: Tensor, *, with_sum: bool = True) -> Tensor:
    total = t.sum(-1) if with_sum else 1.0
    return (total * q.logsumexp(-1) - (t * q).sum(-1)).mean()


def _pooled(*sides: Tensor) -> tuple[Tensor, ...]:
    return tuple(side.softmax(-1).amax(1) for side in sides)


def _released_of_distribution(label_logits: Tensor, rationale_logits: Tensor) -> Tensor:
    t, q = _pooled(label_logits, rationale_logits)
    return _released_of(t / t.sum(-1, keepdim=True), q)


def _paper_form(label_logits: Tensor, rationale_logits: Tensor) -> Tensor:
    t, q = (side / side.sum(-1, keepdim=True) for side in _pooled(label_logits, rationale_logits))
    return -(t * q.log()).sum(-1).mean()


def _sum_over_batch(label_logits: Tensor, rationale_logits: Tensor) -> Tensor:
    t, q = _pooled(label_logits, rationale_logits)
    return (t.sum() * q.logsumexp(-1) - (t * q).sum(-1)).mean()


def _one_softmax(label_logits: Tensor, rationale_logits: Tensor) -> Tensor:
    t, q = _pooled(label_logits, rationale_logits)
    return -(t * q.log()).sum(-1).mean()


def _loss_cases() -> list[tuple[Tensor, Tensor]]:
    return [
        (
            2 * torch.randn(4, 3, 9, generator=_generator(1)),
            2 * torch.randn(4, 6, 9, generator=_generator(2)),
        ),
        (torch.zeros(2, 1, 5), torch.zeros(2, 3, 5)),
    ]


released_loss = Check(
    name="released_loss",
    solution=_released,
    cases=_loss_cases,
    right="S·log Σ exp q − ⟨t, q⟩, averaged over the batch: what the released code computes.",
    forbidden=dict.fromkeys(
        ("torch.nn.functional.cross_entropy", "torch.nn.functional.nll_loss"),
        "It calls torch's cross-entropy. Here it is to be written out: what it does to t and q is the point.",
    ),
    misconceptions=(
        Misconception(
            _released_of_distribution,
            "t is made a distribution first. The released code does not: S stays before the logarithm.",
        ),
        Misconception(
            _one_softmax,
            "It is −Σ t log q, a cross-entropy. The released code hands q, which is probabilities already, "
            "to a function that takes logits: it passes a second softmax.",
        ),
        Misconception(
            _paper_form,
            "Both sides are made distributions: that is the paper's form. The released code normalises "
            "neither.",
        ),
        Misconception(
            lambda label, rationale: _released_of(*_pooled(label, rationale), with_sum=False),
            "S is missing: in a cross-entropy with a target that sums to S, the logarithm counts S times.",
        ),
        Misconception(
            _sum_over_batch,
            "S is summed over the whole batch. Each example has its own: sum over the last dimension only.",
        ),
        Misconception(
            lambda label, rationale: _released(label, rationale) * len(label),
            "It is the sum over the batch; `CrossEntropyLoss` takes the mean.",
        ),
        Misconception(
            lambda label, rationale: _released(rationale, label),
            "The sides are exchanged: the label's is the target t, the rationale's is q, which is trained.",
        ),
    ),
)


def _gradient(t: Tensor, q: Tensor) -> Tensor:
    return (t.sum(-1, keepdim=True) * q.softmax(-1) - t) / len(t)


released_gradient = Check(
    name="released_gradient",
    solution=_gradient,
    cases=lambda: [
        (torch.rand(5, 8, generator=_generator(3)), torch.rand(5, 8, generator=_generator(4))),
        (torch.eye(3), torch.zeros(3, 3)),
    ],
    right=(
        "(S·softmax(q) − t) / B: with a large vocabulary the first term is nearly nothing, and −t/B is left."
    ),
    tolerance=1e-5,
    forbidden=dict.fromkeys(
        ("torch.autograd.grad", "torch.Tensor.backward"),
        "It lets torch differentiate. Take the derivative by hand: it says what the loss pulls at.",
    ),
    misconceptions=(
        Misconception(
            lambda t, q: (q.softmax(-1) - t) / len(t),
            "S is missing: softmax(q) − t is the gradient where t sums to 1. Here it sums to S, and a mean "
            "over the batch divides by B.",
            also=(lambda t, q: q.softmax(-1) - t,),
        ),
        Misconception(
            lambda t, q: t.sum(-1, keepdim=True) * q.softmax(-1) - t,
            "It is the gradient of a sum over the batch; the loss is a mean: divide by B.",
        ),
        Misconception(
            lambda t, q: (t - t.sum(-1, keepdim=True) * q.softmax(-1)) / len(t),
            "The sign is turned: this is where a step goes, minus the gradient.",
        ),
        Misconception(
            lambda t, q: (t.sum(-1, keepdim=True) * q - t) / len(t),
            "The derivative of log Σ exp q is softmax(q), not q: q is read as logits here.",
            also=(
                lambda t, q: t.sum(-1, keepdim=True) * q - t,
                lambda t, q: (q - t) / len(t),
                lambda t, q: q - t,
            ),
        ),
    ),
)


def _least(tokens: int, vocabulary: int) -> float:
    return tokens * math.log(vocabulary - tokens + tokens * math.e) - tokens


least_loss = Check(
    name="least_loss",
    solution=_least,
    cases=lambda: [(1, 32_128), (1, 2), (3, 32_128), (10, 3_584)],
    right="Full agreement of two one-hot sides costs 9.3775 nats with T5's vocabulary: not 0, and no "
    "mistake of yours.",
    tolerance=1e-6,
    misconceptions=(
        Misconception(
            lambda tokens, vocabulary: 0.0,
            "A cross-entropy with itself would be the entropy, 0. But q passes a second softmax, and the "
            "largest probability that it can then give a token is e / (N − 1 + e).",
        ),
        Misconception(
            lambda tokens, vocabulary: tokens * math.log(vocabulary),
            "This is the constant S·log N alone. The overlap ⟨t, q⟩ = S comes off, and Σ exp q is not N.",
        ),
        Misconception(
            lambda tokens, vocabulary: tokens * (math.log(vocabulary) - 1),
            "Nearly: Σ exp q is N − S + S·e, since exp(0) is 1 and exp(1) is e. A small vocabulary shows it.",
        ),
        Misconception(
            lambda s, n: math.log(n - s + s * math.e) - 1,
            "S is missing in front: t is not normalised, so each of its S tokens pays the logarithm.",
            also=(lambda s, n: math.log(n - s + s * math.e) - s,),
        ),
    ),
)
