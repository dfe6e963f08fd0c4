"""Reliability diagrams: how often answers of a confidence are right."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mi_cot_lib.measure.calibration import reliability_bins
from mi_cot_lib.report.cells.calibration import answers
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes
from mi_cot_lib.report.pictures.look import LOOKS, Look, columns_of, finish, label_panel
from mi_cot_lib.report.printed.names import COLUMN, row_title
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import title
from mi_cot_lib.report.words import NOTES


def draw_reliability(result: Result) -> Figure | None:
    """Draw a row a method and a column a test set, all seeds' answers together."""
    found = answers(result.runs)
    if not found:
        return None
    rows = list(dict.fromkeys(row_title(result, one) for one in found))
    columns = columns_of(found)
    figure = new_figure(max(9.4, 1.0 + 1.5 * len(columns)), 1.0 + 1.75 * len(rows))
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":")
        axes.set(xlim=(0, 1), ylim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "0.5", "1"])
        plain_axes(axes, grid="both")
    for setting, seeds in found.items():
        place = rows.index(row_title(result, setting)), columns.index(title(setting, COLUMN))
        confidence, correct = (np.concatenate(side) for side in zip(*seeds, strict=True))
        _draw(grid[place], confidence, correct, LOOKS[setting.method])
    for line, row in zip(grid, rows, strict=True):
        line[0].set_ylabel(f"{row}\naccuracy")
    for axes, column in zip(grid[0], columns, strict=True):
        label_panel(axes, column, narrow=True)
    for axes in grid[-1]:
        axes.set_xlabel("confidence")
    return finish(figure, result, NOTES["reliability"])


def _draw(axes: Axes, confidence: np.ndarray, correct: np.ndarray, look: Look) -> None:
    bins = reliability_bins(confidence, correct)
    share = bins["count"] / bins["count"].sum()
    axes.bar(
        bins["low"], bins["accuracy"], bins["high"] - bins["low"], align="edge",
        color=look.colour, alpha=0.35, edgecolor=look.colour, lw=0.8,
    )  # fmt: skip
    axes.scatter(
        bins["confidence"], bins["accuracy"], s=8 + 90 * share, color=look.colour,
        zorder=3, edgecolor="white", lw=0.6, clip_on=False,
    )  # fmt: skip
