"""How all pictures of items look: a method's colour, line and mark everywhere, and what frames a figure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.canvas import put_title
from mi_cot_lib.report.printed.names import COLUMN
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import TEACHER, Setting, title

# Made for readers who do not tell red from green.
PALETTE = sns.color_palette("colorblind", 10)
GREY = "0.45"
BUILT_IN = "built-in data"
UNITS = {
    "accuracy": "accuracy (%)",
    "error": "ECE (%)",
    "quality": "judged quality (1 to 5)",
    "correlation": "Pearson's r",
}
# Height in inches of the line under a figure, and of a line of its legend.
_FOOT, _LEGEND_LINE = 0.24, 0.22


class Look(NamedTuple):
    """How a method is drawn: colour, line and mark each tell it apart alone."""

    colour: Any
    line: str
    mark: str


LOOKS: dict[str, Look] = {
    "finetune": Look(PALETTE[0], "-.", "o"),
    "single_task": Look(PALETTE[1], ":", "s"),
    "dss": Look(PALETTE[2], "--", "^"),
    "mi": Look(PALETTE[3], "-", "D"),
    TEACHER: Look(GREY, ":", "P"),
}


def columns_of(settings: Iterable[Setting]) -> list[str]:
    """Return the titles of data sets, in their order: a panel each."""
    return list(dict.fromkeys(title(one, COLUMN) for one in settings))


def in_column(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of one data set."""
    return where(frame, lambda one: title(one, COLUMN) == column)


def of_setting(frame: pd.DataFrame, **values: Any) -> pd.DataFrame:
    """Return the rows whose settings have these values."""
    return where(frame, lambda one: one.matches(values))


def where(frame: pd.DataFrame, holds: Callable[[Setting], bool]) -> pd.DataFrame:
    """Return the rows of whose setting something holds; of no rows none, with their columns."""
    # An empty list would choose no columns.
    return frame[np.array([holds(one) for one in frame["setting"]], dtype=bool)]


def label_panel(axes: Axes, text: str, narrow: bool = False) -> None:
    """Set a panel's title, small and on the left; in a narrow one brackets stand in a line of their own."""
    axes.set_title(text.replace(" (", "\n(") if narrow else text, fontsize=10, loc="left")


def finish(
    figure: Figure, result: Result, note: str, handles: Mapping[str, Any] | None = None
) -> Figure:
    """Put a figure's title over it; its legend, what its marks mean and whose data they are under it.

    Args:
        figure: With its panels.
        result: What was drawn.
        note: What lines, bands or bars mean, in a few words.
        handles: Of the legend, by what they are called.
    """
    numbered = result.kind != result.title
    put_title(figure, f"{result.kind}: {result.title}" if numbered else result.title)
    foot = _FOOT / figure.get_figheight()
    below = foot
    if handles:
        columns = _beside(handles, figure)
        below += _LEGEND_LINE * -(-len(handles) // columns) / figure.get_figheight()
        figure.legend(
            list(handles.values()), list(handles), loc="upper center", ncols=columns,
            bbox_to_anchor=(0.5, below), borderaxespad=0, frameon=False, fontsize=9, handlelength=3,
        )  # fmt: skip
    # The layout leaves room for legends at a figure's edge only, and the edge is the foot's.
    figure.set_layout_engine("constrained", rect=(0, below, 1, 1 - below))
    look: dict[str, Any] = {"fontsize": 8, "color": GREY}
    figure.text(0.01, 0.25 * foot, note, ha="left", **look)
    if result.built_in:
        figure.text(0.99, 0.25 * foot, BUILT_IN, ha="right", **look)
    return figure


def _beside(names: Iterable[str], figure: Figure) -> int:
    """Return how many names of a legend stand beside each other: of 9 points a letter is 0.075 inches."""
    widest = max(len(name) for name in names) * 0.075 + 0.75
    return max(1, int(figure.get_figwidth() / widest))
