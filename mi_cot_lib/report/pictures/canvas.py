"""What every picture of the kit starts from and ends with."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mi_cot_lib.errors import written_to


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches, that no notebook draws by itself."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def panel_grid(count: int, below: float = 0.0) -> tuple[Figure, list[Axes]]:
    """Return a figure with that many panels, two beside each other.

    Args:
        count: How many.
        below: Inches under them for more than a line of legend.
    """
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


def put_title(figure: Figure, text: str) -> None:
    """Set a figure's title, on the left, in more lines where it is longer than the figure is wide."""
    figure.suptitle(text, fontsize=11, x=0.01, ha="left", wrap=True)


def legend_below(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Put one legend for all panels below them; handles by what they are called."""
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False
    )


def draw_banded(axes: Axes, cells: pd.DataFrame, x: str, y: str, **look: Any) -> Any:
    """Draw a line with a band from `low` to `high`, from left to right.

    Args:
        axes: Where.
        cells: Columns `x`, `y`, `low`, `high` by name.
        x: Name of the horizontal column.
        y: Name of the line's column.
        look: matplotlib's, such as `color`, which the band shares.

    Returns:
        The line, for a legend.
    """
    cells = cells.sort_values(x)
    (line,) = axes.plot(cells[x], cells[y], **look)
    axes.fill_between(cells[x], cells["low"], cells["high"], color=look["color"], alpha=0.15, lw=0)
    return line


def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG at 160 dots an inch; equal figures give equal bytes on one machine."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=160, metadata={"Software": None})
    return file.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_to(path):
        path.write_bytes(to_png(figure))
