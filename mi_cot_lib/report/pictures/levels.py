"""Accuracy by something that has levels: the training set's size, the student's, a changed share."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.canvas import draw_banded, new_figure, panel_grid, plain_axes
from mi_cot_lib.report.pictures.look import (
    LOOKS,
    UNITS,
    columns_of,
    finish,
    in_column,
    label_panel,
    of_setting,
)
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import Setting, title
from mi_cot_lib.report.words import NOTES

# Points above and below the means: an interval of two seeds can be wider than all accuracies there are.
_ROOM = 8
_UNCHANGED = "none"


def draw_sizes(result: Result) -> Figure | None:
    """Draw accuracy against the number of training examples, a panel a data set."""
    rows = {run.setting: run.record["data"]["train_rows"] for run in result.runs}
    figure = _against(
        result,
        lambda one: one.size or rows[one],
        label="training examples",
        text=lambda size: f"{size:,.0f}",
    )
    return figure


def draw_students(result: Result) -> Figure | None:
    """Draw accuracy against the student's size, a panel a data set."""
    parameters = {run.setting.student: run.record["parameters"] for run in result.runs}
    return _against(
        result,
        lambda one: parameters[one.student],
        label="parameters of the student (millions)",
        text=lambda size: f"{size / 1e6:.2f}",
    )


def draw_shares(result: Result) -> Figure | None:
    """Draw accuracy against the share of examples that were changed, a panel a change and data set.

    Unchanged texts are share 0 of every change; finetuning, which reads none, is a level.
    """
    cells = result.cells
    changes = list(dict.fromkeys(one.change for one in cells["setting"] if one.share))
    if not changes:
        return None
    columns = columns_of(cells["setting"])
    wanted = [(column, change) for change in changes for column in columns]
    # A data set has one scale, so that its panels can be compared; a single one fills lines of two.
    across = len(columns) if len(columns) > 1 else min(2, len(changes))
    lines = -(-len(wanted) // across)
    figure = new_figure(max(9.4, 2.4 * across), 1.2 + 2.2 * lines)
    grid = figure.subplots(
        lines, across, squeeze=False, sharex=True, sharey="col" if len(columns) > 1 else True
    )
    handles: dict[str, object] = {}
    for axes, (column, change) in zip(grid.flat, wanted, strict=False):
        here = in_column(cells, column)
        known = [one.change in (_UNCHANGED, change) for one in here["setting"]]
        shares = here[known].assign(x=[one.share for one in here[known]["setting"]])
        handles |= _lines(axes, shares, ("dss", "mi"))
        for level in of_setting(here, method="finetune").to_dict("records"):
            axes.axhspan(
                level["low"], level["high"], color=LOOKS["finetune"].colour, alpha=0.1, lw=0
            )
            handles[title(level["setting"], ("method",))] = axes.axhline(
                level["value"], color=LOOKS["finetune"].colour, ls=LOOKS["finetune"].line, lw=1.2
            )
        named = title(Setting(dataset="", method="dss", change=change), ("change",))
        label_panel(axes, f"{column}: {named}" if len(columns) > 1 else named)
        plain_axes(axes, grid="both")
    for axes in grid.flat[len(wanted) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel(UNITS[result.measure])
    for axes in grid[-1]:
        axes.set_xlabel("share of examples")
    return finish(figure, result, NOTES["levels"], handles)


def _against(
    result: Result, x_of: Callable[[Setting], float], label: str, text: Callable[[float], str]
) -> Figure | None:
    """Draw accuracy against a number of the settings on a logarithmic axis."""
    cells = result.cells.assign(x=[x_of(one) for one in result.cells["setting"]])
    columns = columns_of(cells["setting"])
    figure, panels = panel_grid(len(columns), below=0.2)
    handles: dict[str, object] = {}
    for axes, column in zip(panels, columns, strict=True):
        here = in_column(cells, column)
        handles |= _lines(axes, here, tuple(LOOKS))
        axes.set_ylim(max(0, here["value"].min() - _ROOM), min(100, here["value"].max() + _ROOM))
        axes.set_xscale("log", base=2)
        levels = sorted(set(here["x"]))
        axes.set_xticks(levels, [text(level) for level in levels], fontsize=8)
        axes.minorticks_off()
        label_panel(axes, column)
        axes.set_xlabel(label)
        axes.set_ylabel(UNITS[result.measure])
        plain_axes(axes, grid="both")
    return finish(figure, result, NOTES["levels"], handles)


def _lines(axes: Axes, cells: pd.DataFrame, methods: tuple[str, ...]) -> dict[str, object]:
    handles: dict[str, object] = {}
    for method in methods:
        mine = of_setting(cells, method=method)
        if len(mine):
            look = LOOKS[method]
            handles[title(mine["setting"].iloc[0], ("method",))] = draw_banded(
                axes, mine, "x", "value",
                color=look.colour, ls=look.line, marker=look.mark, lw=1.8, ms=5,
            )  # fmt: skip
    return handles
