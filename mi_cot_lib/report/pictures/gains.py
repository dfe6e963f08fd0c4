"""Declared comparisons as a picture: differences with their intervals, and the margin of interest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME, UNDECIDED
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes
from mi_cot_lib.report.pictures.look import GREY, PALETTE, columns_of, finish, label_panel
from mi_cot_lib.report.printed.names import COLUMN, pair_title
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import title
from mi_cot_lib.report.words import NOTES

# By verdict colour, face and mark; only what is decided to differ is filled.
_LOOKS: dict[str, tuple[Any, Any, str]] = {
    HIGHER: (PALETTE[0], PALETTE[0], "o"),
    LOWER: (PALETTE[1], PALETTE[1], "v"),
    SAME: (PALETTE[2], "white", "s"),
    UNDECIDED: (GREY, "white", "o"),
}
_UNITS = {
    "accuracy": "points of accuracy",
    "error": "points of ECE",
    "quality": "judged quality",
    "correlation": "Pearson's r",
    "information": "nats",
}


def draw_gains(result: Result) -> Figure | None:
    """Draw each declared difference; filled where it is decided to be higher or lower.

    Of several pairs of rows each has a line and each data set a panel; a single pair has one panel, and
    each data set a line.
    """
    declared = result.declared
    if not len(declared):
        return None
    columns = [title(one, COLUMN) for one in declared["setting"]]
    pairs = [
        pair_title(result, one["setting"], one["against"]) for one in declared.to_dict("records")
    ]
    single = len(set(pairs)) == 1
    panel, line = (pairs, columns) if single else (columns, pairs)
    known = declared.assign(panel=panel, line=line)
    heads = list(dict.fromkeys(pairs)) if single else columns_of(declared["setting"])
    lines = list(dict.fromkeys(line))
    figure = new_figure(max(9.4, 3.2 + 1.75 * len(heads)), 1.75 + 0.3 * len(lines))
    panels = list(np.atleast_1d(figure.subplots(1, len(heads), sharey=True)))
    for axes, head in zip(panels, heads, strict=True):
        axes.axvspan(-result.margin, result.margin, color="0.92", zorder=0)
        axes.axvline(0, color="0.6", lw=1, ls=":")
        _draw(axes, known[known["panel"] == head], lines.index)
        label_panel(axes, head, narrow=len(heads) > 2)
        axes.set_xlabel(_UNITS[result.measure], fontsize=9)
        axes.margins(x=0.1)
        plain_axes(axes, grid="x")
    panels[0].set_yticks(range(len(lines)), lines, fontsize=9)
    panels[0].set_ylim(len(lines) - 0.5, -0.5)
    return finish(figure, result, NOTES["gains"], _handles(result))


def _draw(axes: Axes, compared: pd.DataFrame, place_of: Callable[[str], int]) -> None:
    for one in compared.to_dict("records"):
        place = place_of(one["line"])
        colour, face, mark = _LOOKS[one["verdict"]]
        if pd.notna(one["low"]):
            axes.plot([one["low"], one["high"]], [place, place], color=colour, lw=2)
        axes.plot(one["difference"], place, mark, color=colour, mfc=face, ms=6.5)


def _handles(result: Result) -> dict[str, Any]:
    seen = set(result.declared["verdict"])
    handles: dict[str, Any] = {
        verdict: Line2D([], [], color=colour, mfc=face, marker=mark, lw=2)
        for verdict, (colour, face, mark) in _LOOKS.items()
        if verdict in seen
    }
    return {**handles, f"margin of ±{result.margin:g}": Patch(color="0.92")}
