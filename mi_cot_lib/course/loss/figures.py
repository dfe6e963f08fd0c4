"""The figures of the loss looked at: values and pulls on a path, padding, and strength while training."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.course.loss.path import MEASURES, OVERLAP, PAPER, PROPER, RELEASED
from mi_cot_lib.report.pictures.canvas import (
    draw_banded,
    legend_below,
    new_figure,
    plain_axes,
    put_title,
)

_BLUE, _ORANGE, _GREEN, _PINK = "#0173b2", "#b35806", "#029e73", "#cc78bc"
# Colour, line style and width: the overlap lies on the released form, and must show through it.
_LOOKS = {
    RELEASED: (_BLUE, "-", 3.0),
    OVERLAP: ("black", ":", 1.8),
    PAPER: (_ORANGE, "--", 2.0),
    PROPER: (_GREEN, "-.", 1.6),
}
_TITLES = {
    RELEASED: "released form",
    OVERLAP: "overlap, −⟨t, q⟩",
    PAPER: "paper's form",
    PROPER: "cross-entropy of the label's tokens",
}
_PADDED = {
    "as released": (_BLUE, "-", "o"),
    "label side only": (_ORANGE, "--", "s"),
    "rationale side only": (_GREEN, ":", "^"),
}
_CHANGES = {
    "label_hidden": (_ORANGE, "--", "label hidden"),
    "none": ("black", "-", "as they are"),
    "label_named": (_BLUE, ":", "label named"),
}
_PROBABILITIES = (1e-5, 1e-3, 0.1, 0.5, 0.9, 0.999, 0.99999)


def draw_path(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw values above their least, and pulls, against the probability on a scale of log-odds.

    Args:
        prepared: From `loss_path.prepare_path`.
        marked: A log-odds to mark.
    """
    figure = new_figure(10.5, 3.9)
    low, high, pulls = figure.subplots(1, 3)
    handles = {}
    for name in MEASURES:
        colour, style, width = _LOOKS[name]
        value = low if name in (RELEASED, OVERLAP) else high
        above = prepared[name] - prepared[name].min()
        for axes, y in ((value, above), (pulls, prepared[f"{name} pull"])):
            (line,) = axes.plot(prepared["log_odds"], y, style, color=colour, lw=width)
            if marked is not None:
                at = (prepared["log_odds"] - marked).abs().idxmin()
                axes.plot(marked, y[at], "o", color=colour, mec="white", ms=8)
        handles[_TITLES[name]] = line
    for axes, title in (
        (low, "value above its least (nats)"),
        (high, "value above its least (nats)"),
        (pulls, "pull, −d value / d log-odds (nats)"),
    ):
        axes.set_title(title, fontsize=9.5, loc="left")
        _probabilities(axes, prepared["log_odds"])
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=4, frameon=False
    )
    return figure


def _probabilities(axes: Axes, log_odds: pd.Series) -> None:
    """Name places of a log-odds axis by their probability."""
    within = [
        (np.log(p / (1 - p)), f"{p:g}" if 1e-4 < p < 0.9999 else ("10⁻⁵" if p < 0.5 else "1−10⁻⁵"))
        for p in _PROBABILITIES
        if log_odds.min() <= np.log(p / (1 - p)) <= log_odds.max()
    ]
    axes.set_xticks([place for place, _ in within], [text for _, text in within], fontsize=8)
    axes.set_xlabel("q's probability of the label's tokens", fontsize=9)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    plain_axes(axes, "both")


def draw_padding(prepared: pd.DataFrame) -> Figure:
    """Draw value, and gradient at real and at padding positions, against the number of padding positions.

    Args:
        prepared: From `loss_padding.prepare_padding`.
    """
    figure = new_figure(10.5, 3.7)
    panels = {
        "loss": "loss (nats)",
        "real": "gradient at the rationale's real positions",
        "at padding": "gradient at its padding positions",
    }
    drawn = figure.subplots(1, 3)
    handles = {}
    for axes, (column, title) in zip(drawn, panels.items(), strict=True):
        for name, (colour, style, mark) in _PADDED.items():
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


def draw_pulled(found: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw how much of S, of the overlap and of the pull each group of tokens has, a bar a data set.

    Args:
        found: By title of the data set, from `loss_tokens.prepare_pulled`.
    """
    figure = new_figure(10.5, 1.5 + 0.34 * len(found))
    panels = {"t": "S, the sum of t", "overlap": "overlap ⟨t, q⟩", "pull": "pull Σ t q (1 − q)"}
    looks = ((_BLUE, ""), ("0.75", "///"), (_ORANGE, "..."))
    drawn = figure.subplots(1, 3, sharey=True)
    handles = {}
    for axes, (column, title) in zip(drawn, panels.items(), strict=True):
        table = pd.DataFrame({name: frame[column] for name, frame in found.items()})
        left = np.zeros(len(found))
        for (group, values), (colour, hatch) in zip(table.iterrows(), looks, strict=True):
            handles[str(group)] = axes.barh(
                range(len(found)), values, 0.6, left, color=colour, hatch=hatch, ec="white", lw=0.6
            )
            left += values.to_numpy()
        axes.set_title(title, fontsize=9.5, loc="left")
        plain_axes(axes, "x")
    drawn[0].set_yticks(range(len(found)), list(found))
    drawn[0].invert_yaxis()
    legend_below(figure, handles)
    return figure


def draw_strength(strength: pd.DataFrame, title: str) -> Figure:
    """Draw the MI loss's gradient norm as a multiple of the rationale loss's, a dot a data set.

    Args:
        strength: From `loss.records.prepare_strength`.
        title: Of the figure.
    """
    figure = new_figure(7.5, 1.5 + 0.3 * len(strength))
    axes = figure.subplots()
    cells = strength.to_dict("records")
    for place, cell in enumerate(cells):
        axes.plot([cell["low"], cell["high"]], [place, place], color=_BLUE, lw=2)
        axes.plot(cell["mi / generation"], place, "o", color=_BLUE, mec="white", ms=7)
    axes.set_yticks(range(len(cells)), list(strength["data"]))
    axes.set_ylim(len(cells) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.axvline(1, color="0.6", lw=1, ls=":")
    axes.set_xlabel("gradient norm of the MI loss / of the rationale loss, both weighted")
    plain_axes(axes, "x")
    put_title(figure, f"{title}\nmedian over steps; line: least and greatest of the seeds")
    return figure


def draw_naming(found: pd.DataFrame, title: str) -> Figure:
    """Draw the MI loss's gradient norm while training on three teachers, a panel a data set.

    Args:
        found: With `change` (`label_hidden`, `none`, `label_named`), `data`, `step`, `norm`, `low`, `high`.
        title: Of the figure; what the bands are is said below it, unless one seed has none.
    """
    held = list(dict.fromkeys(found["data"]))
    figure = new_figure(max(6.5, 4.4 * len(held)), 3.6)
    handles = {}
    panels = np.atleast_1d(figure.subplots(1, len(held)))
    for axes, name in zip(panels, held, strict=True):
        for change, (colour, style, called) in _CHANGES.items():
            mine = found[(found["data"] == name) & (found["change"] == change)]
            if len(mine):
                handles[f"rationales: {called}"] = draw_banded(
                    axes, mine, "step", "norm", color=colour, ls=style, lw=1.8
                )
        axes.set_title(name, fontsize=10, loc="left")
        axes.set_xlabel("training step")
        axes.set_ylim(bottom=0)
        plain_axes(axes, "both")
    panels[0].set_ylabel("MI gradient norm, weighted", fontsize=9)
    banded = bool((found["low"] < found["high"]).any())
    put_title(figure, title + "\nline: mean over seeds; band: least and greatest" * banded)
    legend_below(figure, handles)
    return figure
