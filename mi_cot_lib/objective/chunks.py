"""A batch in chunks of examples, so small that the output layer's answers to one can be held."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

# Logits held at a time, by kind of device: 32 MB in float32 and 256 MB. Smaller chunks read the weights
# more often.
CHUNK_ELEMENTS = {"cpu": 2**23, "cuda": 2**26}


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


def chunks_of(sides: tuple[Side, ...], vocabulary: int) -> Iterator[Chunk]:
    """Cut a batch into chunks of whole examples.

    Args:
        sides: The label side and, where it takes part, the rationale side.
        vocabulary: Entries of the output layer.
    """
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


def log_probabilities(chunk: Chunk, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Return all positions' (tokens, vocab), side after side, and the states that they were made from."""
    read = torch.cat(chunk.states)
    return torch.log_softmax(read @ kernel.t(), dim=-1, dtype=torch.float32), read
