"""An item's cells, comparisons and cases as pictures: a panel a data set, a mark with its interval a row."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.measure.calibration import reliability_bins
from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME, UNDECIDED
from mi_cot_lib.report.cells.calibration import outcomes_of
from mi_cot_lib.report.cells.quality import Case, choose_cases
from mi_cot_lib.report.pictures import canvas
from mi_cot_lib.report.runs import Result, by_setting, column_title, named, pair_title
from mi_cot_lib.report.setting import TEACHER, WORDING, Setting, title

_SCALE = (1, 5)
# By verdict colour, face and mark; only what is decided to differ is filled.
_VERDICTS: dict[str | None, tuple[Any, Any, str]] = {
    HIGHER: (canvas.PALETTE[0], canvas.PALETTE[0], "o"),
    LOWER: (canvas.PALETTE[1], canvas.PALETTE[1], "v"),
    SAME: (canvas.PALETTE[2], "white", "s"),
    UNDECIDED: (canvas.GREY, "white", "o"),
    None: (canvas.GREY, "white", "D"),
}
# Height in inches of a line of text at 8.5 points.
_LINE = 0.165
# Beside each other; more panels stand in further rows.
_ABREAST = 4


def draw_cells(result: Result) -> Figure | None:
    """Draw each cell's mean with its 95% interval, and of judged quality how much items differ."""
    every = named(result, result.cells)
    every = every.iloc[_split_by_split(every["setting"])]
    cells = every[every["value"].notna()]
    if cells.empty:
        return None
    # In the table's order, also where a first cell has no value.
    rows, columns = (
        [one for one in every[name].unique() if one in set(cells[name])]
        for name in ("row", "column")
    )
    figure, panels = _panels(columns, rows, canvas.UNITS[result.measure])
    for axes, column in panels:
        for cell in cells[cells["column"] == column].to_dict("records"):
            place, look = rows.index(cell["row"]), canvas.LOOKS[cell["method"]]
            if "sd" in cell:
                ends = np.clip([cell["value"] - cell["sd"], cell["value"] + cell["sd"]], *_SCALE)
                axes.plot(ends, [place, place], color=canvas.GREY, lw=0.9, zorder=1)
            if pd.notna(cell["low"]):
                axes.plot([cell["low"], cell["high"]], [place, place], color=look["color"], lw=2.4)
            axes.plot(cell["value"], place, **look, ms=7.5, mec="white")
        if (cells["low"] < 0).any():
            axes.axvline(0, color="0.6", lw=1, ls=":")
        axes.margins(x=0.15)
        if result.measure == "quality":
            axes.set(xlim=_SCALE, xticks=range(_SCALE[0], _SCALE[1] + 1))
    notes = {"quality": "judged", "correlation": "over_items"}
    return canvas.finish(figure, result, notes.get(result.measure, "over_seeds"))


def draw_gains(result: Result) -> Figure | None:
    """Draw each difference that an item is about; filled where it is decided to be higher or lower.

    Of several pairs of rows each has a line and each data set a panel; a single pair has one panel, and
    each data set a line.
    """
    if result.asked.empty:
        return None
    asked = result.asked.iloc[_split_by_split(result.asked["setting"])].to_dict("records")
    columns = [column_title(result, one["setting"]) for one in asked]
    pairs = [pair_title(result, one["setting"], one["against"]) for one in asked]
    panel_of, line_of = (pairs, columns) if len(set(pairs)) == 1 else (columns, pairs)
    heads, lines = list(dict.fromkeys(panel_of)), list(dict.fromkeys(line_of))
    figure, panels = _panels(heads, lines, WORDING["differences"][result.measure], fontsize=9)
    for axes, head in panels:
        axes.axvspan(-result.margin, result.margin, color="0.92", zorder=0)
        axes.axvline(0, color="0.6", lw=1, ls=":")
        for panel, line, one in zip(panel_of, line_of, asked, strict=True):
            if panel == head:
                place = lines.index(line)
                colour, face, mark = _VERDICTS[one["verdict"]]
                if pd.notna(one["low"]):
                    axes.plot([one["low"], one["high"]], [place, place], color=colour, lw=2)
                axes.plot(one["difference"], place, mark, color=colour, mfc=face, ms=6.5)
        axes.margins(x=0.1)
    seen = {one["verdict"] for one in asked}
    handles: dict[str, Any] = {
        verdict or "not declared": Line2D([], [], color=colour, mfc=face, marker=mark, lw=2)
        for verdict, (colour, face, mark) in _VERDICTS.items()
        if verdict in seen
    }
    handles[f"margin of ±{result.margin:g}"] = Patch(color="0.92")
    return canvas.finish(figure, result, "gains", handles)


def draw_reliability(result: Result) -> Figure | None:
    """Draw how often answers of a confidence are right: a row a method, a column a test set, all seeds."""
    groups = by_setting(result.runs)
    found = named(result, pd.DataFrame({"setting": list(groups)}))
    rows, columns = found["row"].unique().tolist(), found["column"].unique().tolist()
    figure = canvas.new_figure(max(9.4, 1.0 + 1.5 * len(columns)), 1.0 + 1.75 * len(rows))
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for (row, column), axes in np.ndenumerate(grid):
        axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":")
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
        canvas.label_panel(
            axes,
            "" if row else columns[column],
            "confidence" if row == len(rows) - 1 else "",
            "" if column else f"{rows[row]}\naccuracy",
            narrow=True,
        )
    for one in found.to_dict("records"):
        axes = grid[rows.index(one["row"]), columns.index(one["column"])]
        kept = [run.calibration() for run in groups[one["setting"]].values()]
        confidence = np.concatenate([each["confidence"] for each in kept])
        correct = np.concatenate([outcomes_of(each) for each in kept])
        bins = reliability_bins(confidence, correct)
        _draw_bins(axes, bins, canvas.LOOKS[one["method"]]["color"])
    return canvas.finish(figure, result, "reliability")


def draw_cases(result: Result) -> Figure | None:
    """Draw each case: its question, the gold label, the teacher's rationale, and the students' answers."""
    cases = choose_cases(result.samples, result.cases or "labels")
    if not cases:
        return None
    asked = {
        item["id"]: item
        for sample in result.samples
        if sample.setting.method == TEACHER
        for item in sample.items
    }
    names = {one.setting.method: title(one.setting, result.fields) for one in result.samples}
    heads = [_question(asked[case.id]) for case in cases]
    texts = [_answers(case, names) for case in cases]
    heights = [
        head.count("\n") + max(text.count("\n") for text in both.values()) + 4.5
        for head, both in zip(heads, texts, strict=True)
    ]
    figure = canvas.new_figure(9.4, 0.6 + _LINE * sum(heights))
    panels = np.atleast_1d(figure.subplots(len(heights), 1, height_ratios=heights))
    for axes, lines, case, head, both in zip(panels, heights, cases, heads, texts, strict=True):
        axes.axis("off")
        # One unit of the axis is a line of text.
        axes.set(xlim=(0, 1), ylim=(lines, 0))
        # Of a text that is wider than its panel the layout would make the panel narrower still.
        look: dict[str, Any] = {"in_layout": False, "parse_math": False}
        axes.text(0, 1, f"{case.title}: {case.id}", fontsize=9.5, weight="bold", **look)
        axes.text(0, 1.6, head, fontsize=8.5, va="top", **look)
        for place, (method, text) in enumerate(both.items()):
            colour = canvas.LOOKS[method]["color"]
            axes.text(
                0.01 + 0.51 * place, head.count("\n") + 3.2, text, fontsize=8.5, va="top",
                **look, bbox={"boxstyle": "round", "fc": (*colour, 0.12), "ec": colour},
            )  # fmt: skip
    return canvas.finish(figure, result, f"judged by {result.judge}")


def _split_by_split(settings: Iterable[Setting]) -> list[int]:
    """Return the order in which the settings of a split stand together, else as they were."""
    splits = [one.split for one in settings]
    return sorted(range(len(splits)), key=lambda place: splits.index(splits[place]))


def _panels(
    heads: Sequence[str], rows: Sequence[str], unit: str, **ticks: Any
) -> tuple[Figure, list[tuple[Axes, str]]]:
    """Return a figure with a panel a head, whose lines are the rows from top to bottom."""
    abreast = min(len(heads), _ABREAST)
    floors = -(-len(heads) // abreast)
    # As wide for two data sets as for four, so that equal widths on a page mean equal letters.
    figure = canvas.new_figure(
        max(9.4, 3.2 + 1.75 * abreast), 0.7 + floors * (1.0 + 0.32 * len(rows))
    )
    panels = list(figure.subplots(floors, abreast, sharey=True, squeeze=False).flat)
    for axes, head in zip(panels, heads, strict=False):
        canvas.label_panel(axes, head, unit, grid="x", narrow=abreast > 2)
        axes.xaxis.label.set_size(9)
    for axes in panels[len(heads) :]:
        axes.set_visible(False)
    for axes in panels[::abreast]:
        axes.set_yticks(range(len(rows)), rows, **ticks)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    return figure, list(zip(panels, heads, strict=False))


def _draw_bins(axes: Axes, bins: pd.DataFrame, colour: Any) -> None:
    share = bins["count"] / bins["count"].sum()
    axes.bar(
        bins["low"], bins["accuracy"], bins["high"] - bins["low"], align="edge",
        color=colour, alpha=0.35, edgecolor=colour, lw=0.8,
    )  # fmt: skip
    axes.scatter(
        bins["confidence"], bins["accuracy"], s=8 + 90 * share, color=colour,
        zorder=3, edgecolor="white", lw=0.6, clip_on=False,
    )  # fmt: skip


def _question(item: Mapping[str, Any]) -> str:
    asked = item["input"].replace(PREMISE_HYPOTHESIS_SEPARATOR, "\n")
    return _wrapped(f"{asked}\nGold: {item['label']}. Teacher: {item['rationale']}", 145)


def _answers(case: Case, names: Mapping[str, str]) -> dict[str, str]:
    return {
        method: _wrapped(
            f"{names[method]}: {answer['predicted']} ({'right' if answer['correct'] else 'wrong'}), "
            f"rationale judged {answer['score']:g} of 5\n{answer['rationale']}",
            68,
        )
        for method, answer in case.answers.items()
    }


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.fill(line, width) for line in text.splitlines())
