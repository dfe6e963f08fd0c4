"""Controls for notebooks; the numbers they show come from functions that tests call too."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from mi_cot_lib.course.picture import Picture

# Widths in the font's size: of a control and its number, of most names, and of a letter at the widest.
_CONTROL_EM, _NAME_EM, _LETTER_EM = 22, 18, 0.6


class Controlled(widgets.VBox):
    """Controls and, below them, what follows them; `still` where none can be shown, as on a static page."""

    still: str  # HTML

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**options), "text/html": self.still}


def controlled(
    show: Callable[..., str | Picture],
    *,
    narrow: Callable[[], None] | None = None,
    **inputs: widgets.ValueWidget,
) -> Controlled:
    """Show a picture or a text that follows some controls, below them.

    `show` takes the controls' values by name and returns a picture, or HTML in which what a student wrote is
    escaped. `narrow`, where controls limit each other, is called before it and gives them their choices.
    """

    def shown() -> str:
        if narrow is not None:
            narrow()
        made = show(**{name: control.value for name, control in inputs.items()})
        return made.html if isinstance(made, Picture) else made

    view = widgets.HTML(shown())
    narrowing = False

    def update(_: object) -> None:
        nonlocal narrowing
        # A control that is given other choices reports a new value; all are followed by one view.
        if narrowing:
            return
        narrowing = True
        try:
            view.value = box.still = shown()
        finally:
            narrowing = False

    for control in inputs.values():
        control.observe(update, names="value")
    box = Controlled([*inputs.values(), view])
    box.still = view.value
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
