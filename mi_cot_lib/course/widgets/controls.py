"""Controls for notebooks; the numbers they show come from functions that tests call too."""

import io
import math
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

# Widths in the font's size: of a control and its number, of most names, and of a letter at the widest.
_CONTROL_EM, _NAME_EM, _LETTER_EM = 22, 18, 0.6
_DOTS_PER_INCH = 90


class Controlled(widgets.VBox):
    """Controls and, below them, what follows them; `still` where none can be shown, as on a static page."""

    still: dict[str, str]  # by media type

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**options), **self.still}


def controlled(show: Callable[..., str | Figure], **inputs: widgets.ValueWidget) -> Controlled:
    """Show a picture or a text that follows some controls, below them.

    `show` takes the controls' values by name and returns a figure, or HTML; what a student wrote must be
    escaped.
    """

    def shown() -> str | bytes:
        made = show(**{name: control.value for name, control in inputs.items()})
        if isinstance(made, str):
            return made
        drawn = io.BytesIO()
        made.savefig(drawn, format="png", dpi=_DOTS_PER_INCH)
        return drawn.getvalue()

    first = shown()
    if isinstance(first, bytes):
        view = widgets.Image(format="png", value=first)
        still = {"image/png": b64encode(first).decode("ascii")}
    else:
        view, still = widgets.HTML(first), {"text/html": first}

    def update(_: object) -> None:
        view.value = shown()

    for control in inputs.values():
        control.observe(update, names="value")
    box = Controlled([*inputs.values(), view])
    box.still = still
    return box


def beside(name: str) -> dict[str, Any]:
    """Return the arguments that put a control's name beside it, in full, most controls below each other."""
    # JupyterLab cuts off what is wider than its place, so a long name makes one for itself.
    width = max(_NAME_EM, math.ceil(_LETTER_EM * len(name)))
    return {
        "description": name,
        "style": {"description_width": f"{width}em"},
        "layout": widgets.Layout(width=f"{width + _CONTROL_EM}em"),
    }


def named_slider(
    name: str, value: float, least: float, most: float, step: float = 1
) -> widgets.IntSlider | widgets.FloatSlider:
    """Make a slider with its name beside it; of whole numbers throughout it gives whole numbers."""
    whole = all(isinstance(number, int) for number in (value, least, most, step))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(value, min=least, max=most, step=step, **beside(name))
