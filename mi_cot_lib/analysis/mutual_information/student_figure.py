"""The figures of measured students: levels beside null and cap, and what the MI term changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.analysis.canvas import legend_below, new_figure, plain_axes, put_title
from mi_cot_lib.analysis.mutual_information.quantities import QUANTITIES
from mi_cot_lib.analysis.mutual_information.student_table import Record
from mi_cot_lib.analysis.mutual_information.student_words import group_title
from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.row_titles import row_title

_PALETTE = sns.color_palette("colorblind", 10)
# Colour, marker and place beside the middle, so that each alone tells the methods apart.
_METHODS = {"dss": (_PALETTE[2], "^", -0.17), "mi": (_PALETTE[3], "D", 0.17)}
_COLUMNS = 3


def prepare_levels(records: Sequence[Record]) -> pd.DataFrame:
    """Return a row a student and quantity: `group`, `method`, `seed`, `quantity`, `nats`."""
    rows = []
    for one in records:
        config = one["config"]
        group = group_title(config["dataset"], config["student"])
        for quantity in QUANTITIES.values():
            found = quantity.of(one["measured"])
            if "nats" in found:
                rows.append((group, config["method"], config["seed"], quantity.name, found["nats"]))
    return pd.DataFrame(rows, columns=["group", "method", "seed", "quantity", "nats"])


def draw_levels(levels: pd.DataFrame, table: pd.DataFrame, title: str) -> Figure:
    """Draw a panel a quantity: both methods' means with intervals, their seeds, null and cap.

    Args:
        levels: From `prepare_levels`.
        table: From `prepare_students`.
        title: Of the figure.
    """
    groups = list(dict.fromkeys(levels["group"]))
    figure, panels = _panels(table, len(groups), 0.62)
    handles: dict[str, Any] = {}
    for axes, name in panels:
        cells = _cells(table, name)
        for place, group in enumerate(groups):
            if group not in cells:
                continue
            cell = cells[group]
            for method, (colour, marker, beside) in _METHODS.items():
                own = levels[
                    (levels["group"] == group)
                    & (levels["method"] == method)
                    & (levels["quantity"] == name)
                ]
                at = place + beside
                axes.plot(
                    own["nats"],
                    [at + 0.1] * len(own),
                    marker,
                    mfc="none",
                    mec=colour,
                    ms=4,
                    ls="none",
                )
                if pd.notna(cell[f"{method}_low"]):
                    ends = [cell[f"{method}_low"], cell[f"{method}_high"]]
                    axes.plot(ends, [at, at], color=colour, lw=2.2)
                label = f"{row_title(method)}: mean, 95% t interval of the estimate; open: seeds"
                (handles[label],) = axes.plot(
                    cell[method], at, marker, color=colour, ms=7, mec="white"
                )
            _tick(axes, cell["null"], place, "0.35", ":", handles, "null: shuffled pairs")
            _tick(axes, cell["cap"], place, "black", "--", handles, "cap")
        _finish(axes, name, groups)
        axes.set_xlabel("nats")
    put_title(figure, title)
    legend_below(figure, handles)
    return figure


def draw_differences(table: pd.DataFrame, title: str) -> Figure:
    """Draw a panel a quantity: MI − DSS with its interval, filled where decided.

    Args:
        table: From `prepare_students`.
        title: Of the figure.
    """
    groups = list(dict.fromkeys(_group_names(table)))
    figure, panels = _panels(table, len(groups), 0.42)
    for axes, name in panels:
        cells = _cells(table, name)
        for place, group in enumerate(groups):
            if group not in cells or pd.isna(cells[group]["difference"]):
                continue
            cell = cells[group]
            sure = cell["p_holm"] < LEVEL
            colour = _PALETTE[0] if sure else "0.45"
            if pd.notna(cell["low"]):
                axes.plot([cell["low"], cell["high"]], [place, place], color=colour, lw=2)
            axes.plot(
                cell["difference"], place, "o", color=colour, mfc=colour if sure else "white", ms=7
            )
        axes.axvline(0, color="0.6", lw=1, ls=":")
        _finish(axes, name, groups)
        axes.set_xlabel("MI − DSS (nats)")
    put_title(
        figure,
        f"{title}: what the MI term changed\n"
        "mean difference, 95% of the estimates over shared seeds (Student's t); filled: p < 0.05 after Holm",
    )
    return figure


def _panels(
    table: pd.DataFrame, lines: int, height: float
) -> tuple[Figure, list[tuple[Axes, str]]]:
    names = [name for name in QUANTITIES if name in set(table["quantity"])]
    rows = -(-len(names) // _COLUMNS)
    figure = new_figure(10.0, 1.1 + rows * (0.95 + height * lines))
    grid = np.atleast_1d(figure.subplots(rows, _COLUMNS, sharey=True)).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    return figure, list(zip(grid, names, strict=False))


def _group_names(table: pd.DataFrame) -> list[str]:
    return [group_title(*pair) for pair in zip(table["dataset"], table["student"], strict=True)]


def _cells(table: pd.DataFrame, name: str) -> dict[str, dict[str, Any]]:
    mine = table[table["quantity"] == name]
    return dict(zip(_group_names(mine), mine.to_dict("records"), strict=True))


def _tick(
    axes: Axes,
    nats: float,
    place: int,
    colour: str,
    style: str,
    handles: dict[str, Any],
    label: str,
) -> None:
    if pd.notna(nats):
        (handles[label],) = axes.plot(
            [nats, nats], [place - 0.42, place + 0.42], color=colour, ls=style, lw=1.4
        )


def _finish(axes: Axes, name: str, groups: Sequence[str]) -> None:
    axes.set_title(QUANTITIES[name].title, fontsize=10, loc="left")
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.margins(x=0.08)
    plain_axes(axes, "x")
