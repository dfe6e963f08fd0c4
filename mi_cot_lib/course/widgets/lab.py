"""The loss lab: two distributions over a few words, every form of the MI loss between them, and its pull."""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, controlled, named_slider
from mi_cot_lib.objective.forms import FORMS
from mi_cot_lib.objective.mi import mi_loss_per_example
from mi_cot_lib.report.pictures.canvas import BLUE, GREEN, ORANGE

WORDS = ("dog", "bird", "so", "is")
# Those that compare distributions over words; others look at hidden states, and have networks of their own.
LAB_FORMS = tuple(
    name for name, form in FORMS.items() if form.head is None and "vocabulary" in form.features
)
# Another question of the batch, for forms that compare questions: sure of the second word.
_OTHER = (0.02, 0.94, 0.02, 0.02)
# Share of the longest arrow below which there is a dot.
_NO_PULL = 0.04


@dataclass(frozen=True)
class Lab:
    """What two sides score, and where each form pulls.

    Attributes:
        sides: Probabilities by word: `label` (t) and `rationale` (q).
        losses: In nats, by form.
        pulls: By form (rows) and word: minus the gradient by the rationale side's logits, where a step goes.
    """

    sides: pd.DataFrame
    losses: pd.Series
    pulls: pd.DataFrame


def prepare_lab(label: tuple[float, ...], rationale: tuple[float, ...]) -> Lab:
    """Compute every form of two sides of one position each, from weights by word, made to sum to 1."""
    t, q = (_probabilities(weights) for weights in (label, rationale))
    other = _probabilities(_OTHER)
    losses, pulls = {}, {}
    for form in LAB_FORMS:
        logits = torch.stack([q, other]).log()[:, None].requires_grad_()
        targets = torch.stack([t, other]).log()[:, None]
        each, _ = mi_loss_per_example(targets, logits, form=form)
        each[0].backward()
        assert logits.grad is not None
        losses[form] = each[0].item()
        pulls[form] = -logits.grad[0, 0].numpy()
    return Lab(
        pd.DataFrame({"label": t.numpy(), "rationale": q.numpy()}, pd.Index(WORDS)),
        pd.Series(losses),
        pd.DataFrame(pulls, pd.Index(WORDS)).T,
    )


def _probabilities(weights: tuple[float, ...]) -> Tensor:
    # No side gives a word nothing, as no softmax does.
    values = torch.tensor(weights, dtype=torch.float64).clamp_min(1e-4)
    return values / values.sum()


def draw_lab(lab: Lab) -> Figure:
    """Draw both sides, and as arrows where each form pushes the rationale side's logits."""
    figure, panels = plt.subplots(
        1, 1 + len(lab.losses), figsize=(12, 3), width_ratios=[1.6] + [1] * len(lab.losses)
    )
    places = np.arange(len(WORDS))
    panels[0].bar(places - 0.2, lab.sides["label"], 0.4, color=BLUE, label="label (t)")
    panels[0].bar(
        places + 0.2, lab.sides["rationale"], 0.4, color=ORANGE, hatch="//", label="rationale (q)"
    )
    panels[0].set(xticks=places, xticklabels=WORDS, ylim=(0, 1.05), ylabel="probability")
    panels[0].legend(fontsize=8, loc="upper right")
    longest = max(0.1, float(lab.pulls.abs().to_numpy().max()))
    for panel, (form, loss) in zip(panels[1:], lab.losses.items(), strict=True):
        panel.axhline(0, color="#666666", lw=1)
        for place, pull in zip(places, lab.pulls.loc[form], strict=True):
            # An arrow has a head however short it is.
            if abs(pull) < _NO_PULL * longest:
                panel.plot([place], [0], "o", color=GREEN, ms=4)
                continue
            panel.annotate(
                "",
                (place, pull),
                (place, 0),
                arrowprops={"arrowstyle": "-|>", "color": GREEN, "lw": 2},
            )
        panel.set(xticks=places, xticklabels=WORDS, xlim=(-0.6, len(WORDS) - 0.4))
        panel.set(ylim=(-1.1 * longest, 1.1 * longest), title=f"{form}\n{loss:.3f} nats")
        panel.tick_params(labelleft=panel is panels[1], labelsize=8)
    panels[1].set(ylabel="pull on q's logits")
    figure.tight_layout()
    plt.close(figure)
    return figure


def told(lab: Lab) -> str:
    """Say in words what the picture shows: each form's value, and where it pulls hardest."""
    forms = []
    for form, loss in lab.losses.items():
        pull = lab.pulls.loc[form]
        word = pull.abs().idxmax()
        forms.append(
            f"{form} {loss:.3f} nats, pulling {word} {'up' if pull[word] > 0 else 'down'} most"
        )
    return f"Both sides over {', '.join(WORDS)}. {'; '.join(forms)}."


def loss_lab() -> Controlled:
    """Show what every form makes of two sides whose words' weights can be moved."""

    def show(**weights: float) -> Picture:
        sides = ([weights[f"{side}_{word}"] for word in WORDS] for side in ("label", "rationale"))
        lab = prepare_lab(*(tuple(side) for side in sides))
        return Picture(draw_lab(lab), told(lab))

    start = {"label": (0.9, 0.02, 0.04, 0.04), "rationale": (0.2, 0.2, 0.3, 0.3)}
    return controlled(
        show,
        **{
            f"{side}_{word}": named_slider(f"{side}: {word}", value, 0.0, 1.0, 0.01)
            for side, values in start.items()
            for word, value in zip(WORDS, values, strict=True)
        },
    )
