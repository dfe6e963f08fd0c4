"""Move a widget's controls by keyboard, and see whether what they control changes."""

from playwright.sync_api import Locator, Page
from playwright.sync_api import TimeoutError as NothingHappened

_WIDGET = ".jp-OutputArea-output .jupyter-widgets.widget-vbox:not(.jupyter-widgets .widget-vbox)"
_SLIDER, _CHOICE, _BOX = ".noUi-handle", "select", "input[type=checkbox]"
# What a widget shows: its pictures and its texts, without the controls' own numbers.
_VIEW = """widget => [...widget.querySelectorAll('.widget-image, .widget-html-content')]
    .map(one => one.src || one.innerHTML).join()"""
_CHANGED = f"([widget, before]) => ({_VIEW})(widget) !== before"
_MILLISECONDS = 15_000


def move_each(page: Page) -> list[str]:
    """Move every control of every widget of a notebook; return those after which nothing changed."""
    return [
        name
        for widget in page.locator(_WIDGET).all()
        for control in widget.locator(f"{_SLIDER}, {_CHOICE}, {_BOX}").all()
        if (name := _unmoved(page, widget, control))
    ]


def _unmoved(page: Page, widget: Locator, control: Locator) -> str:
    before = widget.evaluate(_VIEW)
    control.scroll_into_view_if_needed()
    control.focus()
    page.keyboard.press(_key(control))
    try:
        page.wait_for_function(
            _CHANGED, arg=[widget.element_handle(), before], timeout=_MILLISECONDS
        )
    except NothingHappened:
        return control.evaluate("one => one.closest('.widget-inline-hbox')?.innerText ?? one.outerHTML")
    return ""


def _key(control: Locator) -> str:
    """Return the key that moves a control away from where it stands, also from its end."""
    if control.evaluate("one => one.matches('input')"):
        return "Space"
    at_end = control.evaluate(
        "one => one.matches('select') ? one.selectedIndex === one.options.length - 1"
        " : +one.ariaValueNow >= +one.ariaValueMax"
    )
    return "ArrowUp" if at_end and control.evaluate("one => one.matches('select')") else (
        "ArrowLeft" if at_end else "ArrowDown" if control.evaluate("one => one.matches('select')") else "ArrowRight"
    )
