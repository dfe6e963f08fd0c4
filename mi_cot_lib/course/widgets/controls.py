"""Controls for notebooks; the numbers they show come from functions that tests call too."""

import io
import math
from base64 import b64encode
from collections.abc import Callable, Sequence
from html import escape
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


def controlled(
    show: Callable[..., str | Figure],
    *,
    narrow: Callable[[], None] | None = None,
    **inputs: widgets.ValueWidget,
) -> Controlled:
    """Show a picture or a text that follows some controls, below them.

    `show` takes the controls' values by name and returns a figure, or HTML; what a student wrote must be
    escaped. `narrow`, where controls limit each other, is called before it and gives them their choices.
    """

    def shown() -> str | bytes:
        if narrow is not None:
            narrow()
        made = show(**{name: control.value for name, control in inputs.items()})
        return made if isinstance(made, str) else _png(made)

    first = shown()
    if isinstance(first, bytes):
        view = widgets.Image(format="png", value=first)
        still = {"image/png": b64encode(first).decode("ascii")}
    else:
        view, still = widgets.HTML(first), {"text/html": first}
    narrowing = False

    def update(_: object) -> None:
        nonlocal narrowing
        # A control that is given other choices reports a new value; all are followed by one view.
        if narrowing:
            return
        narrowing = True
        try:
            view.value = shown()
        finally:
            narrowing = False

    for control in inputs.values():
        control.observe(update, names="value")
    box = Controlled([*inputs.values(), view])
    box.still = still
    return box


def offer(
    control: widgets.Dropdown | widgets.SelectionSlider,
    choices: Sequence[tuple[str, Any]],
    usual: Any = None,
) -> None:
    """Give a control its choices, (name, value) each. It keeps its value, or takes the usual or first."""
    if tuple(control.options) == tuple(choices):
        return
    values = [value for _, value in choices]
    kept = next((one for one in (control.value, usual) if one in values), values[0])
    control.options = choices
    control.value = kept


def pictured(figure: Figure, told: str) -> str:
    """Return a picture as HTML; `told` is what it shows, for those who do not see it."""
    data = b64encode(_png(figure)).decode("ascii")
    return f'<img alt="{escape(told)}" style="max-width:100%" src="data:image/png;base64,{data}">'


def _png(figure: Figure) -> bytes:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DOTS_PER_INCH)
    return drawn.getvalue()


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
