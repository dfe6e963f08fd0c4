"""The gate's figure: estimate against truth, a panel for each estimator and dimension."""

from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.canvas import PALETTE, new_figure
from mi_cot_lib.report.setting import WORDING

_BLUE, _ORANGE, _GREEN = PALETTE[:3]
# vCLUB comes to thousands; below it the axis is linear enough to see a tenth of a nat.
_LINEAR = 1.0


class GateFigure(NamedTuple):
    """The numbers behind the figure, and how many pairs and seeds each cell has.

    `points` has a row an estimator, dimension and truth: `estimator`, `dims`, `nats`, `mean`, `least`, `most`
    (over seeds), `lowest`, `highest` (what the documented error allows), `cap`; all in nats.
    """

    points: pd.DataFrame
    items: int
    seeds: int


def prepare_gate(table: pd.DataFrame) -> GateFigure:
    """Gather the seeds of each cell of a table that `run_gate` made."""
    points = (
        table.groupby(["estimator", "dims", "nats"], sort=False)
        .agg(
            mean=("estimate", "mean"),
            least=("estimate", "min"),
            most=("estimate", "max"),
            lowest=("lowest", "first"),
            highest=("highest", "first"),
            cap=("cap", "first"),
        )
        .reset_index()
    )
    return GateFigure(points, int(table["items"].iloc[0]), table["seed"].nunique())


def draw_gate(prepared: GateFigure) -> Figure:
    """Draw estimates as dots over the documented error's band, the truth as a line, a cap as a dashed one."""
    points = prepared.points
    estimators, dims = list(points["estimator"].unique()), sorted(points["dims"].unique())
    figure = new_figure(3.0 * len(dims), 1.0 + 1.9 * len(estimators))
    grid = figure.subplots(len(estimators), len(dims), sharex=True, sharey="row", squeeze=False)
    for row, estimator in zip(grid, estimators, strict=True):
        for axes, dimension in zip(row, dims, strict=True):
            chosen = (points["estimator"] == estimator) & (points["dims"] == dimension)
            cell = points[chosen].sort_values("nats")
            x, y = cell["nats"], cell["mean"]
            axes.fill_between(x, cell["lowest"], cell["highest"], color=_BLUE, alpha=0.2, lw=0)
            axes.plot(x, x, color="0.25", lw=1)
            if cell["cap"].notna().any():
                axes.axhline(cell["cap"].iloc[0], color=_GREEN, ls="--", lw=1.2)
            spread = [y - cell["least"], cell["most"] - y]
            axes.errorbar(x, y, spread, fmt="o", color=_ORANGE, ms=4.5, mec="black", mew=0.5)
            axes.set_xscale("log")
            axes.set_yscale("symlog", linthresh=_LINEAR)
            axes.set_xticks(list(x), [f"{value:g}" for value in x])
            axes.minorticks_off()
            axes.grid(color="0.92", lw=0.8)
            axes.set_axisbelow(True)
            axes.set_title(f"{estimator}, d = {dimension}", fontsize=9, loc="left")
        row[0].set_ylabel("estimate (nats)")
    for axes in grid[-1]:
        axes.set_xlabel("true I (nats)")
    figure.suptitle(
        f"Estimates on correlated Gaussians, {prepared.items:,} items, {prepared.seeds} seed"
        f"{'s' if prepared.seeds != 1 else ''}\n{WORDING['notes']['gate']}",
        fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    return figure
