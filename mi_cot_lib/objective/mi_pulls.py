"""How the MI losses of a batch pull at the log-probabilities of each chunk's positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.chunks import Chunk, log_probabilities
from mi_cot_lib.objective.mi import mi_of_pooled
from mi_cot_lib.student.encode import IGNORED

# By the label side's and by the rationale side's pooled values, (examples, vocab) each; None is 0.
Gradients = tuple[Tensor | None, Tensor | None]


@dataclass
class Pulls:
    """dL/dlog p of the MI term: some whole rows, or for max pooling one row a vocabulary entry."""

    row_sums: Tensor
    sparse: list[tuple[slice, Tensor, Tensor]]
    dense: list[tuple[slice, Tensor]]

    def add_to(self, gradient: Tensor) -> None:
        """Add what is not a multiple of the softmax to the gradient by the logits (positions, vocab)."""
        for part, index, values in self.sparse:
            gradient[part].scatter_add_(0, index[None], values[None])
        for part, values in self.dense:
            gradient[part] += values


def pulls_over(
    chunks: Sequence[Chunk],
    objective: Objective,
    shares: Mapping[str, float],
    kernel: Tensor,
    sums: dict[str, Tensor],
) -> list[Gradients | None]:
    """Compute a batch's MI loss and its pulls first, where a chunk by itself does not know them.

    A form that compares the examples of a batch needs all of them pooled: the output layer is gone
    through twice then, unless the batch is one chunk.
    """
    if "mi" not in shares or not objective.is_coupled or len(chunks) == 1:
        return [None] * len(chunks)
    pooled: list[list[Tensor]] = [[], []]
    counts = []
    for chunk in chunks:
        rows, _ = log_probabilities(chunk, kernel)
        sides = rows.split([len(part) for part in chunk.states])
        found = [[_pool(logs, objective)[0] for _, logs in side] for side in _counted(chunk, sides)]
        for side, values in zip(pooled, found, strict=True):
            side += values
        counts.append(len(found[0]))
    if not pooled[0]:
        return [(None, None)] * len(chunks)
    by_label, by_rationale = _gradients(pooled, objective, sums)
    parts = [
        [None] * len(counts) if side is None else side.split(counts)
        for side in (by_label, by_rationale)
    ]
    return list(zip(*parts, strict=True))


def _counted(
    chunk: Chunk, sides: Sequence[Tensor]
) -> tuple[list[tuple[slice, Tensor]], list[tuple[slice, Tensor]]]:
    """Return where each side's rows of the examples that take part lie in the chunk, and the rows."""
    rows: tuple[list[tuple[slice, Tensor]], list[tuple[slice, Tensor]]] = ([], [])
    for spans in zip(*chunk.spans, strict=True):
        if not all(
            (side.targets[span] != IGNORED).any()
            for side, span in zip(chunk.sides, spans, strict=True)
        ):
            continue
        for number, span in enumerate(spans):
            offset = chunk.spans[number][0].start
            base = number * len(sides[0])
            own = slice(span.start - offset, span.stop - offset)
            rows[number].append((slice(base + own.start, base + own.stop), sides[number][own]))
    return rows


def _gradients(
    pooled: Sequence[Sequence[Tensor]], objective: Objective, sums: dict[str, Tensor]
) -> Gradients:
    """Add the MI losses of pooled examples to `sums`; return their gradients by each pooled side."""
    with torch.enable_grad():
        label, rationale = (torch.stack(list(side)).requires_grad_() for side in pooled)
        loss = mi_of_pooled(
            label,
            rationale,
            form=objective.form,
            divergence=objective.divergence,
            detach=objective.detach,
        ).sum()
        by_label, by_rationale = torch.autograd.grad(
            loss, (label, rationale), allow_unused=True, materialize_grads=False
        )
    sums["mi"] += loss.detach()
    return by_label, by_rationale


def pulls_of_mi(
    chunk: Chunk,
    objective: Objective,
    shares: Mapping[str, float],
    sides: tuple[Tensor, ...],
    sums: dict[str, Tensor],
    by_pooled: Gradients | None,
) -> Pulls:
    """Return how the chunk's MI losses pull at its log-probabilities; add them up if not yet known."""
    pulls = Pulls(sides[0].new_zeros(sum(len(side) for side in sides)), [], [])
    if "mi" not in shares:
        return pulls
    rows = _counted(chunk, sides)
    if not rows[0]:
        return pulls
    pooled = [[_pool(logs, objective) for _, logs in side] for side in rows]
    if by_pooled is None:
        values = [[value for value, _ in side] for side in pooled]
        by_pooled = _gradients(values, objective, sums)
    for found, entries, gradients in zip(pooled, rows, by_pooled, strict=True):
        if gradients is None:
            continue
        for (value, index), (part, logs), by_value in zip(found, entries, gradients, strict=True):
            by_log = by_value * shares["mi"]
            if index is not None:
                if objective.form == "released":
                    by_log *= value
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
