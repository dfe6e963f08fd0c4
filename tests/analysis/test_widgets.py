"""Controls show what their function says, and follow when they are moved."""

import ipywidgets as widgets

from mi_cot_lib.analysis.widgets import controlled


def test_the_text_follows_its_controls():
    slider, box = widgets.IntSlider(2, 0, 9), widgets.Checkbox(False)
    shown = controlled(
        lambda number, doubled: f"<b>{number * (1 + doubled)}</b>", number=slider, doubled=box
    )
    assert shown.children[-1].value == "<b>2</b>"
    slider.value = 4
    assert shown.children[-1].value == "<b>4</b>"
    box.value = True
    assert shown.children[-1].value == "<b>8</b>"
    assert shown.children[:2] == (slider, box)
