"""The output layer and all loss terms in one pass over chunks, with their gradients on the way.

Logits are positions x vocabulary and by far the largest tensor of a step. Their gradient is known as
soon as the examples that they belong to are seen whole. So a chunk of examples goes through the output
layer, its loss and the gradients of its states and of the weights are taken, and its logits are dropped
before the next chunk. The plain twin, which holds all logits, is `terms.term_sums`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from mi_cot_lib.objective.choices import TERMS, Objective
from mi_cot_lib.objective.mi import mi_of_pooled
from mi_cot_lib.student.encode import IGNORED

# Logits held at a time: 32 MB in float32. Smaller chunks read the weights more often.
CHUNK_ELEMENTS = 2**23
WEIGHT_ROWS = 2048


@dataclass(frozen=True)
class Side:
    """One task's positions, packed row after row.

    Attributes:
        states: (tokens, width), what the output layer reads.
        targets: (tokens,), -100 at positions without a target.
        lengths: Positions of each example; they sum to the tokens.
    """

    states: Tensor
    targets: Tensor
    lengths: list[int]


def output_terms(
    objective: Objective,
    weight: Tensor,
    sides: tuple[Side, ...],
    counts: Mapping[str, Tensor],
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 from decoder states, as `term_sums` and `weighted_total` do from logits.

    Args:
        objective: Weights and choices.
        weight: (vocab, width) of the output layer.
        sides: The label side and, for methods with rationales, the rationale side. For the released
            form of the MI term the padding positions must be among the states.
        counts: What each term is divided by, from `term_counts` of the whole batch.

    Returns:
        The weighted total, which can be differentiated once, and each term's unweighted sum in nats.
    """
    weights = objective.weights
    held = [term for term in TERMS[: 1 if len(sides) == 1 else 3] if term in weights]
    shares = {term: weights[term] / max(1, int(counts[term])) for term in held}
    states = tuple(side.states for side in sides)
    total, sums = _OutputTerms.apply(weight, objective, sides, shares, *states)
    return total, dict(zip(held, sums.unbind(), strict=True))


class _OutputTerms(Function):
    @staticmethod
    def forward(
        ctx: Any,
        weight: Tensor,
        objective: Objective,
        sides: tuple[Side, ...],
        shares: dict[str, float],
        *states: Tensor,
    ) -> tuple[Tensor, Tensor]:
        dtype = states[0].dtype
        kernel = weight.to(dtype)
        sums = {term: weight.new_zeros(()) for term in shares}
        by_weight, by_states = None, []
        if any(ctx.needs_input_grad):
            by_weight = (
                torch.empty_like(weight) if any(map(len, states)) else torch.zeros_like(weight)
            )
            by_states = [torch.empty_like(side) for side in states]
        for number, chunk in enumerate(_chunks(sides, len(weight))):
            gradient, read = _losses(chunk, objective, shares, kernel, sums, by_weight is not None)
            if by_weight is None:
                continue
            by_read = (gradient @ kernel).split([len(part) for part in chunk.states])
            for whole, part, piece in zip(by_states, chunk.whole, by_read, strict=True):
                whole[part] = piece
            _add_product(by_weight, gradient.t(), read, first=number == 0)
        # Kept as attributes and given away: a saved tensor would be copied, and the weights' is large.
        ctx.gradients = (by_weight, by_states)
        held = torch.stack(list(sums.values()))
        total = (held * held.new_tensor(list(shares.values()))).sum()
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


@dataclass(frozen=True)
class _Chunk:
    """Some examples: where each side's positions of each example lie, and all of them together."""

    sides: tuple[Side, ...]
    spans: tuple[list[slice], ...]

    @property
    def whole(self) -> list[slice]:
        return [slice(spans[0].start, spans[-1].stop) for spans in self.spans]

    @property
    def states(self) -> list[Tensor]:
        return [side.states[part] for side, part in zip(self.sides, self.whole, strict=True)]


def _chunks(sides: tuple[Side, ...], vocabulary: int) -> Iterator[_Chunk]:
    starts = [0] * len(sides)
    spans: tuple[list[slice], ...] = tuple([] for _ in sides)
    positions = 0
    for lengths in zip(*(side.lengths for side in sides), strict=True):
        if positions and (positions + sum(lengths)) * vocabulary > CHUNK_ELEMENTS:
            yield _Chunk(sides, spans)
            spans, positions = tuple([] for _ in sides), 0
        for number, length in enumerate(lengths):
            spans[number].append(slice(starts[number], starts[number] + length))
            starts[number] += length
        positions += sum(lengths)
    if positions:
        yield _Chunk(sides, spans)


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
    chunk: _Chunk,
    objective: Objective,
    shares: Mapping[str, float],
    kernel: Tensor,
    sums: dict[str, Tensor],
    with_gradient: bool,
) -> tuple[Tensor, Tensor]:
    """Add one chunk's losses to `sums`; return the gradient by its logits, and the states it read."""
    read = torch.cat(chunk.states)
    # Row by row: log-probabilities now, the gradient by the logits in the end, in the same memory.
    rows = torch.log_softmax(read @ kernel.t(), dim=-1, dtype=torch.float32)
    sizes = [len(part) for part in chunk.states]
    pulls = _pulls_of_mi(chunk, objective, shares, rows.split(sizes), sums)
    targets = torch.cat(
        [side.targets[part] for side, part in zip(chunk.sides, chunk.whole, strict=True)]
    )
    ignored = targets == IGNORED
    column = targets.masked_fill(ignored, 0)[:, None]
    chosen = rows.gather(1, column).squeeze(1).masked_fill_(ignored, 0.0)
    for term, logs in zip(TERMS, chosen.split(sizes), strict=False):
        if term in sums:
            sums[term] -= logs.sum()
    if not with_gradient:
        return rows, read
    share = torch.cat(
        [
            rows.new_full((size,), shares.get(term, 0.0))
            for term, size in zip(TERMS, sizes, strict=False)
        ]
    ).masked_fill_(ignored, 0.0)
    # With L the loss and p the softmax: dL/dlogit = dL/dlog p - p * sum(dL/dlog p).
    gradient = rows.exp_().mul_((share - pulls.row_sums)[:, None])
    pulls.add_to(gradient)
    gradient.scatter_add_(1, column, -share[:, None])
    return gradient.to(kernel.dtype), read


@dataclass
class _Pulls:
    """dL/dlog p of the MI term: some whole rows, or for max pooling one row a vocabulary entry."""

    row_sums: Tensor
    sparse: list[tuple[slice, Tensor, Tensor]]
    dense: list[tuple[slice, Tensor]]

    def add_to(self, gradient: Tensor) -> None:
        for part, index, values in self.sparse:
            gradient[part].scatter_add_(0, index[None], values[None])
        for part, values in self.dense:
            gradient[part] += values


def _pulls_of_mi(
    chunk: _Chunk,
    objective: Objective,
    shares: Mapping[str, float],
    sides: tuple[Tensor, ...],
    sums: dict[str, Tensor],
) -> _Pulls:
    """Add the chunk's MI losses to `sums` and return how they pull at the log-probabilities."""
    total = sum(len(side) for side in sides)
    pulls = _Pulls(sides[0].new_zeros(total), [], [])
    if "mi" not in shares:
        return pulls
    pooled: list[list[Tensor]] = [[], []]
    rows: list[list[tuple[slice, Tensor, Tensor | None]]] = [[], []]
    for spans in zip(*chunk.spans, strict=True):
        if not all(
            (side.targets[span] != IGNORED).any()
            for side, span in zip(chunk.sides, spans, strict=True)
        ):
            continue
        for number, span in enumerate(spans):
            offset = chunk.spans[number][0].start
            logs = sides[number][span.start - offset : span.stop - offset]
            value, index = _pool(logs, objective)
            base = number * len(sides[0])
            pooled[number].append(value)
            part = slice(base + span.start - offset, base + span.stop - offset)
            rows[number].append((part, logs, index))
    if not pooled[0]:
        return pulls
    with torch.enable_grad():
        label, rationale = (torch.stack(side).requires_grad_() for side in pooled)
        loss = mi_of_pooled(
            label,
            rationale,
            form=objective.form,
            divergence=objective.divergence,
            detach=objective.detach,
        ).sum()
        by_pooled = torch.autograd.grad(
            loss, (label, rationale), allow_unused=True, materialize_grads=False
        )
    sums["mi"] += loss.detach()
    for values, gradients, entries in zip((label, rationale), by_pooled, rows, strict=True):
        if gradients is None:
            continue
        by_logs = gradients * shares["mi"]
        if objective.form == "released" and objective.pool == "max":
            by_logs *= values.detach()
        for (part, logs, index), value, by_log in zip(
            entries, values.detach(), by_logs, strict=True
        ):
            if index is not None:
                pulls.sparse.append((part, index, by_log))
                pulls.row_sums[part].scatter_add_(0, index, by_log)
            else:
                shared = (
                    logs.exp() / len(logs)
                    if objective.form == "released"
                    else (logs - value).exp_()
                ).mul_(by_log)
                pulls.dense.append((part, shared))
                pulls.row_sums[part] += shared.sum(dim=1)
    return pulls


def _pool(logs: Tensor, objective: Objective) -> tuple[Tensor, Tensor | None]:
    """Pool (positions, vocab) log-probabilities, and say which position each maximum came from."""
    if objective.pool == "max":
        value, index = logs.max(dim=0)
        return (value.exp() if objective.form == "released" else value), index
    if objective.form == "released":
        return logs.exp().mean(dim=0), None
    return logs.logsumexp(dim=0), None
