"""Move a widget's controls by keyboard, and see whether what they control changes."""

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as NothingHappened

_WIDGET = ".jp-OutputArea-output .jupyter-widgets.widget-vbox:not(.jupyter-widgets .widget-vbox)"
_CONTROLS = ".noUi-handle, select, input[type=checkbox], input[type=number]"
# What a widget shows: its pictures and its texts, without the controls' own numbers.
_VIEW = """widget => [...widget.querySelectorAll('.widget-image, .widget-html-content')]
    .map(one => one.src || one.innerHTML).join()"""
_CHANGED = f"([widget, before]) => ({_VIEW})(widget) !== before"
_MILLISECONDS = 15_000


def move_each(page: Page) -> tuple[int, list[str]]:
    """Move every control of every widget of a notebook.

    Returns how many there were, and those after which nothing changed.
    """
    found = [
        _unmoved(page, widget, control)
        for widget in page.locator(_WIDGET).all()
        for control in widget.locator(_CONTROLS).all()
    ]
    return len(found), [name for name in found if name]


def _unmoved(page: Page, widget: Locator, control: Locator) -> str:
    if control.evaluate("one => one.options?.length === 1"):
        return ""  # There is nothing else to choose.
    before = widget.evaluate(_VIEW)
    _move(page, control)
    try:
        page.wait_for_function(
            _CHANGED, arg=[widget.element_handle(), before], timeout=_MILLISECONDS
        )
    except NothingHappened:
        return control.evaluate(
            "one => one.closest('.widget-inline-hbox')?.innerText ?? one.outerHTML"
        )
    return ""


def _move(page: Page, control: Locator) -> None:
    """Move a control away from where it stands, by keyboard where the browser takes keys for it."""
    control.scroll_into_view_if_needed()
    control.focus()
    kind = control.evaluate("one => one.type ?? 'slider'")
    if kind == "select-one":
        place, last = control.evaluate("one => [one.selectedIndex, one.options.length - 1]")
        # Without a window the browser opens no list.
        control.select_option(index=place + 1 if place < last else 0)
    elif kind == "slider":
        at_end = control.evaluate("one => +one.ariaValueNow >= +one.ariaValueMax")
        page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    else:
        page.keyboard.press("Space" if kind == "checkbox" else "ArrowUp")
