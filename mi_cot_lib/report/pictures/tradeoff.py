"""Weights of the losses: validation accuracy against the rationale loss."""

import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mi_cot_lib.report.cells.curves import tradeoff_cells
from mi_cot_lib.report.pictures.canvas import panel_grid, plain_axes
from mi_cot_lib.report.pictures.look import columns_of, finish, in_column, label_panel
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import title
from mi_cot_lib.report.words import NOTES

_MARKS = "v^sDoP"


def draw_tradeoff(result: Result) -> Figure | None:
    """Draw a panel a data set, a mark a choice of weights: its shape is α1, its colour α3."""
    found = tradeoff_cells(result.runs)
    labels = sorted({one.alpha1 for one in found["setting"]})
    mi = sorted({one.alpha3 or 0.0 for one in found["setting"]})
    colours = dict(zip(mi, sns.color_palette("viridis_r", len(mi)), strict=True))
    marks = dict(zip(labels, _MARKS, strict=False))
    columns = columns_of(found["setting"])
    figure, panels = panel_grid(len(columns), below=0.6)
    for axes, column in zip(panels, columns, strict=True):
        mine = in_column(found, column)
        front = mine[mine["best"]].sort_values("loss")
        axes.plot(front["loss"], front["value"], color="0.5", lw=1, zorder=1)
        for one in mine.to_dict("records"):
            setting = one["setting"]
            axes.plot(
                one["loss"], one["value"], marks[setting.alpha1],
                color=colours[setting.alpha3 or 0.0], ms=8, ls="",
                mec="black" if one["best"] else "white",
            )  # fmt: skip
        label_panel(axes, column)
        axes.set_xlabel("rationale loss on validation (nats a token)")
        axes.set_ylabel("validation accuracy (%)")
        plain_axes(axes, grid="both")
    handles = {
        **{
            title(one, ("alpha1",)): Line2D([], [], color="0.45", marker=marks[one.alpha1], ls="")
            for one in found["setting"]
        },
        **{
            title(one, ("alpha3",)) or title(one, ("method",)): Patch(
                color=colours[one.alpha3 or 0.0]
            )
            for one in sorted(found["setting"], key=lambda one: one.alpha3 or 0.0)
        },
    }
    return finish(figure, result, NOTES["tradeoff"], handles)
