"""Pictures over something that has levels: sizes, shares of changed texts, weights, and steps of training."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from mi_cot_lib.report.cells.curves import (
    LOGGED,
    gradient_cells,
    progress_cells,
    tradeoff_cells,
    training_curves,
)
from mi_cot_lib.report.pictures import canvas
from mi_cot_lib.report.runs import Result, named
from mi_cot_lib.report.setting import Setting, title

# Points above and below the means: an interval of two seeds can be wider than all accuracies there are.
_ROOM = 8
# Of a method whose teacher was changed: the control beside it.
_CONTROL = {"color": canvas.GREY, "ls": (0, (1, 1)), "marker": "x", "lw": 1.4, "ms": 5}
# Of shares of the label loss.
_MARKS = "v^sDoP"
_TERMS = {
    "prediction": ("label loss", canvas.PALETTE[0], "-"),
    "generation": ("rationale loss", canvas.PALETTE[2], "--"),
    "mi": ("MI loss", canvas.PALETTE[3], ":"),
}
# Title and unit of what is logged, see `cells.curves.LOGGED`.
CURVES = {
    "loss_prediction": ("Label loss", "nats a token"),
    "loss_generation": ("Rationale loss", "nats a token"),
    "loss_mi": ("MI loss", "nats, before its weight"),
    "accuracy": ("Validation accuracy", "accuracy (%)"),
}


def draw_sizes(result: Result) -> Figure:
    """Draw accuracy against the number of training examples, a panel a data set."""
    rows = {run.setting: run.record["data"]["train_rows"] for run in result.runs}
    return _against(
        result, lambda one: one.size or rows[one], "training examples", "{:,.0f}".format
    )


def draw_students(result: Result) -> Figure:
    """Draw accuracy against the student's size, a panel a data set."""
    parameters = {run.setting.student: run.record["parameters"] for run in result.runs}
    label = "parameters of the student (millions)"
    return _against(result, lambda one: parameters[one.student], label, lambda x: f"{x / 1e6:.2f}")


def draw_shares(result: Result) -> Figure | None:
    """Draw accuracy against the share of examples that were changed, a panel a change and data set.

    Unchanged texts are share 0 of every change; finetuning, which reads none, is a level.
    """
    cells = named(result, result.cells)
    cells = cells.assign(
        change=[one.change for one in cells["setting"]], x=[one.share for one in cells["setting"]]
    )
    changes = cells["change"][cells["x"] > 0].unique()
    if not len(changes):
        return None
    columns = cells["column"].unique()
    wanted = [(column, change) for change in changes for column in columns]
    # A data set has one scale, so that its panels can be compared; a single one fills lines of two.
    several = len(columns) > 1
    across = len(columns) if several else min(2, len(changes))
    lines = -(-len(wanted) // across)
    figure = canvas.new_figure(max(9.4, 2.4 * across), 1.2 + 2.2 * lines)
    grid = figure.subplots(
        lines, across, squeeze=False, sharex=True, sharey="col" if several else True
    )
    handles: dict[str, Any] = {}
    for axes, (column, change) in zip(grid.flat, wanted, strict=False):
        what = title(Setting(dataset="", method="dss", change=change), ("change",))
        canvas.label_panel(axes, f"{column}: {what}" if several else what)
        here = cells[cells["column"] == column]
        handles |= _draw_methods(axes, here[here["change"].isin(["none", change])], ("dss", "mi"))
        handles |= _draw_level(axes, here[here["method"] == "finetune"])
    for axes in grid.flat[len(wanted) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel(canvas.UNITS[result.measure])
    for axes in grid[-1]:
        axes.set_xlabel("share of examples")
    return canvas.finish(figure, result, "levels", handles)


def draw_tradeoff(result: Result) -> Figure:
    """Draw validation accuracy against the rationale loss; a mark's shape is α1, its colour α3."""
    found = named(result, tradeoff_cells(result.runs))
    settings = sorted(found["setting"], key=lambda one: one.alpha3 or 0.0)
    marks = dict(zip(sorted({one.alpha1 for one in settings}), _MARKS, strict=False))
    mi = list(dict.fromkeys(one.alpha3 or 0.0 for one in settings))
    colours = dict(zip(mi, sns.color_palette("viridis_r", len(mi)), strict=True))
    groups = found.groupby("column", sort=False)
    figure, panels = canvas.panel_grid(len(groups), below=0.6)
    for axes, (column, mine) in zip(panels, groups, strict=True):
        front = mine[mine["best"]].sort_values("loss")
        axes.plot(front["loss"], front["value"], color="0.5", lw=1, zorder=1)
        for one in mine.to_dict("records"):
            mark, colour = marks[one["setting"].alpha1], colours[one["setting"].alpha3 or 0.0]
            edge = "black" if one["best"] else "white"
            axes.plot(one["loss"], one["value"], mark, color=colour, ms=8, ls="", mec=edge)
        label = "rationale loss on validation (nats a token)"
        canvas.label_panel(axes, column, label, "validation accuracy (%)")
    handles: dict[str, Any] = {
        title(one, ("alpha1",)): Line2D([], [], color="0.45", marker=marks[one.alpha1], ls="")
        for one in found["setting"]
    }
    for one in settings:
        name = title(one, ("alpha3",)) or title(one, ("method",))
        handles[name] = Patch(color=colours[one.alpha3 or 0.0])
    return canvas.finish(figure, result, "tradeoff", handles)


def draw_gradients(result: Result) -> Figure | None:
    """Draw the gradient norm of each weighted term while students of MI train: a row a row of the item."""
    found = named(result, gradient_cells(result.runs))
    found = found[found["method"] == "mi"]
    if found.empty:
        return None
    rows, columns = found["row"].unique(), found["column"].unique()
    figure = canvas.new_figure(max(9.4, 2.7 * len(columns)), 1.2 + 1.9 * len(rows))
    # One scale, since data sets are compared.
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    handles = {}
    for line, row in zip(grid, rows, strict=True):
        for axes, column in zip(line, columns, strict=True):
            here = found[(found["row"] == row) & (found["column"] == column)]
            axes.set_visible(len(here) > 0)
            canvas.label_panel(axes, f"{row}\n{column}" if len(rows) > 1 else column)
            for term, (name, colour, style) in _TERMS.items():
                drawn = here[here["term"] == term]
                if len(drawn):
                    look = {"color": colour, "ls": style, "lw": 1.8}
                    handles[name] = canvas.draw_banded(axes, drawn, "step", "value", **look)
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(NullFormatter())
        first = next(axes for axes in line if axes.get_visible())
        first.set_ylabel("gradient norm")
        first.tick_params(labelleft=True)
    for axes in grid[-1]:
        axes.set_xlabel("training step")
    return canvas.finish(figure, result, "training", handles)


def draw_curves(result: Result) -> Figure | None:
    """Draw each loss term and validation accuracy while students train, a column a data set."""
    found = named(result, training_curves(result.runs))
    if found.empty:
        return None
    columns = found["column"].unique()
    # A student without the MI loss has no curve of it.
    logged = set(found["name"])
    wanted = [(column, name) for column in columns for name in LOGGED if name in logged]
    figure, panels = canvas.panel_grid(len(wanted), below=0.2)
    handles = {}
    for axes, (column, name) in zip(panels, wanted, strict=True):
        here = found[(found["name"] == name) & (found["column"] == column)]
        for row, mine in here.groupby("row", sort=False):
            look = {**_look(mine["setting"].iloc[0]), "ms": 4, "markevery": max(1, len(mine) // 6)}
            handles[row] = canvas.draw_banded(axes, mine, "step", "value", **look)
        what, unit = CURVES[name]
        text = f"{column}: {what}" if len(columns) > 1 else what
        canvas.label_panel(axes, text, "training step", unit)
    return canvas.finish(figure, result, "training", handles)


def draw_progress(result: Result) -> Figure | None:
    """Draw the best validation accuracy so far by step and by operations, a line of panels a data set."""
    found = named(result, progress_cells(result.runs))
    if found.empty:
        return None
    groups = found.groupby([one.dataset for one in found["setting"]], sort=False)
    figure, panels = canvas.panel_grid(2 * len(groups), below=0.2)
    handles = {}
    for place, (_, here) in enumerate(groups):
        column = title(here["setting"].iloc[0], ("dataset",))
        ends = {"step": "training step", "tflop": "operations of training (10^12)"}
        for axes, (x, label) in zip(panels[2 * place : 2 * place + 2], ends.items(), strict=True):
            for row, mine in here.groupby("row", sort=False):
                look = {**_look(mine["setting"].iloc[0]), "ms": 4, "markevery": 4}
                handles[row] = canvas.draw_banded(axes, mine, x, "value", **look)
            canvas.label_panel(axes, column, label, "best validation so far (%)")
    return canvas.finish(figure, result, "levels", handles)


def _look(setting: Setting) -> dict[str, Any]:
    """Return how a method is drawn; one whose teacher was changed is the control beside it."""
    return _CONTROL if setting.change != "none" else {**canvas.LOOKS[setting.method], "lw": 1.8}


def _against(
    result: Result, x_of: Callable[[Setting], float], label: str, text: Callable[[float], str]
) -> Figure:
    """Draw accuracy against a number of the settings on a logarithmic axis."""
    cells = named(result, result.cells)
    cells = cells.assign(
        x=[x_of(one) for one in cells["setting"]],
        control=[title(one, ("method", "change")) for one in cells["setting"]],
    )
    groups = cells.groupby("column", sort=False)
    figure, panels = canvas.panel_grid(len(groups), below=0.2)
    handles: dict[str, Any] = {}
    for axes, (column, here) in zip(panels, groups, strict=True):
        changed = np.array([one.change != "none" for one in here["setting"]])
        handles |= _draw_methods(axes, here[~changed], canvas.LOOKS)
        for control, mine in here[changed].groupby("control", sort=False):
            handles[control] = canvas.draw_banded(axes, mine, "x", "value", **_CONTROL)
        axes.set_ylim(max(0, here["value"].min() - _ROOM), min(100, here["value"].max() + _ROOM))
        axes.set_xscale("log", base=2)
        levels = sorted(set(here["x"]))
        axes.set_xticks(levels, [text(level) for level in levels], fontsize=8)
        axes.minorticks_off()
        canvas.label_panel(axes, column, label, canvas.UNITS[result.measure])
    return canvas.finish(figure, result, "levels", handles)


def _draw_methods(axes: Axes, cells: pd.DataFrame, methods: Iterable[str]) -> dict[str, Any]:
    handles = {}
    for method in methods:
        mine = cells[cells["method"] == method]
        if len(mine):
            look = {**canvas.LOOKS[method], "lw": 1.8, "ms": 5}
            line = canvas.draw_banded(axes, mine, "x", "value", **look)
            handles[title(mine["setting"].iloc[0], ("method",))] = line
    return handles


def _draw_level(axes: Axes, cells: pd.DataFrame) -> dict[str, Any]:
    handles = {}
    for one in cells.to_dict("records"):
        look = canvas.LOOKS[one["method"]]
        axes.axhspan(one["low"], one["high"], color=look["color"], alpha=0.1, lw=0)
        line = axes.axhline(one["value"], color=look["color"], ls=look["ls"], lw=1.2)
        handles[title(one["setting"], ("method",))] = line
    return handles
