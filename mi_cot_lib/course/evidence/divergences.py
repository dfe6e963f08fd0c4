"""Cross-entropy and KL divergence towards a target that does not move: two losses, one gradient."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, controlled, named_slider
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure

_POINTS = 99
# Of the two, one lies under the other where they agree: a wide line under a thin one with marks.
_LOOKS: dict[str, dict[str, Any]] = {
    "cross-entropy": {"color": BLUE, "ls": "-", "lw": 5, "alpha": 0.6},
    "KL divergence": {"color": ORANGE, "ls": "--", "lw": 1.8, "marker": "s", "ms": 4},
}


def prepare_divergences(target: float) -> pd.DataFrame:
    """Measure both losses of q = (q, 1−q) towards t = (target, 1−target), which is detached.

    Returns:
        A row a value of `q`; by loss its value in nats, and its pull: the derivative by the first token's
        logit less the second's, as autograd finds it.
    """
    q = np.linspace(0.01, 0.99, _POINTS)
    logit = torch.tensor(np.log(q / (1 - q)), requires_grad=True)
    log_q = torch.nn.functional.logsigmoid(torch.stack([logit, -logit]))
    t = torch.tensor([target, 1 - target], dtype=torch.float64)[:, None]
    losses = {
        "cross-entropy": -(t * log_q).sum(0),
        "KL divergence": (torch.special.xlogy(t, t) - t * log_q).sum(0),
    }
    found = {"q": q}
    for name, loss in losses.items():
        (pull,) = torch.autograd.grad(loss.sum(), logit, retain_graph=True)
        found |= {name: loss.detach().numpy(), f"{name} pull": pull.numpy()}
    return pd.DataFrame(found)


def draw_divergences(prepared: pd.DataFrame, target: float) -> Figure:
    """Draw both losses, and both pulls, against q; a line stands at the target."""
    figure = new_figure(9.4, 3.4)
    handles = {}
    panels = {"": ("Loss", "loss (nats)"), " pull": ("Pull", "dL / d logit")}
    for axes, (suffix, (head, unit)) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        for name, look in _LOOKS.items():
            (handles[name],) = axes.plot(
                prepared["q"], prepared[name + suffix], markevery=8, **look
            )
        axes.axvline(target, color="0.4", lw=1, ls=":")
        label_panel(axes, head, "q: probability of the first token (0 to 1)", unit)
    figure.axes[1].axhline(0, color="0.4", lw=0.8)
    legend_below(figure, handles)
    return figure


def told(prepared: pd.DataFrame, target: float) -> str:
    """Say in words what the picture shows."""
    gap = (prepared["cross-entropy"] - prepared["KL divergence"]).mean()
    return (
        f"Target t = ({target:.2f}, {1 - target:.2f}). Left: cross-entropy lies {gap:.2f} nats above KL "
        f"divergence at every q, both lowest at q = {target:.2f}. Right: their pulls lie on each other."
    )


def divergence_lab() -> Controlled:
    """Show both losses and their pulls towards a target that can be moved."""

    def show(target: float) -> Picture:
        prepared = prepare_divergences(target)
        return Picture(draw_divergences(prepared, target), told(prepared, target))

    return controlled(show, target=named_slider("t, of the first token", 0.7, 0.05, 0.95, 0.05))
