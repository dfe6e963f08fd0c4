"""A submission's cells are read and its functions judged, whatever they are."""

import json

import pytest

from mi_cot_lib.course.checks import CHECKS
from mi_cot_lib.course.classroom.judge import code_of, judge
from mi_cot_lib.course.exercises import exercises_folder


def test_code_is_read_with_its_exercise_and_text_is_left_out():
    content = (exercises_folder() / "11_measuring_mi.ipynb").read_bytes()
    cells = code_of(content)
    assert [exercise for _, exercise in cells] == ["", "infonce", ""]
    assert cells[0][0] == "from mi_cot_lib.course import checks"
    # Jupyter writes lines, and other programs a text.
    joined = json.loads(content)
    for cell in joined["cells"]:
        cell["source"] = "".join(cell["source"])
    assert code_of(json.dumps(joined).encode()) == cells


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no JSON", b"\xff\xfe", b"[]", b"3", b'{"cells": 3}', b'{"cells": [3]}', b"[" * 100_000,
        b'{"cells": [{"cell_type": "code", "source": null, "metadata": {}}]}',
        b'{"cells": [{"cell_type": "code", "source": "x", "metadata": []}]}',
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_none(content):
    assert code_of(content) is None


def test_a_function_that_is_not_there_is_told_with_the_reason():
    check = CHECKS["infonce"]
    assert "was deleted, or it has another name" in judge(check, {}, {}).message
    said = judge(check, {}, {"infonce": "NameError: name 'math' is not defined"})
    assert not said.passed and "its cell raised NameError" in said.message


def test_a_function_that_interrupts_ends_nothing():
    def interrupts(text):
        raise KeyboardInterrupt

    check = CHECKS["read_teacher"]
    said = judge(check, {"read_teacher": interrupts}, {})
    assert (said.passed, said.message) == (False, "It raised KeyboardInterrupt.")
    assert judge(check, {"read_teacher": check.solution}, {}).passed
