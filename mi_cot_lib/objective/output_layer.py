"""The output layer and all loss terms in one pass over chunks, with their gradients on the way.

Logits are positions x vocabulary and by far the largest tensor of a step. Their gradient is known as
soon as the examples that they belong to are seen whole. So a chunk of examples goes through the output
layer, its loss and the gradients of its states and of the weights are taken, and its logits are dropped
before the next chunk. The plain twin, which holds all logits, is `terms.term_sums`.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from mi_cot_lib.objective.choices import TERMS, Objective
from mi_cot_lib.objective.chunks import Chunk, Gradients, Side, chunks_of, pulls_of_mi, pulls_over
from mi_cot_lib.objective.terms import weighted_total
from mi_cot_lib.student.encode import IGNORED

WEIGHT_ROWS = 2048


def output_terms(
    objective: Objective,
    weight: Tensor,
    sides: tuple[Side, ...],
    counts: Mapping[str, Tensor],
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 from decoder states, as `term_sums` does its terms from logits.

    Nothing of the objective looks at hidden states. `weight` is (vocab, width); `sides` are the label side
    and, for methods with rationales, the rationale side, for the released form of the MI term with their
    padding positions. Returns the total, which can be differentiated once, and each term's unweighted sum.
    """
    weights = objective.weights
    held = [term for term in TERMS[: 1 if len(sides) == 1 else 3] if term in weights]
    counts = {term: counts[term] for term in held}
    states = tuple(side.states for side in sides)
    total, sums = _OutputTerms.apply(weight, objective, sides, counts, *states)
    return total, dict(zip(held, sums.unbind(), strict=True))


class _OutputTerms(Function):
    @staticmethod
    def forward(
        ctx: Any,
        weight: Tensor,
        objective: Objective,
        sides: tuple[Side, ...],
        counts: dict[str, Tensor],
        *states: Tensor,
    ) -> tuple[Tensor, Tensor]:
        dtype = states[0].dtype
        kernel = weight.to(dtype)
        # How the total moves with each term's sum.
        shares = {
            term: objective.weights[term] / max(1, int(count)) for term, count in counts.items()
        }
        sums = {term: weight.new_zeros(()) for term in shares}
        by_weight, by_states = None, []
        if any(ctx.needs_input_grad):
            by_weight = (
                torch.empty_like(weight) if any(map(len, states)) else torch.zeros_like(weight)
            )
            by_states = [torch.empty_like(side) for side in states]
        chunks = list(chunks_of(sides, len(weight)))
        known = pulls_over(chunks, objective, shares, kernel, sums)
        for number, (chunk, by_pooled) in enumerate(zip(chunks, known, strict=True)):
            gradient, read = _losses(
                chunk, objective, shares, kernel, sums, by_weight is not None, by_pooled
            )
            if by_weight is None:
                continue
            by_read = (gradient @ kernel).split([len(part) for part in chunk.states])
            for whole, part, piece in zip(by_states, chunk.whole, by_read, strict=True):
                whole[part] = piece
            _add_product(by_weight, gradient.t(), read, first=number == 0)
        # Kept as attributes and given away: a saved tensor would be copied, and the weights' is large.
        ctx.gradients = (by_weight, by_states)
        held = torch.stack(list(sums.values()))
        total = weighted_total(objective, sums, counts)
        ctx.mark_non_differentiable(held)
        return total, held

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        by_weight, by_states = ctx.gradients
        del ctx.gradients
        scale = gradients[0]
        if scale != 1:
            by_weight *= scale
            by_states = [(side * scale).to(side.dtype) for side in by_states]
        return (by_weight, None, None, None, *by_states)


def _add_product(held: Tensor, left: Tensor, right: Tensor, *, first: bool) -> None:
    """Add a matrix product to `held`, or write it there for the first time."""
    if held.dtype == left.dtype:
        torch.addmm(held, left, right, beta=0 if first else 1, out=held)
        return
    product = left @ right
    # In pieces: torch makes a float32 copy of what it adds, and one of the whole would be large.
    for rows, piece in zip(held.split(WEIGHT_ROWS), product.split(WEIGHT_ROWS), strict=True):
        if first:
            rows.copy_(piece)
        else:
            rows += piece


def _losses(
    chunk: Chunk,
    objective: Objective,
    shares: Mapping[str, float],
    kernel: Tensor,
    sums: dict[str, Tensor],
    with_gradient: bool,
    by_pooled: Gradients | None,
) -> tuple[Tensor, Tensor]:
    """Add one chunk's losses to `sums`; return the gradient by its logits, and the states it read."""
    # Row by row: log-probabilities now, the gradient by the logits in the end, in the same memory.
    rows, read = chunk.log_probabilities(kernel)
    sizes = [len(part) for part in chunk.states]
    pulls = pulls_of_mi(chunk, objective, shares, rows, sums, by_pooled)
    targets = torch.cat(chunk.targets)
    ignored = targets == IGNORED
    column = targets.masked_fill(ignored, 0)[:, None]
    chosen = rows.gather(1, column).squeeze(1).masked_fill_(ignored, 0.0)
    for term, logs in zip(TERMS, chosen.split(sizes), strict=False):
        if term in sums:
            sums[term] -= logs.sum()
    if not with_gradient:
        return rows, read
    parts = zip(TERMS, sizes, strict=False)
    share = torch.cat([rows.new_full((size,), shares.get(term, 0.0)) for term, size in parts])
    share.masked_fill_(ignored, 0.0)
    # With L the loss and p the softmax: dL/dlogit = dL/dlog p - p * sum(dL/dlog p).
    gradient = rows.exp_().mul_((share - pulls.row_sums)[:, None])
    pulls.add_to(gradient)
    gradient.scatter_add_(1, column, -share[:, None])
    return gradient.to(kernel.dtype), read
