"""What a comparison would have said, had all training ended at a step."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled
from mi_cot_lib.report.cells.curves import progress_cells
from mi_cot_lib.report.pictures.canvas import LOOKS, label_panel, legend_below, new_figure
from mi_cot_lib.report.runs import Run
from mi_cot_lib.report.setting import title


def prepare_stopped(progress: pd.DataFrame, step: int) -> pd.DataFrame:
    """Take the best validation until a step, and at the end, from `progress_cells`.

    Returns:
        One row a setting: `dataset`, `name`, `method`, `stopped` and `finished` (percent).
    """
    rows = []
    for setting, curve in progress.groupby("setting", sort=False):
        until = curve[curve["step"] <= step]
        rows.append(
            {
                "dataset": title(setting, ("dataset",)),
                "name": title(setting, ("method",)),
                "method": setting.method,
                "stopped": until["value"].iloc[-1] if len(until) else float("nan"),
                "finished": curve["value"].iloc[-1],
            }
        )
    return pd.DataFrame(rows)


def draw_stopped(prepared: pd.DataFrame, step: int) -> Figure:
    """Draw a panel a data set: filled marks where each method stood at the step, hollow where it ended."""
    names = list(dict.fromkeys(prepared["dataset"]))
    rows = list(dict.fromkeys(prepared["name"]))
    figure = new_figure(1.8 + 1.9 * len(names), 1.3 + 0.36 * len(rows))
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    for axes, name in zip(panels, names, strict=True):
        for one in prepared[prepared["dataset"] == name].itertuples():
            place = rows.index(one.name)
            look: dict[str, Any] = {**LOOKS[one.method], "ls": "", "ms": 8}
            axes.plot([one.stopped, one.finished], [place, place], color="0.7", lw=1)
            axes.plot(one.finished, place, **{**look, "mfc": "white"})
            axes.plot(one.stopped, place, **look)
        axes.margins(x=0.15)
        label_panel(axes, name, "validation (%)", grid="x")
    panels[0].set_yticks(range(len(rows)), rows)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    grey: dict[str, Any] = {"color": "0.4", "marker": "o", "ls": "", "ms": 7}
    legend_below(
        figure,
        {
            f"if all training had ended at step {step:,}": Line2D([], [], **grey),
            "finished": Line2D([], [], **{**grey, "mfc": "white"}),
        },
    )
    return figure


def told(prepared: pd.DataFrame, step: int) -> str:
    """Say in words which method is ahead at the step, and at the end."""
    said = []
    for name, cells in prepared.groupby("dataset", sort=False):
        ahead = [
            cells.loc[cells[when].idxmax(), "name"] if cells[when].notna().any() else "none"
            for when in ("stopped", "finished")
        ]
        said.append(f"{name}: {ahead[0]} ahead at step {step:,}, {ahead[1]} when finished")
    return "; ".join(said) + "."


def stopped_training(runs: Sequence[Run]) -> Controlled:
    """Show where methods stood at a step that can be moved, beside where they ended."""
    progress = progress_cells(runs)
    steps = sorted(int(step) for step in progress["step"].unique())

    def show(step: int) -> Picture:
        prepared = prepare_stopped(progress, step)
        return Picture(draw_stopped(prepared, step), told(prepared, step))

    first = min(steps, key=lambda step: abs(step - 250))
    options = [(f"{step:,}", step) for step in steps]
    return controlled(
        show,
        step=widgets.SelectionSlider(options=options, value=first, **beside("all end at step")),
    )
