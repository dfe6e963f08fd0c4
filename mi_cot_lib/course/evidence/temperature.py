"""What a temperature does to confidence, by what it divides: three ways on four sequences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.special import log_softmax

from mi_cot_lib.report.pictures.canvas import (
    BLUE,
    GREEN,
    ORANGE,
    label_panel,
    legend_below,
    new_figure,
)

# Logits of the first token of two, and of the second after each first.
_FIRST, _SECOND = np.array([2.0, 0.0]), np.array([[1.0, 0.0], [0.0, 3.0]])
CANDIDATES, WRITTEN, TOKENS = "candidates", "written sequence", "tokens' logits"
LIKELIEST, SUM = "likeliest", "sum of four"
_LOOKS: dict[str, dict[str, Any]] = {
    CANDIDATES: {"color": BLUE, "ls": "-", "marker": "o"},
    WRITTEN: {"color": ORANGE, "ls": "--", "marker": "s"},
    TOKENS: {"color": GREEN, "ls": "-.", "marker": "^"},
}


def log_probabilities(temperature: float = 1.0) -> NDArray[np.float64]:
    """Return the log-probabilities (4,), in nats, of sequences whose tokens' logits are divided."""
    first = log_softmax(_FIRST / temperature)
    second = log_softmax(_SECOND / temperature, axis=1)
    return np.asarray((first[:, None] + second).ravel(), dtype=np.float64)


def prepare_temperatures(temperatures: Sequence[float]) -> pd.DataFrame:
    """Scale the four sequences' probabilities in three ways; columns (way, `LIKELIEST` or `SUM`)."""
    rows = {}
    for temperature in temperatures:
        share = np.exp(log_probabilities() / temperature)
        ways = {
            CANDIDATES: share / share.sum(),
            WRITTEN: share,
            TOKENS: np.exp(log_probabilities(temperature)),
        }
        rows[temperature] = {
            (way, what): value
            for way, p in ways.items()
            for what, value in ((LIKELIEST, p.max()), (SUM, p.sum()))
        }
    return pd.DataFrame(rows).T.rename_axis("T")


def draw_temperatures(prepared: pd.DataFrame) -> Figure:
    """Draw the likeliest sequence's number, and the sum of all four, against the temperature."""
    figure = new_figure(9.4, 3.4)
    handles = {}
    heads = {LIKELIEST: "The likeliest sequence", SUM: "All four together"}
    for axes, (what, head) in zip(figure.subplots(1, 2), heads.items(), strict=True):
        for way, look in _LOOKS.items():
            (handles[way],) = axes.plot(prepared.index, prepared[way, what], lw=1.8, **look)
        axes.axvline(1, color="0.4", lw=1, ls=":")
        axes.set_xscale("log", base=2)
        axes.set_xticks(prepared.index, [f"{one:g}" for one in prepared.index])
        axes.set_ylim(bottom=0)
        label_panel(axes, head, "temperature T (no unit)", "“confidence” (0 to 1, or above)")
    legend_below(figure, handles)
    return figure
