"""Controls for notebooks; the numbers they show come from functions that tests call too."""

import io
from collections.abc import Callable

import ipywidgets as widgets
import pandas as pd

from mi_cot_lib.analysis.course_figures import draw_agreement


def agreement_slider(prepared: pd.DataFrame) -> widgets.VBox:
    """Make a slider from disagreement to agreement that shows both MI forms' losses and pulls.

    Args:
        prepared: From `prepare_agreement`.

    Returns:
        The slider, a line with the numbers, and the marked curves, in this order.
    """
    slider = widgets.SelectionSlider(
        options=[(f"{value:.2f}", index) for index, value in enumerate(prepared["agreement"])],
        value=0,
        description="agreement",
        continuous_update=True,
        layout=widgets.Layout(width="60%"),
    )
    numbers = widgets.HTML()
    picture = widgets.Image(format="png", layout=widgets.Layout(max_width="760px"))

    def show(place: int) -> None:
        row = prepared.iloc[place]
        numbers.value = "&emsp;".join(
            f"<b>{form}</b>: loss {row[form]:.4f} nats, pull {row[f'{form}_pull']:.4f}"
            for form in ("released", "paper")
        )
        drawn = io.BytesIO()
        draw_agreement(prepared, row["agreement"]).savefig(drawn, format="png", dpi=80)
        picture.value = drawn.getvalue()

    slider.observe(lambda change: show(change["new"]), names="value")
    show(slider.value)
    return widgets.VBox([slider, numbers, picture])


def controlled(show: Callable[..., str], **inputs: widgets.ValueWidget) -> widgets.VBox:
    """Show a text that follows some controls.

    Args:
        show: Takes the controls' values by name and returns HTML; what a student wrote must be escaped.
        inputs: The controls.

    Returns:
        The controls and below them the text.
    """
    text = widgets.HTML()

    def update(_: object = None) -> None:
        text.value = show(**{name: control.value for name, control in inputs.items()})

    for control in inputs.values():
        control.observe(update, names="value")
    update()
    return widgets.VBox([*inputs.values(), text])
