"""A class's results are a table for programs and a page for people, and nothing in them acts."""

import csv
import io

import pytest

from mi_cot_lib.course.classroom.apart import Limits
from mi_cot_lib.course.classroom.check import Judged, Row
from mi_cot_lib.course.classroom.results import to_csv, to_html, write_results
from mi_cot_lib.errors import ConfigError

EXERCISES = {"02_student_and_two_tasks": ("collate", "max_pool")}
NAME = "=<script>alert(1)</script>"


def judged(**changes):
    chapter = "02_student_and_two_tasks"
    rows = (
        Row(NAME, chapter, "collate", True, "Each has a width of its own."),
        Row(NAME, chapter, "max_pool", False, "Padding takes part.\nIt was given: <b>1</b>"),
        Row(NAME, chapter, "", None, "A cell raised NameError."),
        Row("bob", chapter, "collate", None, "It was not handed in."),
        Row("bob", chapter, "max_pool", None, "It was not handed in."),
    )
    given = {"learners": (NAME, "bob"), "exercises": EXERCISES, "rows": rows, "limits": Limits()}
    return Judged(**given | {"walled": True, "memory_limited": True} | changes)


def test_the_table_has_a_row_each_and_no_cell_is_a_formula():
    rows = list(csv.DictReader(io.StringIO(to_csv(judged()))))
    assert list(rows[0]) == ["learner", "chapter", "exercise", "passed", "message"]
    assert [row["passed"] for row in rows] == ["true", "false", "", "", ""]
    assert rows[0]["learner"] == f"'{NAME}" and rows[1]["message"].endswith("<b>1</b>")


def test_the_page_escapes_what_learners_wrote_and_marks_without_colour_alone():
    page = to_html(judged())
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "<b>1</b>" not in page and "&lt;b&gt;1&lt;/b&gt;" in page
    for mark in ("✓", "✗", "–"):
        assert mark in page
    assert "1 of 2 right" in page and "bob: 0 of 2 right" in page
    assert "http" not in page and "could forge its result" in page


def test_the_page_says_plainly_what_was_not_in_force():
    page = to_html(judged())
    assert "Without a network" in page and "not cut off" not in page and "not limited" not in page
    page = to_html(judged(walled=False, memory_limited=False))
    assert "The network was not cut off" in page and "not limited" in page
    assert "Without a network" not in page


def test_a_class_of_which_nothing_could_be_judged_still_has_a_page():
    note = Row("ann", "homework.zip", "", None, "No notebook of this name was handed out.")
    page = to_html(judged(learners=("ann",), exercises={}, rows=(note,)))
    assert "homework.zip" in page and "0 of 0 right" in page


def test_results_replace_earlier_ones(tmp_path):
    first = write_results(judged(), tmp_path)
    again = write_results(judged(learners=("bob",), rows=judged().rows[3:]), tmp_path)
    assert first == again and sorted(tmp_path.iterdir()) == sorted(again)
    assert NAME not in again[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "wrong", [{"seconds": 0.0}, {"memory_gb": -1.0}, {"seconds": float("nan")}]
)
def test_a_limit_that_leaves_nothing_is_refused_by_name(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Limits(**wrong)


def test_half_a_letter_of_a_name_or_a_message_is_written_as_its_number(tmp_path):
    name, chapter = "ann\udcff", "02_student_and_two_tasks"
    rows = (
        Row(name, chapter, "collate", False, "It raised ValueError: \ud800."),
        Row(name, chapter, "max_pool", None, "It was not handed in."),
    )
    for file in write_results(judged(learners=(name,), rows=rows), tmp_path):
        text = file.read_text(encoding="utf-8")
        assert "ann\\udcff" in text and "ValueError: \\ud800." in text
