"""Controls show what their function says, and follow when they are moved."""

import re
from base64 import b64decode

import ipywidgets as widgets
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets import beside, controlled, named_slider
from mi_cot_lib.report.pictures.canvas import new_figure


def test_the_text_follows_its_controls_and_stands_where_there_are_none():
    slider, box = widgets.IntSlider(2, 0, 9), widgets.Checkbox(False)
    shown = controlled(
        lambda number, doubled: f"<b>{number * (1 + doubled)}</b>", number=slider, doubled=box
    )
    assert shown.children[:2] == (slider, box)
    assert shown.children[-1].value == shown._repr_mimebundle_()["text/html"] == "<b>2</b>"
    slider.value = 4
    assert shown.children[-1].value == "<b>4</b>"
    box.value = True
    assert shown.children[-1].value == "<b>8</b>"
    bundle = shown._repr_mimebundle_()
    assert bundle["text/html"] == "<b>8</b>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_picture_follows_its_controls_and_has_its_words():
    slider = widgets.IntSlider(2, 0, 9)
    shown = controlled(
        lambda number: Picture(new_figure(1 + number, 1), f"{number} < 9"), number=slider
    )
    before = shown.children[-1].value
    slider.value = 4
    after = shown.children[-1].value
    assert 'alt="2 &lt; 9"' in before and 'alt="4 &lt; 9"' in after
    assert b64decode(re.search('base64,([^"]+)', after)[1])[:4] == b"\x89PNG"
    assert shown._repr_mimebundle_()["text/html"] == after


_USUAL = ["alike", "log-odds of the label's tokens", "further rationale positions"]


@pytest.mark.parametrize(
    "name", [*_USUAL, "a name that is longer than that of any control which the notebooks have"]
)
def test_a_name_has_room_in_full(name):
    given = beside(name)
    # DejaVu Sans is wider than the fonts that browsers take for controls.
    needed = TextPath((0, 0), name, size=1, prop=FontProperties("DejaVu Sans")).get_extents().width
    place = float(given["style"]["description_width"].removesuffix("em"))
    assert needed < place < float(given["layout"].width.removesuffix("em"))
    if name in _USUAL:  # such controls stand below each other
        assert place == float(beside("")["style"]["description_width"].removesuffix("em"))


def test_a_slider_gives_whole_numbers_only_if_all_of_its_own_are():
    whole, broken = named_slider("tokens", 1, 0, 8), named_slider("alike", 0.9, 0.0, 1.0, 0.05)
    assert isinstance(whole, widgets.IntSlider) and isinstance(broken, widgets.FloatSlider)
    assert isinstance(named_slider("halves", 1, 0, 8, 0.5), widgets.FloatSlider)
    assert (broken.value, broken.min, broken.max, broken.step) == (0.9, 0.0, 1.0, 0.05)
    assert whole.description == "tokens"
