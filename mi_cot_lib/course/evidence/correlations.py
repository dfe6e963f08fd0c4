"""What a correlation of judged quality and right answers looks like, and what few questions leave of it."""

from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, new_figure

_SCORES = np.arange(1, 6)
_ITEMS = (20, 50, 100, 200, 1_000)


@dataclass(frozen=True)
class Tie:
    """Drawn questions: `shares` of right answers and their counts by score, and Pearson's r of them.

    Attributes:
        shares: Columns `score`, `right` (percent), `count`.
        r: Of the drawn questions, NaN where all are right or all wrong; `low` and `high` are Fisher's 95%.
        truth: What r is on endlessly many questions.
    """

    shares: pd.DataFrame
    r: float
    low: float
    high: float
    truth: float


def prepare_tie(tie: float, items: int) -> Tie:
    """Draw questions whose scores are evenly spread, and whose answers are right more often by score.

    The chance to be right goes from 50% at every score, with a `tie` of 0, to 0, 25, 50, 75 and 100% with 1.
    """
    generator = np.random.default_rng(0)
    score = generator.choice(_SCORES, items)
    right = generator.random(items) < 0.5 + tie * (score - 3) / 4
    drawn = pd.DataFrame({"score": score, "right": right})
    shares = drawn.groupby("score")["right"].agg(["mean", "size"]).reset_index()
    shares.columns = pd.Index(["score", "right", "count"])
    r = float(np.corrcoef(score, right)[0, 1]) if 0 < right.sum() < items else float("nan")
    middle, half = np.arctanh(r), 1.96 / np.sqrt(items - 3)
    return Tie(
        shares=shares.assign(right=100 * shares["right"]),
        r=r,
        low=float(np.tanh(middle - half)),
        high=float(np.tanh(middle + half)),
        truth=tie / np.sqrt(2),
    )


def draw_tie(prepared: Tie) -> Figure:
    """Draw the share of right answers at each score, and r with its interval beside the truth."""
    figure = new_figure(9.0, 3.0)
    left, right = figure.subplots(1, 2)
    bars = left.bar(prepared.shares["score"], prepared.shares["right"], 0.7, color=BLUE, ec="white")
    left.bar_label(bars, [f"of {count}" for count in prepared.shares["count"]], fontsize=8)
    left.set(xlim=(0.4, 5.6), ylim=(0, 112), xticks=_SCORES)
    label_panel(
        left, "Drawn questions", "judged quality (1 to 5)", "answered rightly (%)", grid="y"
    )
    right.plot([prepared.low, prepared.high], [0, 0], color=BLUE, lw=2.4)
    right.plot(prepared.r, 0, "o", color=BLUE, ms=9, label="drawn, 95% interval")
    right.plot(prepared.truth, 0, "D", color=ORANGE, mfc="white", ms=9, label="truth")
    right.axvline(0, color="0.4", lw=1, ls=":")
    right.set(xlim=(-1, 1), ylim=(-1, 1), yticks=[])
    right.legend(frameon=False, fontsize=9, loc="upper left")
    label_panel(right, "Their correlation", "Pearson's r (−1 to 1)", grid="x")
    return figure


def told(prepared: Tie) -> str:
    """Say in words what the picture shows."""
    return (
        f"Of {prepared.shares['count'].sum():,} drawn questions r is {prepared.r:.2f}, 95% interval "
        f"{prepared.low:.2f} to {prepared.high:.2f}; the truth is {prepared.truth:.2f}."
    )


def correlation_lab() -> Controlled:
    """Show how scores and right answers go together, by their tie and the number of questions."""

    def show(tie: float, items: int) -> Picture:
        prepared = prepare_tie(tie, items)
        return Picture(draw_tie(prepared), told(prepared))

    return controlled(
        show,
        tie=named_slider("tie of quality and answer", 0.4, 0.0, 1.0, 0.05),
        items=widgets.SelectionSlider(options=_ITEMS, value=50, **beside("questions")),
    )
