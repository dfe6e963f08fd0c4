"""The parser: the forms that teachers write, and text of any kind."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.parse import parse_teacher_output, split_teacher_output
from mi_cot_lib.data.specs import DATASETS, NLI_LABELS
from mi_cot_lib.errors import ConfigError

fragments = st.sampled_from(
    [
        "So the answer is",
        "so the answer is ",
        "The answer is",
        ", the ANSWER  is: ",
        "Answer:",
        "\nAnswer: ",
        "Q:",
        "\n\nQ: ",
        "\n\nPremise: ",
        "Premise:",
        "(d) math problem",
        "(a) x or (b) y",
        "(84 / 2)",
        "((9 - 9",
        " and ",
        "neutral",
        "Entailment",
        "contradiction\n",
        ".",
        " ",
        "\n",
        "x",
    ]
)
teacher_like = st.lists(st.one_of(fragments, st.text(max_size=8)), max_size=12).map("".join)
any_text = st.one_of(st.text(), teacher_like)
names = st.sampled_from(list(DATASETS))


@given(names, any_text)
def test_segments_joined_are_the_text(name, text):
    assert "".join(split_teacher_output(name, text)) == text


@given(names, any_text)
def test_parts_are_none_or_trimmed_text_of_the_teacher(name, text):
    rationale, label = parse_teacher_output(name, text)
    for part in (rationale, label):
        assert part is None or (part and part == part.strip())
    assert rationale is None or rationale in text
    if label is not None:
        spec = DATASETS[name]
        assert label in (text.lower() if spec.answer_type == "nli" else text)
        assert spec.answer_type != "nli" or label in NLI_LABELS
        assert spec.answer_type != "equation" or equation_value(label) is not None


@given(names, any_text, st.text())
def test_what_follows_an_invented_question_changes_nothing(name, text, more):
    mark = "\n\nQ:" if DATASETS[name].family in ("svamp", "cqa") else "\n\nPremise:"
    assert parse_teacher_output(name, text + mark + more) == parse_teacher_output(name, text + mark)


# Colons and a lone Q make headings.
plain_rationales = st.text(
    st.characters(codec="utf-8", exclude_characters=":Qq", exclude_categories=("Cs",)), min_size=1
).filter(lambda text: text.strip() and "answer" not in text.lower())


@given(plain_rationales, st.sampled_from(NLI_LABELS))
def test_a_whole_rationale_comes_back_character_by_character(rationale, label):
    expected = (rationale.strip(), label)
    assert parse_teacher_output("esnli", f"{rationale}\nAnswer: {label}\n\nPremise: A") == expected
    assert parse_teacher_output("anli1", f"{rationale} So the answer is {label}.") == expected


@pytest.mark.parametrize(
    ("name", "text", "rationale", "label"),
    [
        (
            "svamp",
            "84 / 2 = 42. The answer is (84 / 2).\n\nQ: There are 120",
            "84 / 2 = 42.",
            "(84 / 2)",
        ),
        ("svamp", "Four. The answer is (16 * 17) * 4.", "Four.", "(16 * 17) * 4"),
        ("svamp", "a. the answer is 84 / 2", "a.", "84 / 2"),
        ("svamp", "a. The answer is $5.", "a.", "5"),
        ("svamp", "a. The answer is 5 apples.", "a.", "5"),
        ("svamp", "a. The answer is (84 / 2) = 42.", "a.", "(84 / 2)"),
        ("svamp", "a. The answer is 84 divided by 2.", "a.", None),
        ("svamp", "a. The answer is 42. 3 were left.", "a.", "42"),
        ("svamp", "a. The answer is (3 + 4).\n\nQ", "a.", "(3 + 4)"),
        ("svamp", "a. The answer is (some - 8).", "a.", None),
        ("svamp", "a. The answer is (2 * x).", "a.", None),
        ("svamp", "a. The answer is 7x = 14.", "a.", None),
        ("svamp", "a. The answer is (8 / 4) and (6 / 4).", "a.", None),
        ("svamp", "a. The answer is ((9 - 9", "a.", None),
        ("svamp", "a. The answer is (3 / 0).", "a.", None),
        ("svamp", "So 11 / 3 = 3.33333", None, None),
        (
            "cqa",
            "Of these, only d. So the answer is (d) math problem.\n\nQ: x",
            "Of these, only d.",
            "math problem",
        ),
        ("cqa", "a. so the answer is (d) math problem", "a.", "math problem"),
        ("cqa", "a. So the answer is math problem.", "a.", "math problem"),
        ("cqa", "a. So the answer is (d).", "a.", "(d)"),
        ("cqa", "a. So the answer is (e) Washington D.C.", "a.", "Washington D.C"),
        ("cqa", "a. So the answer is (b) st. louis. It is a town.", "a.", "st. louis"),
        ("cqa", "a. So the answer is either (a) pond or (b) lake.", "a.", None),
        ("cqa", "a. So the answer is one of these four.", "a.", None),
        ("cqa", "a. So the answer is", "a.", None),
        ("cqa", "So the answer is (d) math problem.", None, "math problem"),
        (
            "anli1",
            "It is October, so the answer is entailment.",
            "It is October,",
            "entailment",
        ),
        ("anli1", "a. So the answer is contradiction", "a.", "contradiction"),
        (
            "anli1",
            "The answer is 71. So the answer is Neutral.",
            "The answer is 71.",
            "neutral",
        ),
        ("anli1", "a. So the answer is contradic", "a.", None),
        ("esnli", "A man is a person.\nAnswer: neutral\n\nPre", "A man is a person.", "neutral"),
        ("esnli", "a\nAnswer: unknown\n\nPremise: b", "a", None),
        ("esnli", "a\nanswer:\ncontradiction", "a", "contradiction"),
        ("esnli", "A toddler is a child. A child is", None, None),
        ("esnli", "Premise: a\nAnswer: neutral", None, None),
        ("nano_anli", "a. So the answer is neutral.", "a.", "neutral"),
    ],
)
def test_forms_of_teacher_text(name, text, rationale, label):
    assert parse_teacher_output(name, text) == (rationale, label)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize(
    "unit",
    [
        "So the answer is ",
        "the answer is (a)(b) ",
        "so    ",
        "Answer: 1 and ",
        "((1 + ",
        "So\n\n",
        "*",
        "Result: 7\n",
    ],
)
def test_long_repetitive_text_is_read_in_linear_time(name, unit):
    # The process's own time: another may have the core.
    start = time.process_time()
    parse_teacher_output(name, unit * 20_000)
    assert time.process_time() - start < 3.0


def test_unknown_dataset_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="'svamp'"):
        parse_teacher_output("svmp", "")
