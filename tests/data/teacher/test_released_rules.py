"""The released rules: what they lose, and the numbers that were published with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.teacher.released_rules import parse_as_released, value_as_released
from tests.data.folders import REAL, needs_real_data
from tests.data.teacher.forms import FORMS, rows


@pytest.mark.parametrize(("name", "text", "rationale", "label"), rows(FORMS["released"]))
def test_each_rule(name, text, rationale, label):
    assert parse_as_released(name, text) == (rationale, label)


@pytest.mark.parametrize(
    ("equation", "value"),
    [
        ("(34 + 40) and (62 - 17)", 45.0),
        ("((29/2) and (30/2))", 15.0),
        ("(3 - 3) and (2 + 2)", 0.0),
        ("(84 / 2)", 42.0),
        ("((3 + 4) * 2)", 14.0),
        ("(1,200 + 1)", None),
        ("(some - 8)", None),
        ("(3 × 4)", None),
        ("", None),
    ],
)
def test_value_is_what_python_would_give(equation, value):
    assert value_as_released(equation) == value


@given(st.sampled_from(["svamp", "cqa", "esnli", "anli1"]), st.text())
def test_no_text_raises(name, text):
    _, label = parse_as_released(name, text)
    value_as_released(label)
    value_as_released(text)


@needs_real_data
@pytest.mark.parametrize(("name", "empty", "rows"), [("cqa", 3, 9741), ("svamp", 13, 800)])
def test_empty_training_labels_of_the_released_code(name, empty, rows):
    labels = [
        parse_as_released(name, row.teacher_text)[1] for row in read_split(REAL, name, "train")
    ]
    assert len(labels) == rows
    assert labels.count("") == empty
