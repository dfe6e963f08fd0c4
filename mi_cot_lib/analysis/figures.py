"""The two figures of a comparison: accuracy by method, and the curves of each loss term."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from mi_cot_lib.analysis.canvas import new_figure
from mi_cot_lib.analysis.comparable import (
    Record,
    by_method,
    check_comparable,
    method_title,
    setting_title,
)
from mi_cot_lib.analysis.tables import prepare_method_table
from mi_cot_lib.errors import written_to
from mi_cot_lib.objective.methods import METHODS

_COLOURS = dict(zip(METHODS, sns.color_palette("colorblind", len(METHODS)), strict=True))
# Line styles and markers tell the methods apart where colour does not.
_LINES = dict(zip(METHODS, ["-", ":", "--", "-."], strict=True))
_MARKERS = dict(zip(METHODS, ["o", "s", "^", "D"], strict=True))
_PANELS = {
    "loss_prediction": ("Prediction loss", "cross-entropy (nats per token)"),
    "loss_generation": ("Rationale loss", "cross-entropy (nats per token)"),
    "loss_mi": ("MI loss", "MI term before its weight (nats)"),
    "eval_accuracy": ("Validation accuracy", "accuracy (%)"),
}


@dataclass(frozen=True)
class AccuracyFigure:
    """The numbers behind the accuracy figure.

    Attributes:
        table: The method table; its `accuracy`, `low`, `high` (percent) are drawn.
        seeds: One row a run with `method`, `seed` and `accuracy` (percent).
        setting: What was trained on what.
    """

    table: pd.DataFrame
    seeds: pd.DataFrame
    setting: str


@dataclass(frozen=True)
class CurvesFigure:
    """The numbers behind the training curves.

    Attributes:
        points: One row a panel, method and step with `mean`, `low`, `high` (mean and range over
            seeds; nats, or percent for `eval_accuracy`) and `seeds` (how many went in).
        titles: What to print for each method.
        setting: What was trained on what.
    """

    points: pd.DataFrame
    titles: dict[str, str]
    setting: str


def prepare_accuracy(records: Sequence[Record]) -> AccuracyFigure:
    """Collect each run's test accuracy and the methods' means with 95% t intervals over seeds.

    Raises:
        ConfigError: The records do not belong in one figure (see `check_comparable`).
    """
    table = prepare_method_table(records)
    seeds = [
        (name, record["config"]["seed"], 100 * record["metrics"]["test_accuracy"])
        for name, group in by_method(records).items()
        for record in group
    ]
    frame = pd.DataFrame(seeds, columns=["method", "seed", "accuracy"])
    return AccuracyFigure(table, frame, setting_title(records))


def draw_accuracy(prepared: AccuracyFigure) -> Figure:
    """Draw each method's mean and interval as a dot with a bar, its seeds as small open marks."""
    table = prepared.table
    figure = new_figure(width=7.0, height=1.7 + 0.55 * len(table))
    axes = figure.subplots()
    for place, (method, row) in enumerate(table.iterrows()):
        colour, marker = _COLOURS[method], _MARKERS[method]
        own = prepared.seeds.loc[prepared.seeds["method"] == method, "accuracy"]
        # The seeds lie below the mean, so that neither hides the other.
        below = [place + 0.24] * len(own)
        axes.plot(own, below, marker, mfc="none", mec=colour, ms=5, ls="none")
        if pd.notna(row["low"]):
            axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.5, zorder=2)
        axes.plot(row["accuracy"], place, marker, color=colour, ms=9, mec="white", zorder=3)
    axes.set_yticks(range(len(table)), table["title"])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.margins(x=0.08)
    axes.grid(axis="x", color="0.88", lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    counts = sorted(set(table["seeds"]))
    seeds = " or ".join(str(count) for count in counts)
    items = f"{table['test_items'].iloc[0]:,}"
    axes.set_xlabel(
        f"test accuracy (%), {items} test items\n"
        f"filled: mean and 95% t interval over {seeds} seed{'s' if counts != [1] else ''}; "
        "open: one seed each"
    )
    axes.set_title(f"Test accuracy by method\n{prepared.setting}", fontsize=11, loc="left")
    return figure


def prepare_curves(records: Sequence[Record]) -> CurvesFigure:
    """Average each logged loss term and the validation accuracy over seeds, by method and step.

    Raises:
        ConfigError: The records do not belong in one figure (see `check_comparable`).
    """
    check_comparable(records)
    groups = by_method(records)
    rows = [
        (
            panel,
            name,
            entry["step"],
            100 * entry[panel] if panel == "eval_accuracy" else entry[panel],
        )
        for name, group in groups.items()
        for record in group
        for entry in record["history"]
        for panel in _PANELS
        if entry.get(panel) is not None
    ]
    frame = pd.DataFrame(rows, columns=["panel", "method", "step", "value"])
    points = (
        frame.groupby(["panel", "method", "step"], sort=True)["value"]
        .agg(mean="mean", low="min", high="max", seeds="count")
        .reset_index()
    )
    titles = {name: method_title(name, group) for name, group in groups.items()}
    return CurvesFigure(points, titles, setting_title(records))


def draw_curves(prepared: CurvesFigure) -> Figure:
    """Draw a panel for each loss term and validation accuracy: means as lines, ranges as bands."""
    figure = new_figure(width=9.0, height=7.0)
    grid = figure.subplots(2, 2, sharex=True)
    handles = {}
    for axes, (panel, (title, unit)) in zip(grid.flat, _PANELS.items(), strict=True):
        inside = prepared.points[prepared.points["panel"] == panel]
        for method in prepared.titles:
            curve = inside[inside["method"] == method]
            if curve.empty:
                continue
            colour = _COLOURS[method]
            (handles[method],) = axes.plot(
                curve["step"], curve["mean"], color=colour, ls=_LINES[method], lw=1.8,
                marker=_MARKERS[method], ms=4.5, markevery=max(1, len(curve) // 6),
            )  # fmt: skip
            axes.fill_between(
                curve["step"], curve["low"], curve["high"], color=colour, alpha=0.15, lw=0
            )
        if inside.empty:
            axes.text(0.5, 0.5, "in none of these runs", ha="center", transform=axes.transAxes)
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_ylabel(unit)
        axes.grid(color="0.9", lw=0.8)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("optimiser step")
    figure.suptitle(
        f"Training curves: {prepared.setting}\nline: mean over seeds; band: their range",
        fontsize=11, x=0.01, ha="left",
    )  # fmt: skip
    shown = [name for name in prepared.titles if name in handles]
    figure.legend(
        [handles[name] for name in shown], [prepared.titles[name] for name in shown],
        loc="outside lower center", ncols=4, frameon=False, handlelength=3.5,
    )  # fmt: skip
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG at 160 dots an inch; equal figures give equal bytes on one machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_to(path):
        figure.savefig(path, format="png", dpi=160, metadata={"Software": None})
