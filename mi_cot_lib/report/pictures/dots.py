"""A table as a picture: a panel a data set, and a dot with its interval a row."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes
from mi_cot_lib.report.pictures.look import (
    GREY,
    LOOKS,
    UNITS,
    columns_of,
    finish,
    in_column,
    label_panel,
)
from mi_cot_lib.report.printed.names import row_title
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.words import NOTES

_SCALE = (1, 5)


def draw_cells(result: Result) -> Figure | None:
    """Draw each cell's mean with its 95% interval."""
    cells = result.cells[result.cells["value"].notna()]
    if cells.empty:
        return None
    figure, _ = _dots(result, cells)
    over = "over_items" if result.measure == "correlation" else "over_seeds"
    return finish(figure, result, NOTES[over])


def draw_judged(result: Result) -> Figure | None:
    """Draw each cell's judged quality with its 95% interval, and how much items differ."""
    cells = result.cells[result.cells["value"].notna()]
    if cells.empty:
        return None
    figure, panels = _dots(result, cells)
    for axes in panels:
        axes.set(xlim=_SCALE, xticks=range(_SCALE[0], _SCALE[1] + 1))
    return finish(figure, result, NOTES["judged"])


def _dots(result: Result, cells: pd.DataFrame) -> tuple[Figure, list[Axes]]:
    rows = list(dict.fromkeys(row_title(result, one) for one in cells["setting"]))
    columns = columns_of(cells["setting"])
    # As wide for two data sets as for four, so that equal widths on a page mean equal letters.
    figure = new_figure(max(9.4, 1.6 + 1.75 * len(columns)), 1.5 + 0.34 * len(rows))
    panels = list(np.atleast_1d(figure.subplots(1, len(columns), sharey=True)))
    for axes, column in zip(panels, columns, strict=True):
        for cell in in_column(cells, column).to_dict("records"):
            place = rows.index(row_title(result, cell["setting"]))
            look = LOOKS[cell["setting"].method]
            if "sd" in cell:
                ends = np.clip([cell["value"] - cell["sd"], cell["value"] + cell["sd"]], *_SCALE)
                axes.plot(ends, [place, place], color=GREY, lw=0.9, zorder=1)
            if pd.notna(cell["low"]):
                axes.plot([cell["low"], cell["high"]], [place, place], color=look.colour, lw=2.4)
            axes.plot(cell["value"], place, look.mark, color=look.colour, ms=7.5, mec="white")
        if (cells["low"] < 0).any():
            axes.axvline(0, color="0.6", lw=1, ls=":")
        label_panel(axes, column, narrow=len(columns) > 2)
        axes.set_xlabel(UNITS[result.measure], fontsize=9)
        axes.margins(x=0.15)
        plain_axes(axes, grid="x")
    panels[0].set_yticks(range(len(rows)), rows)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    return figure, panels
