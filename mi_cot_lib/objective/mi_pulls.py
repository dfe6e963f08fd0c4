"""How the MI losses of a batch pull at the log-probabilities of each chunk's positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.chunks import Chunk, log_probabilities
from mi_cot_lib.objective.mi import label_precision, mi_of_pooled
from mi_cot_lib.objective.pooling import pool_released
from mi_cot_lib.student.encode import IGNORED

# By the label side's and by the rationale side's pooled values, (examples, vocab) each; None is 0.
Gradients = tuple[Tensor | None, Tensor | None]


@dataclass
class Pulls:
    """dL/dlog p of the MI term, side by side: for max pooling one row a vocabulary entry, else all rows.

    What adds nothing to `row_sums` is dL/dlogit already.
    """

    row_sums: Tensor
    sparse: list[tuple[Tensor, Tensor]]
    dense: list[tuple[slice, Tensor]]

    def add_to(self, gradient: Tensor) -> None:
        """Add what is not a multiple of the softmax to the gradient by the logits (positions, vocab)."""
        for index, values in self.sparse:
            gradient.scatter_add_(0, index, values)
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
        found = _counted(chunk)
        counts.append(len(found[0]))
        if found[0]:
            for side, parts in zip(pooled, found, strict=True):
                side.append(_pool(rows, parts, objective)[0])
    if not pooled[0]:
        return [(None, None)] * len(chunks)
    by_label, by_rationale = _gradients([torch.cat(side) for side in pooled], objective, sums)
    by_chunk = [
        [None] * len(counts) if side is None else side.split(counts)
        for side in (by_label, by_rationale)
    ]
    return list(zip(*by_chunk, strict=True))


def _counted(chunk: Chunk) -> tuple[list[slice], ...]:
    """Say where each side's rows of the examples that take part lie among the chunk's rows."""
    # Asked once a side: on a GPU each question waits for all that is still to be computed.
    has_target = [
        (side.targets[part] != IGNORED).tolist()
        for side, part in zip(chunk.sides, chunk.whole, strict=True)
    ]
    counted: tuple[list[slice], ...] = tuple([] for _ in chunk.sides)
    for spans in zip(*chunk.spans, strict=True):
        own = [
            slice(span.start - side.start, span.stop - side.start)
            for span, side in zip(spans, chunk.whole, strict=True)
        ]
        if not all(any(side[part]) for side, part in zip(has_target, own, strict=True)):
            continue
        for number, part in enumerate(own):
            base = number * len(has_target[0])
            counted[number].append(slice(base + part.start, base + part.stop))
    return counted


def _gradients(
    pooled: Sequence[Tensor], objective: Objective, sums: dict[str, Tensor]
) -> Gradients:
    """Add the MI losses of pooled examples to `sums`; return their gradients by each pooled side."""
    with torch.enable_grad():
        label, rationale = (side.detach().requires_grad_() for side in pooled)
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
    rows: Tensor,
    sums: dict[str, Tensor],
    by_pooled: Gradients | None,
) -> Pulls:
    """Return how the chunk's MI losses pull at its log-probabilities; add them up if not yet known."""
    pulls = Pulls(rows.new_zeros(len(rows)), [], [])
    counted = _counted(chunk) if "mi" in shares else ([],)
    if not counted[0]:
        return pulls
    pooled = [_pool(rows, parts, objective) for parts in counted]
    if objective.sees_padding and objective.detach != "label":
        by_pooled = _pulled_at_label(rows, counted[0], pooled[1][0], objective, shares, sums, pulls)
    if by_pooled is None:
        by_pooled = _gradients([values for values, _ in pooled], objective, sums)
    for (values, index), parts, gradients in zip(pooled, counted, by_pooled, strict=True):
        if gradients is None:
            continue
        by_log = gradients * shares["mi"]
        if index is not None:
            if objective.sees_padding:
                by_log *= values
            pulls.sparse.append((index, by_log))
            pulls.row_sums.scatter_add_(0, index.flatten(), by_log.flatten())
            continue
        for part, value, by_value in zip(parts, values, by_log, strict=True):
            logs = rows[part]
            shared = (
                logs.exp() / len(logs) if objective.sees_padding else (logs - value).exp_()
            ).mul_(by_value)
            pulls.dense.append((part, shared))
            pulls.row_sums[part] += shared.sum(dim=1)
    return pulls


def _pulled_at_label(
    rows: Tensor,
    parts: Sequence[slice],
    rationale: Tensor,
    objective: Objective,
    shares: Mapping[str, float],
    sums: dict[str, Tensor],
    pulls: Pulls,
) -> Gradients:
    """Let the released form pull at the label's logits, through their softmax at once.

    Returns:
        What is left: the gradient by the rationale side's pooled values.
    """
    # Log-probabilities are logits as well, and in this precision their softmax sums to 1 more closely.
    logits = [rows[part].to(label_precision(objective.detach)).requires_grad_() for part in parts]
    with torch.enable_grad():
        label = torch.cat([pool_released(one[None], objective.pool, one.dtype) for one in logits])
    by_label, by_rationale = _gradients((label, rationale), objective, sums)
    assert by_label is not None
    by_logits = torch.autograd.grad(label, logits, by_label * shares["mi"])
    pulls.dense += zip(parts, by_logits, strict=True)
    return None, by_rationale


def _pool(
    rows: Tensor, parts: Sequence[slice], objective: Objective
) -> tuple[Tensor, Tensor | None]:
    """Pool the log-probabilities of each example's rows.

    Returns:
        (examples, vocab), and for max pooling which row each maximum came from.
    """
    if objective.pool == "mean":
        pool = _mean if objective.sees_padding else _log_sum
        return torch.stack([pool(rows[part]) for part in parts]), None
    values = rows.new_empty(len(parts), rows.shape[1])
    index = torch.empty_like(values, dtype=torch.long)
    for number, part in enumerate(parts):
        torch.max(rows[part], dim=0, out=(values[number], index[number]))
    index += torch.tensor([part.start for part in parts], device=index.device)[:, None]
    return (values.exp_() if objective.sees_padding else values), index


def _mean(logs: Tensor) -> Tensor:
    return logs.exp().mean(dim=0)


def _log_sum(logs: Tensor) -> Tensor:
    return logs.logsumexp(dim=0)
