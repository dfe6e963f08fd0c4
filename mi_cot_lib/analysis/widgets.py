"""Controls for notebooks; the numbers they show come from functions that tests call too."""

import io
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pandas as pd

from mi_cot_lib.analysis.course_figures import draw_agreement

# Widths in the font's size: of a control and its number, of most names, and of a letter at the widest.
_CONTROL_EM, _NAME_EM, _LETTER_EM = 22, 18, 0.6


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


def beside(name: str) -> dict[str, Any]:
    """Return the arguments that put a control's name beside it, in full.

    Args:
        name: What the control sets. JupyterLab cuts off what is wider than its place, so a long name makes
            one for itself; the others share a width, and their controls stand below each other.
    """
    width = max(_NAME_EM, math.ceil(_LETTER_EM * len(name)))
    return {
        "description": name,
        "style": {"description_width": f"{width}em"},
        "layout": widgets.Layout(width=f"{width + _CONTROL_EM}em"),
    }


def named_slider(
    name: str, value: float, least: float, most: float, step: float = 1
) -> widgets.IntSlider | widgets.FloatSlider:
    """Make a slider with its name beside it.

    Args:
        name: What it sets.
        value: Where it stands at first.
        least: Its least value.
        most: Its greatest.
        step: From one place to the next; of whole numbers throughout, the slider gives whole numbers.
    """
    whole = all(isinstance(number, int) for number in (value, least, most, step))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(value, min=least, max=most, step=step, **beside(name))


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
