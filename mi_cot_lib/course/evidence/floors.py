"""What a perfectly calibrated student shows, by the number of test items and the kind of bins."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.measure.calibration import equal_mass_error, expected_calibration_error
from mi_cot_lib.report.paper import paper_numbers
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure

TEN_WIDE, HUNDRED_EQUAL = "10 bins of equal width", "100 bins of equal mass"
_LOOKS: dict[str, dict[str, Any]] = {
    TEN_WIDE: {"color": BLUE, "ls": "-", "marker": "o"},
    HUNDRED_EQUAL: {"color": ORANGE, "ls": "--", "marker": "s"},
}
_TICKS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def prepare_floors(items: Sequence[int], draws: int = 50) -> pd.DataFrame:
    """Return the mean error in points over some calibrated students; a row a number of test items.

    Their confidences are spread evenly over 0 to 1, and each answer is right with just its probability.
    """
    generator = np.random.default_rng(0)
    rows = {}
    for n in items:
        found = []
        for confidence in generator.random((draws, n)):
            right = generator.random(n) < confidence
            ten = expected_calibration_error(confidence, right, 10)
            found.append((ten, equal_mass_error(confidence, right, 100)))
        rows[n] = 100 * np.mean(found, axis=0)
    return pd.DataFrame(rows, [TEN_WIDE, HUNDRED_EQUAL]).T.rename_axis("test items")


def draw_floors(prepared: pd.DataFrame) -> Figure:
    """Draw both errors against the number of test items; the paper's test sets have dotted lines."""
    figure = new_figure(8.2, 3.6)
    axes = figure.subplots()
    handles = {}
    for name, look in _LOOKS.items():
        (handles[name],) = axes.plot(prepared.index, prepared[name], lw=1.8, **look)
    top = 1.12 * float(prepared.max().max())
    # Two of the sizes lie close to each other, so their names stand on different sides.
    for place, (name, size) in enumerate(
        sorted(paper_numbers()["test_items"].items(), key=lambda one: one[1])
    ):
        axes.axvline(size, color="0.5", lw=1, ls=":")
        side = "right" if place % 2 else "left"
        axes.text(size, 0.94 * top, f" {dataset_spec(name).title} ", ha=side, fontsize=8.5)
    axes.set_xscale("log")
    axes.set_xticks(_TICKS, [f"{n:,}" for n in _TICKS])
    axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes.set_ylim(0, top)
    label_panel(axes, "", "test items", "ECE by chance alone (points)")
    legend_below(figure, handles)
    return figure
