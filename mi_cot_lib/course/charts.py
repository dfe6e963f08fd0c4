"""Two plain charts that chapters make of a table: lines along its index, and bars a row."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.canvas import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    legend_below,
    new_figure,
    plain_axes,
)

# By place of a column: colour, line, mark and hatch each tell it apart alone.
_LOOKS = (
    (BLUE, "-", "o", ""),
    (ORANGE, "--", "s", "///"),
    (GREEN, "-.", "^", "..."),
    (PINK, ":", "D", "xx"),
)

# So few places along an axis are all named.
_NAMED = 8


def draw_lines(table: pd.DataFrame, x: str, y: str, *, log: Literal["", "x", "y"] = "") -> Figure:
    """Draw each column of a table against its index of numbers; `x` and `y` say what, with units.

    `log` names the axis that is logarithmic. A ValueError: more than four columns.
    """
    figure = new_figure(7.5, 3.6)
    axes = figure.subplots()
    handles = {}
    for (name, values), (colour, line, mark, _) in zip(
        table.items(), _LOOKS[: table.shape[1]], strict=True
    ):
        # Marks on many points would hide the line.
        every = max(1, len(values) // 20)
        (handles[str(name)],) = axes.plot(
            table.index, values, line, marker=mark, markevery=every, color=colour, lw=2, ms=5
        )
    axes.set(xlabel=x, ylabel=y)
    if log == "x":
        axes.set_xscale("log")
    if log == "y":
        axes.set_yscale("log")
    if len(table) <= _NAMED:
        axes.set_xticks(table.index, [str(place) for place in table.index], minor=False)
        axes.set_xticks([], minor=True)
    plain_axes(axes, "both")
    legend_below(figure, handles)
    return figure


def draw_bars(table: pd.DataFrame, x: str, *, stacked: bool = False) -> Figure:
    """Draw each row of a table as a group of bars with their numbers, a bar a column; `x` has the unit.

    Stacked bars start where the column before ends. A ValueError: more than four columns.
    """
    rows, columns = table.shape
    figure = new_figure(7.5, 1.2 + (0.5 if stacked else 0.28 * columns + 0.15) * rows)
    axes = figure.subplots()
    places, high = np.arange(rows), 0.6 if stacked else 0.8 / columns
    handles, left = {}, np.zeros(rows)
    for place, ((name, values), look) in enumerate(
        zip(table.items(), _LOOKS[: table.shape[1]], strict=True)
    ):
        middle = places if stacked else places + (place - (columns - 1) / 2) * high
        bars = axes.barh(
            middle, values, high, left, color=look[0], hatch=look[3], ec="white", lw=0.6
        )
        handles[str(name)] = bars
        if stacked:
            left = left + values.to_numpy()
        axes.bar_label(
            bars, [f"{value:.2f}".replace("-", "−") for value in values], padding=3, fontsize=8,
            label_type="center" if stacked else "edge",
            bbox={"fc": "white", "ec": "none", "pad": 0.6},
        )  # fmt: skip
    axes.set_yticks(places, [str(name) for name in table.index])
    axes.invert_yaxis()
    axes.set_xlabel(x)
    axes.axvline(0, color="0.4", lw=0.8)
    axes.margins(x=0.1)
    plain_axes(axes, "x")
    legend_below(figure, handles)
    return figure
