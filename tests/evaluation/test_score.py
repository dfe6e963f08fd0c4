"""Scoring reads answers; it never runs them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.evaluation.score import is_correct, split_single_task
from mi_cot_lib.student.encode import ANSWER_MARK


@pytest.mark.parametrize(
    ("predicted", "gold", "right"),
    [
        ("( 84.0 / 2.0 )", "( 84.0 / 2.0 )", True),
        ("42", "( 84.0 / 2.0 )", True),
        ("(2 + 2) * 3", "( 3.0 * 4.0 )", True),
        ("( 84.0 - 2.0 )", "( 84.0 / 2.0 )", False),
        ("( 84.0 / 0.0 )", "( 84.0 / 2.0 )", False),
        ("( 84.0 /", "( 84.0 / 2.0 )", False),
        ("", "( 84.0 / 2.0 )", False),
        ("__import__('os').system('true')", "( 1.0 - 1.0 )", False),
        ("9**9**9**9", "( 84.0 / 2.0 )", False),
    ],
)
def test_equations_are_right_by_value(predicted, gold, right):
    assert is_correct("svamp", predicted, gold) is right


@pytest.mark.parametrize(
    "dataset", ["cqa", "esnli", "anli1", "nano_cqa", "nano_esnli", "nano_anli"]
)
def test_other_answers_are_right_by_exact_text_but_for_outer_space(dataset):
    assert is_correct(dataset, " neutral ", "neutral")
    assert not is_correct(dataset, "Neutral", "neutral")
    assert not is_correct(dataset, "neutral.", "neutral")


@given(st.text(alphabet="0123456789.+-*/×÷() ,abc_", max_size=200))
def test_no_text_hangs_or_raises(text):
    assert is_correct("svamp", text, "( 1.0 + 1.0 )") in (True, False)


def test_huge_nests_and_numbers_are_quickly_wrong():
    started = time.monotonic()
    for text in ("(" * 100_000, "9" * 1_000_000, "1+" * 100_000 + "1", "1e999999999"):
        assert not is_correct("svamp", text, "( 84.0 / 2.0 )")
    assert time.monotonic() - started < 5


def test_single_task_output_is_split_at_its_last_mark():
    text = f"So 2 + 2 = 4.{ANSWER_MARK}( 2.0 + 2.0 )"
    assert split_single_task(text) == ("So 2 + 2 = 4.", "( 2.0 + 2.0 )")
    twice = f"a{ANSWER_MARK}b{ANSWER_MARK}c"
    assert split_single_task(twice) == (f"a{ANSWER_MARK}b", "c")
    assert split_single_task("no mark at all") == ("no mark at all", "")
