"""The check of an MI form of one's own: a number an example, with a gradient, lower where sides agree."""

from typing import Any

import torch
from torch import Tensor

from mi_cot_lib.course.checks.check import Check, Misconception


def _judge_form(answer: object, t: Tensor, q: Tensor) -> str:
    if not isinstance(answer, Tensor) or answer.shape != (len(t),):
        return f"It should give one number an example, a tensor of shape ({len(t)},)."
    if not torch.isfinite(answer).all():
        return (
            "It is not finite where a token has the probability 0, as many do: add a small number."
        )
    # More than rounding makes.
    if answer[1] - answer[0] <= 1e-4:
        return (
            "Two sides that name the same tokens (the first example) should cost less than two that share "
            "none (the second)."
        )
    return _judge_gradient(answer)


def _judge_gradient(answer: Tensor) -> str:
    leaves = _leaves(answer.grad_fn)
    if not leaves:
        return "No gradient reaches q: it would train nothing. `argmax`, comparisons and `detach` have none."
    gradients = torch.autograd.grad(answer.sum(), leaves, allow_unused=True)
    found = torch.cat([one.flatten() for one in gradients if one is not None])
    if not torch.isfinite(found).all():
        return (
            "Its gradient is not a number where the two sides agree wholly, as that of a square root is at "
            "0: add a small number under the root."
        )
    return "" if found.abs().sum() > 0 else "Its gradient is 0 everywhere: it would train nothing."


def _leaves(node: Any) -> list[Tensor]:
    """Return the tensors that a gradient is wanted of, from the last step of what was computed of them."""
    if node is None:
        return []
    if hasattr(node, "variable"):
        return [node.variable]
    return [leaf for before, _ in node.next_functions for leaf in _leaves(before)]


def _own_solution(t: Tensor, q: Tensor) -> Tensor:
    return 1 - torch.nn.functional.cosine_similarity(t, q, dim=-1)


# Distributions, as the kit hands them over.
_T = (torch.eye(6)[[0, 0, 2]] + 0.5 * torch.eye(6)[[1, 1, 3]]) / 1.5


def _q() -> Tensor:
    return torch.stack([_T[0], torch.eye(6)[4], torch.full((6,), 1 / 6)]).requires_grad_()


my_form = Check(
    name="my_form",
    solution=_own_solution,
    cases=lambda: [(_T, _q())],
    right="A number an example, finite, with a gradient, and lower where the two sides agree. Whether it "
    "helps, only fresh seeds can say.",
    judge=_judge_form,
    misconceptions=(
        Misconception(
            lambda t, q: (t * q).sum(-1),
            "It is largest where the sides agree. A loss is made small: turn the sign.",
        ),
        Misconception(
            lambda t, q: (t - q).sum(-1),
            "It is 0 for every example, as the sum of t − q always is: both sum to 1. Take the size or the "
            "square of each difference before the sum.",
        ),
        Misconception(
            lambda t, q: (1 - torch.nn.functional.cosine_similarity(t, q, dim=-1)).mean(),
            "It gives one number for the batch. The kit averages itself, and weighs examples; give one an "
            "example.",
        ),
        Misconception(
            lambda t, q: -(t * q.log()).sum(-1),
            "It takes the logarithm of probabilities that can be 0, and 0·log 0 is not a number: use "
            "`clamp_min` or add a small number.",
        ),
    ),
)
