"""What chapters show of an item: its answer, one picture and a small table first, all else folded."""

import json
import re

import pytest
from matplotlib.figure import Figure

from mi_cot_lib.course import show as module
from mi_cot_lib.course.show import one_run, show, show_table
from mi_cot_lib.experiments.records import results_folder
from mi_cot_lib.experiments.request import request_of
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.tables import folded_tables


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return request_of("nano", runs=tmp_path_factory.mktemp("runs")).result("methods")


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed, in order."""
    held = []
    monkeypatch.setattr(module, "display", held.append)
    return held


def test_an_item_opens_with_its_answer_one_picture_and_one_table(result, shown):
    show(result)
    text, picture, tables = shown
    assert result.question in text.data and " ".join(answer_of(result)) in text.data
    assert isinstance(picture, Figure)
    unfolded = tables.data[: tables.data.index("<details>")]
    assert unfolded.count("<table") == 1
    assert re.findall("<summary>(.+?)</summary>", tables.data) == list(folded_tables(result))


def test_a_folded_table_can_be_shown_by_itself(result, shown):
    show_table(result, "Cost")
    assert shown[0].data.count("<table") == 1 and "Minutes a run" in shown[0].data


def test_a_single_run_has_its_curves():
    path = min(results_folder().glob("nano_svamp-mi-nano-seed0-*.json"))
    figure = draw(one_run(json.loads(path.read_text(encoding="utf-8"))))["curves"]
    assert [axes.get_title(loc="left") for axes in figure.axes][2] == "MI loss"
