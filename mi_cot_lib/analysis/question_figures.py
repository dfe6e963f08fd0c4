"""Pictures of the open questions: gains with intervals, trade-offs, and accuracy by a changed share."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from mi_cot_lib.analysis.canvas import (
    draw_banded,
    legend_below,
    new_figure,
    panel_grid,
    plain_axes,
    put_title,
)
from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.row_titles import JOINT, change_title, row_title

_PALETTE = sns.color_palette("colorblind", 10)
_METHODS = {"dss": (_PALETTE[2], "--", "^"), "mi": (_PALETTE[3], "-", "D")}
_TERMS = {"prediction": ("-", 0), "generation": ("--", 2), "mi": (":", 3)}
_TERM_TITLES = {"prediction": "label loss", "generation": "rationale loss", "mi": "MI loss"}


def draw_gains(comparisons: pd.DataFrame, columns: Mapping[str, str], title: str) -> Figure:
    """Draw differences between rows, a dot with its interval each.

    Args:
        comparisons: From `prepare_comparisons`. Of several pairs of rows each has a line, and each column
            a panel; a single pair has one panel, and each column a line.
        columns: Title of each column.
        title: Of the figure.
    """
    pairs = list(dict.fromkeys(zip(comparisons["row"], comparisons["against"], strict=True)))
    held = [column for column in columns if column in set(comparisons["column"])]
    names = [f"{row_title(row)} − {row_title(against)}" for row, against in pairs]
    panels: list[tuple[str, str, Any]]
    lines: list[tuple[str, str, Any]]
    if len(pairs) == 1:
        panels, lines = [(names[0], "row", pairs[0][0])], [(columns[c], "column", c) for c in held]
    else:
        panels = [(columns[column], "column", column) for column in held]
        lines = [(name, "pair", pair) for name, pair in zip(names, pairs, strict=True)]
    known = comparisons.assign(
        pair=list(zip(comparisons["row"], comparisons["against"], strict=True))
    )
    # A single panel still needs room for the title.
    figure = new_figure(max(9.4, 2.4 * len(panels) + 3.2), 1.7 + 0.34 * len(lines))
    drawn = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
    for axes, (head, by, value) in zip(drawn, panels, strict=True):
        here = known[known[by] == value]
        for place, (_, line_by, line) in enumerate(lines):
            for one in here[here[line_by] == line].to_dict("records"):
                sure = one["p_seeds_holm"] < LEVEL
                colour = _PALETTE[0] if sure else "0.45"
                if pd.notna(one["low"]):
                    axes.plot([one["low"], one["high"]], [place, place], color=colour, lw=2)
                face = colour if sure else "white"
                axes.plot(one["difference"], place, "o", color=colour, mfc=face, ms=6)
        axes.axvline(0, color="0.6", lw=1, ls=":")
        axes.set_title(head, fontsize=10)
        axes.set_xlabel("points of accuracy")
        axes.margins(x=0.1)
        plain_axes(axes, grid="x")
    drawn[0].set_yticks(range(len(lines)), [name for name, _, _ in lines], fontsize=8)
    drawn[0].set_ylim(len(lines) - 0.5, -0.5)
    put_title(
        figure,
        f"{title}\nmean difference and 95% t interval over shared seeds; filled: p < 0.05 after Holm",
    )
    return figure


def draw_tradeoff(found: pd.DataFrame, columns: Mapping[str, str], title: str) -> Figure:
    """Draw validation accuracy against rationale loss: a panel a data set, a mark a choice of weights.

    Args:
        found: From `prepare_tradeoff`.
        columns: Title of each column.
        title: Of the figure.
    """
    held = [column for column in columns if column in set(found["column"])]
    weights = [row.split(JOINT) for row in dict.fromkeys(found["row"])]
    mi = sorted({float(alpha3) for *_, alpha3 in weights})
    colours = dict(zip(mi, sns.color_palette("viridis_r", len(mi)), strict=True))
    tasks = sorted({float(alpha1) for alpha1, *_ in weights})
    marks = dict(zip(tasks, "v^sDoP", strict=False))
    figure, panels = panel_grid(len(held), below=1.2)
    handles: dict[str, Any] = {}
    for axes, column in zip(panels, held, strict=True):
        mine = found[found["column"] == column]
        front = mine[mine["best"]].sort_values("loss")
        axes.plot(front["loss"], front["accuracy"], color="0.5", lw=1, zorder=1)
        for one in mine.to_dict("records"):
            alpha1, _, alpha3 = (float(part) for part in one["row"].split(JOINT))
            label = f"α1 = {alpha1:g}, α3 = {alpha3:g}"
            (handles[label],) = axes.plot(
                one["loss"], one["accuracy"], marks[alpha1], color=colours[alpha3], ms=8,
                mec="black" if one["best"] else "white", ls="", label=label,
            )  # fmt: skip
        axes.set_title(columns[column], fontsize=10, loc="left")
        axes.set_xlabel("rationale loss on validation (nats a token)")
        axes.set_ylabel("validation accuracy (%)")
        plain_axes(axes, grid="both")
    put_title(figure, f"{title}\nmeans over seeds; line and black edges: not beaten in both")
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=len(tasks) + 1,
        frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def draw_shares(cells: pd.DataFrame, columns: Mapping[str, str], title: str) -> Figure:
    """Draw accuracy against the share of examples that were changed, a panel a change and data set.

    Args:
        cells: From `prepare_accuracy_cells`, of rows `method change share`; that of `none` is share 0 of
            every change, and a row that is a method by itself is drawn as a level.
        columns: Title of each column.
        title: Of the figure.
    """
    held = [column for column in columns if column in set(cells["column"])]
    parts = cells["row"].str.split(JOINT, expand=True)
    known = cells.assign(method=parts[0], change=parts[1], share=parts[2].astype(float))
    changes = [c for c in dict.fromkeys(known["change"].dropna()) if c != "none"]
    wanted = [(change, column) for change in changes for column in held]
    # A data set has one scale, so that its panels can be compared; a single one fills lines of two.
    across = len(held) if len(held) > 1 else min(2, len(changes))
    lines = -(-len(wanted) // across)
    figure = new_figure(max(7.6, 2.6 * across), 2.3 * lines + 1.1)
    sharing: Literal["col", "all"] = "col" if len(held) > 1 else "all"
    grid = figure.subplots(lines, across, squeeze=False, sharex=True, sharey=sharing)
    handles: dict[str, Any] = {}
    for axes, (change, column) in zip(grid.flat, wanted, strict=False):
        here = known[known["column"] == column]
        for method, (colour, style, mark) in _METHODS.items():
            mine = here[(here["method"] == method) & here["change"].isin(["none", change])]
            handles[row_title(method)] = draw_banded(
                axes, mine, "share", "accuracy", color=colour, ls=style, marker=mark, ms=4
            )
        for level in here[here["row"] == "finetune"].to_dict("records"):
            axes.axhspan(level["low"], level["high"], color="0.4", alpha=0.1, lw=0)
            handles[f"{row_title('finetune')}, right labels"] = axes.axhline(
                level["accuracy"], color="0.4", lw=1, ls=":"
            )
        axes.set_title(f"{columns[column]}: {change_title(change)}", fontsize=9, loc="left")
        plain_axes(axes, grid="both")
    for axes in grid.flat[len(wanted) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("test accuracy (%)")
    for axes in grid[-1]:
        axes.set_xlabel("share of examples")
    put_title(figure, f"{title}\nmean over seeds and 95% t interval")
    legend_below(figure, handles)
    return figure


def draw_students(
    cells: pd.DataFrame, parameters: Mapping[str, int], columns: Mapping[str, str], title: str
) -> Figure:
    """Draw accuracy against the student's size, a panel a data set.

    Args:
        cells: From `prepare_accuracy_cells`, of rows `method student`.
        parameters: Of each student.
        columns: Title of each column.
        title: Of the figure.
    """
    held = [column for column in columns if column in set(cells["column"])]
    parts = cells["row"].str.split(JOINT, expand=True)
    known = cells.assign(method=parts[0], parameters=[parameters[name] for name in parts[1]])
    figure, panels = panel_grid(len(held))
    handles: dict[str, Any] = {}
    for axes, column in zip(panels, held, strict=True):
        for method, (colour, style, mark) in _METHODS.items():
            mine = known[(known["column"] == column) & (known["method"] == method)]
            handles[row_title(method)] = draw_banded(
                axes, mine, "parameters", "accuracy", color=colour, ls=style, marker=mark, ms=5
            )
        axes.set_xscale("log")
        sizes = sorted(set(known["parameters"]))
        axes.set_xticks(sizes, [f"{size / 1e6:.2f}" for size in sizes])
        axes.minorticks_off()
        axes.set_title(columns[column], fontsize=10, loc="left")
        axes.set_xlabel("parameters of the student (millions)")
        axes.set_ylabel("test accuracy (%)")
        plain_axes(axes, grid="both")
    put_title(figure, f"{title}\nmean over seeds and 95% t interval")
    legend_below(figure, handles)
    return figure


def draw_gradients(found: pd.DataFrame, row: str, columns: Mapping[str, str], title: str) -> Figure:
    """Draw the gradient norm of each term while a row's students train, a panel a data set.

    Args:
        found: From `prepare_gradients`.
        row: Which row.
        columns: Title of each column.
        title: Of the figure.
    """
    found = found[found["row"] == row]
    held = [column for column in columns if column in set(found["column"])]
    figure, panels = panel_grid(len(held))
    handles: dict[str, Any] = {}
    for axes, column in zip(panels, held, strict=True):
        for term, (style, colour) in _TERMS.items():
            mine = found[(found["column"] == column) & (found["term"] == term)]
            handles[_TERM_TITLES[term]] = draw_banded(
                axes, mine, "step", "norm", color=_PALETTE[colour], ls=style, lw=1.8
            )
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(columns[column], fontsize=10, loc="left")
        axes.set_xlabel("training step")
        axes.set_ylabel("gradient norm, weighted")
        plain_axes(axes, grid="both")
    # One scale, since the text compares data sets.
    ends = [end for axes in panels for end in axes.get_ylim()]
    for axes in panels:
        axes.set_ylim(min(ends), max(ends))
    put_title(figure, f"{title}\nline: mean over seeds; band: least and greatest")
    legend_below(figure, handles)
    return figure
