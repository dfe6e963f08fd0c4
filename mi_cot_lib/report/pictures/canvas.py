"""How pictures look: what figures and panels start from, each method's look, and what frames a figure."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mi_cot_lib.errors import written_to
from mi_cot_lib.report.runs import Result
from mi_cot_lib.report.setting import TEACHER, WORDING

# Made for readers who do not tell red from green.
PALETTE = sns.color_palette("colorblind", 10)
GREY = "0.45"
# Of what is no method: told apart by everybody (Okabe and Ito 2008).
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
UNITS: Mapping[str, str] = WORDING["units"]
# Height in inches of the line under a figure, and of a line of its legend.
_FOOT, _LEGEND_LINE = 0.24, 0.22
# By method: colour, line and mark each tell it apart alone.
LOOKS: dict[str, dict[str, Any]] = {
    "finetune": {"color": PALETTE[0], "ls": "-.", "marker": "o"},
    "single_task": {"color": PALETTE[1], "ls": ":", "marker": "s"},
    "dss": {"color": PALETTE[2], "ls": "--", "marker": "^"},
    "mi": {"color": PALETTE[3], "ls": "-", "marker": "D"},
    "label_first": {"color": PALETTE[5], "ls": (0, (3, 1, 1, 1)), "marker": "v"},
    TEACHER: {"color": GREY, "ls": ":", "marker": "P"},
}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches, that no notebook draws by itself."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def panel_grid(count: int, below: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels, two beside each other, and inches under them for more of a legend."""
    rows = (count + 1) // 2
    figure = new_figure(9.4, 0.4 + 3.0 * rows + below)
    drawn = list(figure.subplots(rows, min(count, 2), squeeze=False).flat)
    for axes in drawn[count:]:
        axes.set_visible(False)
    return figure, drawn[:count]


def plain_axes(axes: Axes, grid: Literal["both", "x", "y"]) -> None:
    """Give axes a light grid, and take away what only frames."""
    axes.grid(axis=grid, color="0.9", lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def label_panel(
    axes: Axes,
    text: str,
    x: str = "",
    y: str = "",
    *,
    grid: Literal["both", "x", "y"] = "both",
    narrow: bool = False,
) -> None:
    """Set a panel's title, small and on the left, its labels and its grid.

    In a narrow one, what stands in brackets and behind a comma have lines of their own.
    """
    if narrow:
        text = text.replace(" (", "\n(").replace(", ", "\n")
    axes.set_title(text, fontsize=10, loc="left")
    axes.set(xlabel=x, ylabel=y)
    plain_axes(axes, grid)


def put_title(figure: Figure, text: str) -> None:
    """Set a figure's title, on the left, in more lines where it is longer than the figure is wide."""
    figure.suptitle(text, fontsize=11, x=0.01, ha="left", wrap=True)


def legend_below(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Put one legend for all panels below them; handles by what they are called."""
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False
    )


def draw_banded(axes: Axes, cells: pd.DataFrame, x: str, y: str, **look: Any) -> Any:
    """Draw a line through columns `x` and `y` with a band from `low` to `high`, and return it for a legend.

    What it looks like is matplotlib's; the band shares its `color`.
    """
    cells = cells.sort_values(x)
    (line,) = axes.plot(cells[x], cells[y], **look)
    axes.fill_between(cells[x], cells["low"], cells["high"], color=look["color"], alpha=0.15, lw=0)
    return line


def finish(
    figure: Figure, result: Result, note: str, handles: Mapping[str, Any] | None = None
) -> Figure:
    """Put a figure's title over it; its legend, what its marks mean and whose data they are under it.

    What marks mean is a note of `words.toml`, or `note` itself; handles are by what they are called.
    """
    numbered = result.kind != result.title
    put_title(figure, f"{result.kind}: {result.title}" if numbered else result.title)
    height = figure.get_figheight()
    foot = below = _FOOT / height
    if handles:
        # A letter of 9 points is 0.075 inches wide.
        widest = max(len(name) for name in handles) * 0.075 + 0.75
        columns = max(1, int(figure.get_figwidth() / widest))
        below += _LEGEND_LINE * -(-len(handles) // columns) / height
        figure.legend(
            list(handles.values()), list(handles), loc="upper center", ncols=columns,
            bbox_to_anchor=(0.5, below), borderaxespad=0, frameon=False, fontsize=9, handlelength=3,
        )  # fmt: skip
    # The layout leaves room for legends at a figure's edge only, and the edge is the foot's.
    figure.set_layout_engine("constrained", rect=(0, below, 1, 1 - below))
    look: dict[str, Any] = {"fontsize": 8, "color": GREY}
    figure.text(0.01, 0.25 * foot, WORDING["notes"].get(note, note), ha="left", **look)
    figure.text(0.99, 0.25 * foot, result.mark["badge"], ha="right", **look)
    return figure


def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG at 160 dots an inch; equal figures give equal bytes on one machine."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=160, metadata={"Software": None})
    return file.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with written_to(path):
        part.write_bytes(to_png(figure))
        part.replace(path)
