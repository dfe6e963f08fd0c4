"""Gains that a paper prints, each with the interval that its test items leave."""

import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, new_figure


def draw_gains(gains: pd.DataFrame, what: str) -> Figure:
    """Draw the rows of `prepare_gains`: filled where the 95% interval leaves 0 out; `what` has the unit."""
    figure = new_figure(7.4, 1.1 + 0.42 * len(gains))
    axes = figure.subplots()
    axes.axvline(0, color="0.4", lw=1, ls=":")
    for place, (gain, half) in enumerate(zip(gains["gain"], gains["half-width"], strict=True)):
        apart = abs(gain) > half
        colour, mark = (ORANGE, "D") if apart else (BLUE, "o")
        axes.plot([gain - half, gain + half], [place, place], color=colour, lw=2)
        face = colour if apart else "white"
        axes.plot(gain, place, mark, color=colour, mfc=face, ms=8)
    axes.set_yticks(range(len(gains)), [dataset_spec(str(name)).title for name in gains.index])
    axes.set_ylim(len(gains) - 0.5, -0.5)
    label_panel(axes, "", what, grid="x")
    return figure


def told(gains: pd.DataFrame) -> str:
    """Say in words what the picture shows."""
    said = [
        f"{dataset_spec(str(name)).title} {row['gain']:+.2f} ± {row['half-width']:.2f}"
        for name, row in gains.iterrows()
    ]
    return (
        f"Gains in points with their 95% intervals over test items: {', '.join(said)}. Filled diamonds are "
        "those whose interval leaves 0 out."
    )
