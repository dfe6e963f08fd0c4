"""A batch in chunks of examples, and how its MI losses pull at the log-probabilities of each chunk.

A chunk is so small that the output layer's answers to it can be held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import label_precision, mi_of_pooled, pool_released
from mi_cot_lib.student.encode import IGNORED

# Logits held at a time, by kind of device: 32 MB in float32 and 256 MB. Smaller chunks read the weights
# more often.
CHUNK_ELEMENTS = {"cpu": 2**25, "cuda": 2**26}
# By the label side's and by the rationale side's pooled values, (examples, vocab) each; None is 0.
Gradients = tuple[Tensor | None, Tensor | None]


@dataclass(frozen=True)
class Side:
    """One task's positions, packed row after row."""

    # (tokens, width), what the output layer reads.
    states: Tensor
    # (tokens,), -100 at positions without a target.
    targets: Tensor
    # Positions of each example; they sum to the tokens.
    lengths: list[int]


@dataclass(frozen=True)
class Chunk:
    """Some examples: where each side's positions of each example lie, and all of them together."""

    sides: tuple[Side, ...]
    spans: tuple[list[slice], ...]

    @property
    def whole(self) -> list[slice]:
        """Where the chunk's positions lie on each side."""
        return [slice(spans[0].start, spans[-1].stop) for spans in self.spans]

    @property
    def states(self) -> list[Tensor]:
        """The chunk's states of each side, (positions, width)."""
        return [side.states[part] for side, part in zip(self.sides, self.whole, strict=True)]

    @property
    def targets(self) -> list[Tensor]:
        """The chunk's targets of each side, (positions,)."""
        return [side.targets[part] for side, part in zip(self.sides, self.whole, strict=True)]

    def log_probabilities(self, kernel: Tensor) -> tuple[Tensor, Tensor]:
        """Return all positions' (tokens, vocab), side after side, and the states they were made from."""
        read = torch.cat(self.states)
        return torch.log_softmax(read @ kernel.t(), dim=-1, dtype=torch.float32), read

    def counted(self) -> list[list[slice]]:
        """Say of the examples that take part in the MI term where each side's rows lie in the chunk's."""
        # Asked once a side: on a GPU each question waits for all that is still to be computed.
        has_target = [(targets != IGNORED).tolist() for targets in self.targets]
        counted: list[list[slice]] = [[] for _ in self.sides]
        for spans in zip(*self.spans, strict=True):
            own = [
                slice(span.start - side.start, span.stop - side.start)
                for span, side in zip(spans, self.whole, strict=True)
            ]
            if all(any(side[part]) for side, part in zip(has_target, own, strict=True)):
                for number, part in enumerate(own):
                    base = number * len(has_target[0])
                    counted[number].append(slice(base + part.start, base + part.stop))
        return counted


def chunks_of(sides: tuple[Side, ...], vocabulary: int) -> Iterator[Chunk]:
    """Cut a batch (the label side and, where it takes part, the rationale side) into whole examples."""
    starts = [0] * len(sides)
    spans: tuple[list[slice], ...] = tuple([] for _ in sides)
    positions = 0
    most = CHUNK_ELEMENTS.get(sides[0].states.device.type, CHUNK_ELEMENTS["cpu"])
    for lengths in zip(*(side.lengths for side in sides), strict=True):
        if positions and (positions + sum(lengths)) * vocabulary > most:
            yield Chunk(sides, spans)
            spans, positions = tuple([] for _ in sides), 0
        for number, length in enumerate(lengths):
            spans[number].append(slice(starts[number], starts[number] + length))
            starts[number] += length
        positions += sum(lengths)
    if positions:
        yield Chunk(sides, spans)


@dataclass
class Pulls:
    """dL/dlog p of the MI term, side by side: for max pooling one row a vocabulary entry, else all rows.

    What adds nothing to `row_sums` is dL/dlogit already.
    """

    row_sums: Tensor
    sparse: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    dense: list[tuple[slice, Tensor]] = field(default_factory=list)

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
        rows, _ = chunk.log_probabilities(kernel)
        found = chunk.counted()
        counts.append(len(found[0]))
        if found[0]:
            for side, parts in zip(pooled, found, strict=True):
                side.append(_pool(rows, parts, objective)[0])
    if not pooled[0]:
        return [(None, None)] * len(chunks)
    gradients = _gradients([torch.cat(side) for side in pooled], objective, sums)
    by_chunk = [[None] * len(counts) if one is None else one.split(counts) for one in gradients]
    return list(zip(*by_chunk, strict=True))


def pulls_of_mi(
    chunk: Chunk,
    objective: Objective,
    shares: Mapping[str, float],
    rows: Tensor,
    sums: dict[str, Tensor],
    by_pooled: Gradients | None,
) -> Pulls:
    """Return how the chunk's MI losses pull at its log-probabilities; add them up if not yet known."""
    pulls = Pulls(rows.new_zeros(len(rows)))
    counted = chunk.counted() if "mi" in shares else [[]]
    if not counted[0]:
        return pulls
    pooled = [_pool(rows, parts, objective) for parts in counted]
    if objective.sees_padding and objective.detach != "label":
        # The released form pulls at the label's logits, through their softmax at once. Log-probabilities
        # are logits as well, and in this precision their softmax sums to 1 more closely.
        precise = label_precision(objective.detach)
        logits = [rows[part].to(precise).requires_grad_() for part in counted[0]]
        with torch.enable_grad():
            label = torch.cat([pool_released(one[None], objective.pool, precise) for one in logits])
        by_label, by_rationale = _gradients((label, pooled[1][0]), objective, sums)
        assert by_label is not None
        by_logits = torch.autograd.grad(label, logits, by_label * shares["mi"])
        pulls.dense += zip(counted[0], by_logits, strict=True)
        by_pooled = None, by_rationale
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
        by_label, by_rationale = torch.autograd.grad(loss, (label, rationale), allow_unused=True)
    sums["mi"] += loss.detach()
    return by_label, by_rationale


def _pool(
    rows: Tensor, parts: Sequence[slice], objective: Objective
) -> tuple[Tensor, Tensor | None]:
    """Pool each example's rows to (examples, vocab); for max pooling, say which row each maximum is from."""
    if objective.pool == "mean":
        padded = objective.sees_padding
        each = (rows[part] for part in parts)
        means = [logs.exp().mean(dim=0) if padded else logs.logsumexp(dim=0) for logs in each]
        return torch.stack(means), None
    values = rows.new_empty(len(parts), rows.shape[1])
    index = torch.empty_like(values, dtype=torch.long)
    for number, part in enumerate(parts):
        torch.max(rows[part], dim=0, out=(values[number], index[number]))
    index += torch.tensor([part.start for part in parts], device=index.device)[:, None]
    return (values.exp_() if objective.sees_padding else values), index
