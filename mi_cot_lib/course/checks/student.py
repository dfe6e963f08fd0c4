"""Checks of what turns examples into a batch, and outputs into the loss of a task."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from mi_cot_lib.course.checks.check import Check, Misconception

IGNORED = -100
_PAIRS = (
    {"input": [5, 6, 7], "label": [8, 1], "explain_input": [9, 6, 7], "rationale": [3, 4, 2, 1]},
    {"input": [5, 6], "label": [8, 2, 3, 1], "explain_input": [9, 6], "rationale": [2, 1]},
    {
        "input": [5, 6, 7, 4, 2],
        "label": [4, 1],
        "explain_input": [9, 6, 7, 4, 2],
        "rationale": [7, 7, 7, 7, 1],
    },
)
_TARGETS = ("label", "rationale")
Pair = dict[str, list[int]]


def _padded(
    rows: list[list[int]], value: int, width: int | None = None, left: bool = False
) -> Tensor:
    width = width or max(map(len, rows))
    fill = [[value] * (width - len(row)) for row in rows]
    both = zip(rows, fill, strict=True)
    return torch.tensor([more + row if left else row + more for row, more in both])


def _collate(
    pairs: list[Pair], pad: int, *, ignored: int = IGNORED, **how: Any
) -> dict[str, Tensor]:
    batch = {}
    for name in pairs[0]:
        rows = [pair[name] for pair in pairs]
        batch[name] = _padded(rows, ignored if name in _TARGETS else pad, **how)
        if name not in _TARGETS:
            batch[f"{name}_mask"] = _padded([[1] * len(row) for row in rows], 0, **how)
    return batch


def _one_width(pairs: list[Pair], pad: int) -> dict[str, Tensor]:
    batch = _collate(pairs, pad)
    width = max(batch[name].shape[1] for name in _TARGETS)
    for name in _TARGETS:
        batch[name] = _padded([pair[name] for pair in pairs], IGNORED, width)
    return batch


def _all_ones(pairs: list[Pair], pad: int) -> dict[str, Tensor]:
    batch = _collate(pairs, pad)
    return {
        name: torch.ones_like(part) if name.endswith("_mask") else part
        for name, part in batch.items()
    }


collate = Check(
    name="collate",
    solution=_collate,
    cases=lambda: [(list(_PAIRS), 0), (list(_PAIRS[:1]), 0), (list(_PAIRS[1:]), 11)],
    right="Each of the four texts has a width of its own, and no padding is ever a target.",
    misconceptions=(
        Misconception(
            lambda pairs, pad: _collate(pairs, pad, ignored=pad),
            "Targets are padded with the pad token, so that the student is taught to write padding. Pad "
            f"them with {IGNORED}: cross_entropy leaves that out.",
        ),
        Misconception(
            lambda pairs, pad: _collate(pairs, IGNORED),
            f"Inputs are padded with {IGNORED}, which is no token: the embedding has no such row.",
        ),
        Misconception(
            lambda pairs, pad: _collate(pairs, pad, left=True),
            "It pads on the left. T5 counts positions from the first token, and its decoder starts there.",
        ),
        Misconception(
            _one_width,
            "Label and rationale are padded to one width. Then a label of two tokens costs as many positions "
            "as the longest rationale, and the released MI loss would read them all.",
        ),
        Misconception(
            _all_ones,
            "The masks say that padding is text: 1 for each real token of the row, 0 for what was added.",
        ),
    ),
)


def _read(targets: Tensor, pad: int) -> Tensor:
    return targets.masked_fill(targets == IGNORED, pad)


def _shifted(targets: Tensor, start: int) -> Tensor:
    return torch.cat([torch.full_like(targets[:, :1], start), targets[:, :-1]], dim=1)


def _left(targets: Tensor, start: int) -> Tensor:
    return torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], start)], dim=1)


shift_right = Check(
    name="shift_right",
    solution=lambda targets, start, pad: _read(_shifted(targets, start), pad),
    cases=lambda: [
        (torch.tensor([[8, 4, 1], [8, 1, IGNORED]]), 0, 0),
        (torch.tensor([[5, 6, 7, 1], [1, IGNORED, IGNORED, IGNORED]]), 2, 3),
    ],
    right="At each position the decoder sees what comes before it, and never the token that it has to write.",
    misconceptions=(
        Misconception(
            lambda targets, start, pad: _read(targets, pad),
            "It does not shift: the decoder would see each token that it has to write, and learn to copy.",
        ),
        Misconception(
            lambda targets, start, pad: _read(_left(targets, start), pad),
            "It shifts to the left: the decoder would see the future. What comes first is the start token.",
            also=(
                lambda targets, start, pad: _read(_left(targets, pad), pad),
                lambda targets, start, pad: _left(targets, start),
                lambda targets, start, pad: _left(targets, pad),
            ),
        ),
        Misconception(
            lambda targets, start, pad: _shifted(targets, start),
            f"{IGNORED} is still there. It marks targets; as an input it is no token: put the pad token.",
        ),
        Misconception(
            lambda targets, start, pad: _read(targets.roll(1, dims=1), pad),
            "It rolls: the last token comes round to the front, where the start token belongs.",
        ),
    ),
)


def _token_loss(logits: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def _chosen(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    counted = targets != IGNORED
    taken = targets.clamp(min=0)[..., None]
    return -logits.log_softmax(-1).gather(-1, taken)[..., 0] * counted, counted


def _of_examples(logits: Tensor, targets: Tensor) -> Tensor:
    losses, counted = _chosen(logits, targets)
    return (losses.sum(1) / counted.sum(1)).mean()


def _loss_cases() -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    targets = torch.tensor([[3, 1, 4, 1], [5, 1, IGNORED, IGNORED], [2, IGNORED, IGNORED, IGNORED]])
    return [
        (2 * torch.randn(3, 4, 7, generator=generator), targets),
        (torch.zeros(3, 4, 7), targets),
    ]


token_loss = Check(
    name="token_loss",
    solution=_token_loss,
    cases=_loss_cases,
    right="The mean is over the tokens that count, whichever example they are of.",
    misconceptions=(
        Misconception(
            lambda logits, targets: _chosen(logits, targets)[0].mean(),
            "It divides by all positions. Those that are ignored add nothing to the sum, and must not be "
            "counted either: else a batch with more padding has a smaller loss.",
        ),
        Misconception(
            lambda logits, targets: _chosen(logits, targets)[0].sum(),
            "It is a sum over tokens. Then long texts weigh more, and the learning rate means something else "
            "in each batch.",
        ),
        Misconception(
            _of_examples,
            "It is the mean over examples of their means. That weighs a token of a short text more; "
            "transformers and the released code take the mean over all tokens of the batch.",
        ),
        Misconception(
            lambda logits, targets: cross_entropy(
                logits.softmax(-1).flatten(0, 1), targets.flatten(), ignore_index=IGNORED
            ),
            "The softmax is taken twice: `cross_entropy` takes logits. (The released MI loss does that.)",
        ),
        Misconception(
            lambda logits, targets: (
                _chosen(logits, targets)[0][:, 1:].sum()
                / (_chosen(logits, targets)[1][:, 1:].sum())
            ),
            "The first token is left out. Shift the decoder's input, or the targets, but not both.",
        ),
    ),
)
