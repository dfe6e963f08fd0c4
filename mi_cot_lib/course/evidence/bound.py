"""A calibration error beside the least that it can be: `|accuracy − confidence|`."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.report.pictures.canvas import LOOKS, label_panel, legend_below, new_figure
from mi_cot_lib.report.setting import Setting, title


def draw_bound(cells: pd.DataFrame) -> Figure:
    """Draw the cells of `printed_calibration`: a mark below the diagonal is a number that cannot be."""
    figure = new_figure(7.4, 4.4)
    axes = figure.subplots()
    most = 1.12 * float(cells[["ECE", "least"]].max().max())
    axes.fill_between([0, most], [0, most], color="0.92", hatch="//", ec="0.75", lw=0)
    axes.plot([0, most], [0, most], color="0.3", lw=1.4)
    handles: dict[str, Any] = {}
    for method, of_method in cells.groupby("method", sort=False):
        look = {**LOOKS[str(method)], "ls": "", "ms": 9, "mec": "white"}
        name = title(Setting(dataset="cqa", method=str(method)), ("method",))
        (handles[name],) = axes.plot(of_method["least"], of_method["ECE"], **look)
        # Both methods' marks of a data set may lie close together: names stand on different sides of them.
        left = method == cells["method"].iloc[0]
        side: dict[str, Any] = {"ha": "right" if left else "left", "va": "center", "fontsize": 8.5}
        for one in of_method.itertuples():
            axes.annotate(
                dataset_spec(one.data).title, (one.least, one.ECE), (-8 if left else 8, 0),
                textcoords="offset points", **side,
            )  # fmt: skip
    axes.set(xlim=(0, most), ylim=(0, most))
    label_panel(axes, "", "|accuracy − confidence| (points)", "printed ECE (points)")
    handles["no binning gives so little"] = Patch(fc="0.92", ec="0.75", hatch="//")
    legend_below(figure, handles)
    return figure
