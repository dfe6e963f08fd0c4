"""What chapters show of an item (all but its answer, a picture and a table folded) and of a teacher."""

import re

from mi_cot_lib.course import show as module
from mi_cot_lib.course.show import example_html, show, show_table
from mi_cot_lib.data.layout import RawRow
from mi_cot_lib.experiments.request import request_of
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.tables import folded_tables


def test_an_item_opens_with_its_answer_one_picture_and_one_table(tmp_path, monkeypatch):
    result = request_of("nano", runs=tmp_path).result("methods")
    shown = []
    monkeypatch.setattr(module, "display", shown.append)
    show(result)
    show_table(result, "Cost")
    text, picture, tables, cost = shown
    assert result.question in text.data and " ".join(answer_of(result)) in text.data
    assert result.title in picture.told and picture.html.startswith("<img")
    unfolded = tables.data[: tables.data.index("<details>")]
    assert unfolded.count("<table") == 1
    assert re.findall("<summary>(.+?)</summary>", tables.data) == list(folded_tables(result))
    assert cost.data.count("<table") == 1 and "Minutes a run" in cost.data


def test_a_question_is_shown_whole_marked_and_escaped():
    text = "2 < 3 & so on. The answer is (3 - 2).\n\nQ: <script>"
    shown = example_html("nano_svamp", RawRow("Is 2 < 3?", "( 3.0 - 2.0 )", (), text))
    assert "2 &lt; 3 &amp; so on." in shown and "Is 2 &lt; 3?" in shown
    assert 'font-weight:bold">(3 - 2)</span>' in shown
    assert "&lt;script&gt;" in shown and "<script>" not in shown
