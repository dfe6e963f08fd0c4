"""The paper's tables and figures as pictures: dots with intervals, sizes, reliability, cases."""

import textwrap
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from mi_cot_lib.analysis.canvas import new_figure, panel_grid, plain_axes, put_title
from mi_cot_lib.analysis.paper_rationales import Case
from mi_cot_lib.analysis.row_titles import ROW_TITLES, row_title
from mi_cot_lib.evaluation.calibration import reliability_bins

# Figures by the names of their files.
Pictures = dict[str, Figure]

_PALETTE = sns.color_palette("colorblind", 10)
# The four methods keep their colours everywhere; variants of the MI term take others.
_COLOURS = dict(zip(ROW_TITLES, cycle(_PALETTE), strict=False))
_MARKERS = dict(zip(ROW_TITLES, cycle(["o", "s", "^", "D", "v", "P", "X", "<", "*"]), strict=False))
_LINES = {"dss": "--", "mi": "-"}
# Points of accuracy above and below the curves of sizes.
_ROOM = 8
# Height of a line of text at 8.5 points.
_LINE_INCHES = 0.165


def draw_cells(
    cells: pd.DataFrame,
    columns: Mapping[str, str],
    title: str,
    *,
    value: str = "accuracy",
    unit: str = "test accuracy (%)",
) -> Figure:
    """Draw a table: a panel a data set, and a dot with its interval a row.

    Args:
        cells: Columns `row`, `column`, `low`, `high` and the one named by `value`.
        columns: Title of each column's data set.
        title: Of the figure; its second line says what the interval is.
        value: Which column is drawn.
        unit: Label of the axis.
    """
    rows = list(dict.fromkeys(cells["row"]))
    held = [column for column in columns if column in set(cells["column"])]
    figure = new_figure(2.6 * len(held) + 1.8, 1.6 + 0.42 * len(rows))
    panels = np.atleast_1d(figure.subplots(1, len(held), sharey=True))
    for axes, column in zip(panels, held, strict=True):
        for place, row in enumerate(rows):
            mine = cells[(cells["row"] == row) & (cells["column"] == column)]
            for _, cell in mine.iterrows():
                colour = _COLOURS[row]
                if pd.notna(cell["low"]):
                    axes.plot([cell["low"], cell["high"]], [place, place], color=colour, lw=2.2)
                axes.plot(cell[value], place, _MARKERS[row], color=colour, ms=8, mec="white")
        if (cells["low"] < 0).any():
            axes.axvline(0, color="0.6", lw=1, ls=":")
        axes.set_title(columns[column], fontsize=10)
        axes.set_xlabel(unit)
        axes.margins(x=0.15)
        plain_axes(axes, grid="x")
    panels[0].set_yticks(range(len(rows)), [row_title(row) for row in rows])
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    put_title(figure, title)
    return figure


def draw_sizes(cells: pd.DataFrame, columns: Mapping[str, str], title: str) -> Figure:
    """Draw accuracy against the number of training examples, a panel a data set, with 95% bands."""
    held = [column for column in columns if column in set(cells["column"])]
    figure, panels = panel_grid(len(held))
    handles = {}
    for axes, column in zip(panels, held, strict=True):
        for row in dict.fromkeys(cells["row"]):
            mine = cells[(cells["row"] == row) & (cells["column"] == column)].sort_values("size")
            (handles[row],) = axes.plot(
                mine["size"], mine["accuracy"], color=_COLOURS[row], ls=_LINES[row],
                marker=_MARKERS[row], lw=1.8, ms=5,
            )  # fmt: skip
            axes.fill_between(
                mine["size"], mine["low"], mine["high"], color=_COLOURS[row], alpha=0.15, lw=0
            )
        # An interval of two seeds can be wider than all accuracies there are.
        means = cells[cells["column"] == column]["accuracy"]
        axes.set_ylim(max(0, means.min() - _ROOM), min(100, means.max() + _ROOM))
        axes.set_xscale("log", base=2)
        sizes = sorted(set(cells[cells["column"] == column]["size"]))
        axes.set_xticks(sizes, [f"{int(size):,}" for size in sizes], fontsize=8)
        axes.minorticks_off()
        axes.set_title(columns[column], fontsize=10, loc="left")
        axes.set_xlabel("training examples")
        axes.set_ylabel("test accuracy (%)")
        plain_axes(axes, grid="both")
    put_title(figure, f"{title}\nline: mean over seeds; band: 95% t interval")
    figure.legend(
        list(handles.values()), [row_title(row) for row in handles],
        loc="outside lower center", ncols=4, frameon=False, handlelength=3,
    )  # fmt: skip
    return figure


def draw_reliability(
    cells: Mapping[tuple[str, str], Sequence[tuple[np.ndarray, np.ndarray]]],
    columns: Mapping[str, str],
    title: str,
) -> Figure:
    """Draw reliability diagrams: a row a method, a column a test set, all seeds' answers together.

    Args:
        cells: By (row, column) the confidences and outcomes of each seed.
        columns: Title of each column.
        title: Of the figure.
    """
    rows = list(dict.fromkeys(row for row, _ in cells))
    held = [c for c in columns if any(column == c for _, column in cells)]
    figure = new_figure(1.9 * len(held) + 0.8, 2.1 * len(rows) + 1.2)
    grid = figure.subplots(len(rows), len(held), sharex=True, sharey=True, squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        for axes, column in zip(line, held, strict=True):
            axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":")
            seeds = cells.get((row, column), ())
            if seeds:
                confidence, correct = (np.concatenate(side) for side in zip(*seeds, strict=True))
                bins = reliability_bins(confidence, correct)
                share = bins["count"] / bins["count"].sum()
                width = bins["high"] - bins["low"]
                axes.bar(
                    bins["low"], bins["accuracy"], width, align="edge", color=_COLOURS[row],
                    alpha=0.35, edgecolor=_COLOURS[row], lw=0.8,
                )  # fmt: skip
                axes.scatter(
                    bins["confidence"], bins["accuracy"], s=8 + 90 * share, color=_COLOURS[row],
                    zorder=3, edgecolor="white", lw=0.6, clip_on=False,
                )  # fmt: skip
            axes.set(xlim=(0, 1), ylim=(0, 1))
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            plain_axes(axes, grid="both")
        line[0].set_ylabel(f"{row_title(row)}\naccuracy")
    for axes, column in zip(grid[0], held, strict=True):
        axes.set_title(columns[column], fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("confidence")
    put_title(
        figure, f"{title}\nbar: a bin's accuracy; dot: at its mean confidence, area by answers"
    )
    return figure


def draw_judged(found: pd.DataFrame, columns: Mapping[str, str], title: str) -> Figure:
    """Draw judged quality: a group a data set, a bar a row, a line for the standard deviation."""
    rows = list(dict.fromkeys(found["row"]))
    held = [column for column in columns if column in set(found["column"])]
    figure = new_figure(8.0, 3.6)
    axes = figure.subplots()
    width = 0.8 / len(rows)
    for place, row in enumerate(rows):
        mine = found[found["row"] == row].set_index("column").reindex(held)
        at = np.arange(len(held)) + (place - (len(rows) - 1) / 2) * width
        axes.bar(
            at, mine["mean"], width * 0.9, color=_COLOURS[row], label=row_title(row),
            hatch=["", "//", ".."][place % 3], edgecolor="white",
        )  # fmt: skip
        axes.errorbar(at, mine["mean"], mine["sd"], fmt="none", ecolor="0.3", lw=1, capsize=2)
    axes.set_xticks(range(len(held)), [columns[column] for column in held])
    axes.set_ylim(1, 5.6)
    axes.set_yticks(range(1, 6))
    axes.set_ylabel("judged quality (1 to 5)")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    plain_axes(axes, grid="y")
    put_title(figure, f"{title}\nline: standard deviation between sampled items")
    return figure


def draw_cases(
    cases: Sequence[Case],
    inputs: Mapping[str, str],
    golds: Mapping[str, Mapping[str, str]],
    title: str,
) -> Figure:
    """Set two students' answers to the same items side by side.

    Args:
        cases: From `choose_cases`.
        inputs: Text of each example by id.
        golds: By id the gold `label` and the teacher's `rationale`.
        title: Of the figure.
    """
    blocks = [_case_text(case, inputs, golds) for case in cases]
    heights = [head.count("\n") + max(text.count("\n") for _, text in answers) + 5.5
               for head, answers in blocks] or [3.0]  # fmt: skip
    figure = new_figure(9.5, 0.6 + _LINE_INCHES * sum(heights))
    panels = np.atleast_1d(figure.subplots(len(heights), 1, height_ratios=heights))
    for axes, lines in zip(panels, heights, strict=True):
        axes.axis("off")
        # One unit of the axis is a line of text.
        axes.set(xlim=(0, 1), ylim=(lines, 0))
    if not cases:
        panels[0].text(0, 1, "No sampled item fits the rules.", fontsize=10)
    for axes, case, (head, answers) in zip(panels, cases, blocks, strict=False):
        axes.text(0, 1, f"{case.title}: {case.id}", fontsize=9.5, weight="bold")
        axes.text(0, 1.6, head, fontsize=8.5, va="top", parse_math=False)
        for place, (row, text) in enumerate(answers):
            axes.text(
                0.01 + 0.51 * place, head.count("\n") + 3.6, text, fontsize=8.5, va="top",
                parse_math=False,
                bbox={"boxstyle": "round", "fc": (*_COLOURS[row], 0.12), "ec": _COLOURS[row]},
            )  # fmt: skip
    put_title(figure, title)
    return figure


def _case_text(
    case: Case, inputs: Mapping[str, str], golds: Mapping[str, Mapping[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """Return the question with its gold answer, and each student's answer, wrapped."""
    gold = golds[case.id]
    head = f"{inputs[case.id]}\nGold: {gold['label']}. Teacher: {gold['rationale']}"
    answers = [
        (
            row,
            _wrapped(
                f"{row_title(row)}: {answer['predicted']} "
                f"({'right' if answer['correct'] else 'wrong'}), rationale judged "
                f"{answer['score']:g} of 5\n{answer['rationale']}",
                62,
            ),
        )
        for row, answer in case.answers.items()
    ]
    return _wrapped(head, 130), answers


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())
