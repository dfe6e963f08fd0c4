"""Which of a data set's labels each method knows: accuracy label by label."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.report.cells.accuracy import recall_cells
from mi_cot_lib.report.pictures.canvas import LOOKS, label_panel, legend_below, new_figure
from mi_cot_lib.report.runs import Result
from mi_cot_lib.report.setting import title

# Columns of `recall_cells` that are no label's.
_NO_LABEL = ("setting", "least", "unknown", "seeds")


def prepare_labels(result: Result) -> pd.DataFrame:
    """Return each gold label's share of right answers in percent, mean over seeds.

    Columns `dataset`, `name`, `method`, `label`, `value`; one row a setting and label of a closed set.
    """
    rows = [
        (
            dataset_spec(one["setting"].dataset).title,
            title(one["setting"], ("method",)),
            one["setting"].method,
            label,
            value,
        )
        for one in recall_cells(result.runs, result.golds).to_dict("records")
        for label, value in one.items()
        if label not in _NO_LABEL
    ]
    columns = ["dataset", "name", "method", "label", "value"]
    # A label of another data set only has no value.
    return pd.DataFrame(rows, columns=columns).dropna()


def draw_labels(prepared: pd.DataFrame) -> Figure:
    """Draw a panel a data set, in it a mark a method and gold label, and what a coin between two reaches."""
    names = list(dict.fromkeys(prepared["dataset"]))
    figure = new_figure(4.6 * len(names), 3.2)
    panels = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    handles = {}
    for axes, name in zip(panels, names, strict=True):
        of_set = prepared[prepared["dataset"] == name]
        labels = list(dict.fromkeys(of_set["label"]))
        methods = list(of_set.groupby("name", sort=False))
        for number, (method, cells) in enumerate(methods):
            places = np.arange(len(labels)) + 0.14 * (number - (len(methods) - 1) / 2)
            look = {**LOOKS[cells["method"].iloc[0]], "ls": "", "ms": 8}
            (handles[str(method)],) = axes.plot(places, cells["value"], **look)
        axes.axhline(50, color="0.4", lw=1, ls="--")
        axes.set_xticks(range(len(labels)), labels)
        axes.set_ylim(0, 104)
        label_panel(axes, name, "gold label", "right (%)", grid="y")
    handles["a coin between two labels"] = Line2D([], [], color="0.4", lw=1, ls="--")
    legend_below(figure, handles)
    return figure


def labels_picture(result: Result) -> Picture:
    """Show an item's accuracy label by label, with words."""
    prepared = prepare_labels(result)
    least = prepared.loc[prepared.groupby("dataset", sort=False)["value"].idxmin()]
    said = "; ".join(
        f"{one.dataset}: least known is {one.label}, {one.value:.0f}% right by {one.name}"
        for one in least.itertuples()
    )
    return Picture(
        draw_labels(prepared), f"Share of right answers by gold label and method. {said}."
    )
