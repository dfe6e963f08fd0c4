"""What padding positions do to the released MI loss: arbitrary ones, and a student's own."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.course.brief_student import encoded
from mi_cot_lib.course.theory.decompose import decompose_released, pooled_probabilities
from mi_cot_lib.course.theory.degenerate_optimum import SURE
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import mi_loss
from mi_cot_lib.student.encode import IGNORED, EncodedPair, collate
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.plain_step import forward_terms

# Which side's padding positions take part: (label, rationale).
PADDED: dict[str, tuple[bool, bool]] = {
    "as released": (True, True),
    "label side only": (True, False),
    "rationale side only": (False, True),
    "none": (False, False),
}


def prepare_padding(
    vocabulary: int = 32128,
    counts: Sequence[int] = (0, 1, 2, 4, 8, 16),
    sharpness: float = 6.0,
    alike: float = 0.0,
    examples: int = 4,
    label_tokens: int = 3,
    positions: int = 12,
    seed: int = 0,
) -> pd.DataFrame:
    """Let more and more positions with arbitrary logits enter the maximum of the released form.

    The label side is sure of its tokens, and the rationale side gives each of them a half at one of its
    positions. Logits at padding are normal numbers times the sharpness.

    Args:
        vocabulary: Number of tokens.
        counts: Numbers of padding positions of a side.
        sharpness: Standard deviation of the logits at padding; how sure the student is there.
        alike: Share of these numbers' variance, from 0 to 1, that both sides have in common: one student
            makes both.
        examples: In the batch, each with padding of its own.
        label_tokens: Real positions of the label side.
        positions: Real positions of the rationale side.
        seed: Of the logits.

    Returns:
        A row a number of padding positions and a `padded` of `PADDED` but `none`, with `padding`,
        `loss` (nats), `S`, and `real` and `at padding`: the gradient's norm by the rationale side's logits
        at its real and at its padding positions.

    Raises:
        ConfigError: A number that is out of range.
    """
    if min(counts) < 0 or examples < 1 or not 1 <= label_tokens <= positions:
        raise ConfigError(
            "padding needs no negative count, an example, a token of the label and as many positions."
        )
    if not 0 <= alike <= 1:
        raise ConfigError(f"alike must be from 0 to 1, got {alike}.")
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(vocabulary, (examples, label_tokens + positions), generator=generator)
    label, rationale = (
        SURE * F.one_hot(part, vocabulary).float()
        for part in (words[:, :label_tokens], words[:, label_tokens:])
    )
    rationale[:, :label_tokens] = torch.maximum(rationale[:, :label_tokens], label)
    drawn = torch.randn(3, examples, max(counts), vocabulary, generator=generator)
    padding = sharpness * (math.sqrt(alike) * drawn[0] + math.sqrt(1 - alike) * drawn[1:])
    rows = []
    for count in counts:
        for name in list(PADDED)[:-1]:
            t, q = (
                torch.cat([side, pad[:, : count * taken]], dim=1)
                for side, pad, taken in zip((label, rationale), padding, PADDED[name], strict=True)
            )
            q.requires_grad_()
            loss = mi_loss(t, q)
            (gradient,) = torch.autograd.grad(loss, q)
            rows.append(
                {
                    "padding": count,
                    "padded": name,
                    "loss": loss.item(),
                    "S": pooled_probabilities(t).sum(dim=-1).mean().item(),
                    "real": gradient[:, :positions].norm().item(),
                    "at padding": gradient[:, positions:].norm().item(),
                }
            )
    return pd.DataFrame(rows)


def cut_sides(
    logits: Mapping[str, Tensor], masks: Mapping[str, Tensor], padded: tuple[bool, bool]
) -> list[tuple[Tensor, Tensor]]:
    """Cut the examples of a batch apart, with or without the padding of each side.

    Args:
        logits: `label` and `rationale`, each (batch, positions, vocab).
        masks: Likewise, (batch, positions), True at real positions, which come first.
        padded: Whether the label's and the rationale's padding stays.

    Returns:
        For each example its label side and its rationale side, (1, positions, vocab).
    """

    def cut(side: str, index: int, *, stays: bool) -> Tensor:
        return logits[side][index : index + 1, : None if stays else int(masks[side][index].sum())]

    return [
        (cut("label", index, stays=padded[0]), cut("rationale", index, stays=padded[1]))
        for index in range(len(logits["label"]))
    ]


def measure_padding(
    student: Student, examples: Sequence[Example], batch_size: int = 16
) -> pd.DataFrame:
    """Measure loss and gradient of a student's batches with and without their padding.

    Args:
        student: In evaluation mode: no dropout. Its weights stay as they are.
        examples: In batches, in order; each has a rationale.
        batch_size: Examples a batch.

    Returns:
        A row each of `PADDED`, means over the batches: `loss` (nats), `S`, `overlap` (⟨t, q⟩, nats),
        `gradient` (norm by the student's weights, of the unweighted loss) and `cosine` of the gradient's
        angle to that of `as released`.
    """
    pairs = encoded(student, examples)
    found = [
        _measured(student, pairs[start : start + batch_size])
        for start in range(0, len(pairs), batch_size)
    ]
    return pd.concat(found).groupby(level=0, sort=False).mean()


def _measured(student: Student, pairs: Sequence[EncodedPair]) -> pd.DataFrame:
    batch = collate(pairs, student.tokeniser.pad_token_id)
    _, logits = forward_terms(student.model, Objective(), batch)
    masks = {
        "label": batch["labels"] != IGNORED,
        "rationale": batch["explain_labels"] != IGNORED,
    }
    weights = [weight for weight in student.model.parameters() if weight.requires_grad]
    rows: dict[str, dict[str, float]] = {}
    released = torch.empty(0)
    for name, padded in PADDED.items():
        sides = cut_sides(logits, masks, padded)
        loss = torch.stack([mi_loss(*both) for both in sides]).mean()
        parts = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
        gradient = torch.cat([part.flatten() for part in parts]).double()
        released = gradient if name == "as released" else released
        taken = [decompose_released(*both) for both in sides]
        rows[name] = {
            "loss": loss.item(),
            "S": fmean(one.total.item() for one in taken),
            "overlap": fmean(one.overlap.item() for one in taken),
            "gradient": gradient.norm().item(),
            "cosine": torch.cosine_similarity(gradient, released, dim=0).item(),
        }
    return pd.DataFrame(rows).T.rename_axis("padding that takes part")
