"""What padding positions do to the released MI loss: arbitrary ones, and a student's own."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from mi_cot_lib.course.brief_student import encoded_batches, gradient_of
from mi_cot_lib.course.theory.degenerate_optimum import SURE
from mi_cot_lib.course.theory.released_loss import decompose_released
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import mi_loss, pool_released
from mi_cot_lib.report.pictures.canvas import (
    BLUE,
    GREEN,
    ORANGE,
    legend_below,
    new_figure,
    plain_axes,
)
from mi_cot_lib.student.encode import IGNORED
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.plain_step import forward_terms

# Which side's padding positions take part: (label, rationale).
PADDED = {
    "as released": (True, True),
    "label side only": (True, False),
    "rationale side only": (False, True),
    "none": (False, False),
}
_LOOKS = {
    "as released": (BLUE, "-", "o"),
    "label side only": (ORANGE, "--", "s"),
    "rationale side only": (GREEN, ":", "^"),
}
# Of the batch with arbitrary padding: its examples, and the real positions of the rationale side.
_EXAMPLES, _POSITIONS = 4, 12


def prepare_padding(
    vocabulary: int = 32128,
    counts: Sequence[int] = (0, 1, 2, 4, 8, 16),
    sharpness: float = 6.0,
    alike: float = 0.0,
    label_tokens: int = 3,
) -> pd.DataFrame:
    """Let more and more positions with arbitrary logits enter the maximum of the released form.

    The label side is sure of its tokens, and the rationale side gives each of them a half at one of its
    positions. Logits at padding are normal numbers times the sharpness: how sure the student is there. Of
    their variance both sides share the part `alike`, from 0 to 1: one student makes both. A ConfigError
    names what is out of range.

    Returns:
        A row a number of padding positions and a `padded` of `PADDED` but `none`. `real` and `at padding`
        are norms of the loss's (nats) gradient by the rationale side's logits at such positions.
    """
    if min(counts) < 0 or not 1 <= label_tokens <= _POSITIONS:
        raise ConfigError(f"needs no negative count, and a label of 1 to {_POSITIONS} tokens.")
    if not 0 <= alike <= 1:
        raise ConfigError(f"alike must be from 0 to 1, got {alike}.")
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(vocabulary, (_EXAMPLES, label_tokens + _POSITIONS), generator=generator)
    label, rationale = (
        SURE * F.one_hot(part, vocabulary).float()
        for part in (words[:, :label_tokens], words[:, label_tokens:])
    )
    rationale[:, :label_tokens] = torch.maximum(rationale[:, :label_tokens], label)
    drawn = torch.randn(3, _EXAMPLES, max(counts), vocabulary, generator=generator)
    padding = sharpness * (math.sqrt(alike) * drawn[0] + math.sqrt(1 - alike) * drawn[1:])
    rows = []
    for count in counts:
        for name in _LOOKS:
            t, q = (
                torch.cat([side, pad[:, : count * taken]], dim=1)
                for side, pad, taken in zip((label, rationale), padding, PADDED[name], strict=True)
            )
            q.requires_grad_()
            loss = mi_loss(t, q)
            (gradient,) = torch.autograd.grad(loss, q)
            total = pool_released(t, "max").sum(dim=-1).mean()
            norms = [part.norm().item() for part in gradient.tensor_split([_POSITIONS], dim=1)]
            rows.append((count, name, loss.item(), total.item(), *norms))
    return pd.DataFrame(rows, columns=["padding", "padded", "loss", "S", "real", "at padding"])


def draw_padding(prepared: pd.DataFrame) -> Figure:
    """Draw value, and gradient at real and at padding positions, against the number of padding positions."""
    figure = new_figure(10.5, 3.7)
    panels = {
        "loss": "loss (nats)",
        "real": "gradient at the rationale's real positions",
        "at padding": "gradient at its padding positions",
    }
    handles = {}
    for axes, (column, title) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        for name, (colour, style, mark) in _LOOKS.items():
            mine = prepared[prepared["padded"] == name]
            (handles[f"padding: {name}"],) = axes.plot(
                mine["padding"], mine[column], style, marker=mark, color=colour, lw=1.8, ms=5
            )
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_xlabel("padding positions")
        # Both gradients have one scale: what padding gets beside what real positions get.
        shown = ["loss"] if column == "loss" else ["real", "at padding"]
        axes.set_ylim(0, 1.08 * max(float(prepared[shown].max(axis=None)), 1e-6))
        plain_axes(axes, "both")
    legend_below(figure, handles)
    return figure


def measure_padding(
    student: Student, examples: Sequence[Example], batch_size: int = 16
) -> pd.DataFrame:
    """Measure loss (nats) and gradient of a student's batches with and without their padding: means.

    `gradient` is the norm by the student's weights, of the unweighted loss, `cosine` of its angle to that
    of `as released`; a row each of `PADDED`.
    """
    found = [_measured(student, batch) for batch in encoded_batches(student, examples, batch_size)]
    return pd.concat(found).groupby(level=0, sort=False).mean()


def _measured(student: Student, batch: Mapping[str, Tensor]) -> pd.DataFrame:
    _, logits = forward_terms(student.model, Objective(), batch)
    real = [(batch[side] != IGNORED).sum(dim=1) for side in ("labels", "explain_labels")]
    examples = list(zip(logits["label"], logits["rationale"], *real, strict=True))
    rows, gradients = {}, {}
    for name, (label_stays, rationale_stays) in PADDED.items():
        # Real positions come first.
        sides = [
            (v[None, : None if label_stays else m], z[None, : None if rationale_stays else n])
            for v, z, m, n in examples
        ]
        loss = torch.stack([mi_loss(*both) for both in sides]).mean()
        gradients[name] = gradient = gradient_of(loss, student)
        taken = pd.concat([decompose_released(*both) for both in sides])
        rows[name] = {
            "loss": loss.item(),
            "S": taken["S"].mean(),
            "overlap": taken["overlap ⟨t, q⟩"].mean(),
            "gradient": gradient.norm().item(),
            "cosine": torch.cosine_similarity(gradient, gradients["as released"], dim=0).item(),
        }
    return pd.DataFrame(rows).T.rename_axis("padding that takes part")
