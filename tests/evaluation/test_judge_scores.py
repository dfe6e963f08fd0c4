"""The paper's prompt word for word, and replies that are read or counted, never guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.evaluation.judge import Judged, JudgeItem, parse_score, prompt_for


def test_the_prompt_is_the_papers_then_the_item_and_braces_stay_braces():
    prompt = prompt_for(JudgeItem("1", "CQA", "Where {is} %s?", "{0}", "Because {taskname}."))
    opening, *parts = prompt.split("\n\n")
    assert opening.startswith("Given an input pair of a question and an answer of a CQA task, how ")
    assert opening.endswith("and 5 is helpful and it explains the answer well.")
    assert parts == [
        "Question: Where {is} %s?",
        "Answer: {0}",
        "Chain-of-thought: Because {taskname}.",
        "Reply with the number only: 1, 2, 3, 4 or 5.",
    ]


@pytest.mark.parametrize(
    "text",
    ["4", " 4\n", "4.", "Score: 4", "score 4", "Rating: 4", "4/5", "4 / 5", "4 out of 5", "**4**",
     "**Score:** 4/5", "The score is 4.", "`4`", '"4"', "My rating: **4**"],
)  # fmt: skip
def test_a_reply_that_is_a_score_is_read(text):
    assert parse_score(text) == 4


@pytest.mark.parametrize(
    "text",
    ["", "good", "0", "6", "-4", "+4", "14", "4.0", "4.5", "4,5", "3-4", "4 or 5", "4 5", "4/10",
     "4/4", "four", "٤", "④", "4²", "2**2", "There are 3 apples.", "1. It is coherent",
     "__import__('os')", "4; 5", "{'score': 4}", "Score: ", "4/5/5", "4" * 9_999],
)  # fmt: skip
def test_a_reply_that_is_no_plain_score_is_not_guessed_at(text):
    assert parse_score(text) is None


@given(st.text())
def test_any_text_is_a_score_or_none(text):
    score = parse_score(text)
    assert score is None or (score in range(1, 6) and str(score) in text)


@given(st.integers(), st.sampled_from(["{}", "Score: {}", "{}/5", "**{}**", "The rating is {}."]))
def test_a_number_counts_exactly_from_1_to_5(number, form):
    assert parse_score(form.format(number)) == (number if 1 <= number <= 5 else None)


@given(st.lists(st.integers(1, 5), min_size=2), st.sampled_from([" ", ", ", "\n", " or ", "-"]))
def test_several_numbers_are_no_score(numbers, between):
    assert parse_score(between.join(map(str, numbers))) is None


@given(st.integers(1, 5), st.integers(0, 99))
def test_decimals_are_no_score(whole, part):
    assert parse_score(f"{whole}.{part}") is None


def test_long_runs_of_space_are_read_in_no_time():
    assert parse_score("score" + " " * 1_000_000 + "x") is None


def test_means_leave_malformed_answers_out_and_count_them():
    judged = Judged("1", (4, None, 5, None))
    assert judged.mean == 4.5
    assert judged.malformed == 2
    assert Judged("1", (None,)).mean is None
