"""What other teachers write: their announcements, decorations, invented questions and numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import equation_value, same_value
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.teacher.parse import parse_teacher_output, read_teacher
from tests.data.teacher.forms import FORMS, by_form, spoken

CHOICES = ("printer", "box", "farmer's market", "cabinet", "office")

INVENTED, ANNOUNCED = FORMS["invented"], FORMS["announced"]
# A way to write a value, and the value; None where what is written is none that can be read.
NUMBERS = FORMS["numbers"]["read"] | dict.fromkeys(FORMS["numbers"]["unread"])
LABELS, CHOSEN = by_form(FORMS["labels"]), by_form(FORMS["choices"])


def value_of(label):
    return None if label is None else equation_value(label)


def result_of(reading):
    return reading.problem or reading.output.label


@pytest.mark.parametrize("mark", INVENTED)
def test_an_invented_question_gives_neither_label_nor_rationale(mark):
    foreign = mark.format("Lu is tall.\nLu is short. So the answer is contradiction.")
    own = parse_teacher_output("anli1", f"Mo was born in Oslo. So the answer is neutral.{foreign}")
    assert own == ("Mo was born in Oslo.", "neutral")
    foreign = mark.format("Bo eats 2 of 9 figs. The answer is (9 - 2).")
    own = parse_teacher_output("svamp", f"3 and 4 pens. The answer is (3 + 5).{foreign}")
    assert own == ("3 and 4 pens.", "(3 + 5)")


@pytest.mark.parametrize(("text", "expected"), [*FORMS["lists"].items(), *FORMS["steps"].items()])
def test_lists_steps_and_what_follows_an_unread_answer_are_told_from_an_answer(text, expected):
    assert result_of(read_teacher("svamp", text)) == spoken(expected)


@pytest.mark.parametrize("announced", ANNOUNCED)
def test_announcements_of_other_teachers_are_read(announced):
    for name, written, label in (
        ("esnli", "neutral", "neutral"), ("svamp", "3 + 4", "3 + 4"), ("cqa", "(b) box", "box"),
    ):  # fmt: skip
        text = f"Mo was born in Oslo. {announced.format(written)}\n\nQ: more"
        assert parse_teacher_output(name, text, CHOICES) == ("Mo was born in Oslo.", label)


@pytest.mark.parametrize(("text", "rationale"), FORMS["headings"].items())
def test_thoughts_echoes_headings_and_json_leave_the_reasoning(text, rationale):
    found = parse_teacher_output("svamp", text)
    assert (found.rationale, value_of(found.label)) == (rationale, 7)


@pytest.mark.parametrize(
    "text",
    ["<think>The answer is 7", "The answer is 7 or 8.", "The answer is 5. The answer is (8 - 2)."],
)
def test_thoughts_without_end_and_two_answers_give_no_label(text):
    assert parse_teacher_output("svamp", text).label is None


def test_an_echo_is_the_question_that_was_asked_or_no_answer():
    text = "Q: Al has 3 and 4 figs?\nA: 3 plus 4. The answer is (3 + 4)."
    own, other = "Al has 3 and 4 figs?", "Bo has 9 pens?"
    assert parse_teacher_output("svamp", text, question=own) == ("3 plus 4.", "(3 + 4)")
    assert parse_teacher_output("svamp", text, question=other) == (None, None)
    text = "Premise: Mo sits.\nHypothesis: Mo runs.\nAnswer: contradiction"
    assert (
        parse_teacher_output("anli1", text, question="Mo sits.</s>Mo runs.").label == NLI_LABELS[2]
    )


@pytest.mark.parametrize(("written", "value"), NUMBERS.items())
def test_a_number_is_read_as_it_is_meant_or_not_at_all(written, value):
    assert value_of(parse_teacher_output("svamp", f"a. The answer is {written}.").label) == value


@pytest.mark.parametrize(("written", "expected"), LABELS.items())
def test_an_nli_label_is_read_or_counted_for_what_it_is(written, expected):
    assert result_of(read_teacher("anli1", f"a. So the answer is {written}.")) == expected


@pytest.mark.parametrize(("written", "expected"), CHOSEN.items())
@pytest.mark.parametrize("decorated", ["{}", "**{}**", '"{}"', "{}.", "{}.</s>", "\\boxed{{{}}}"])
def test_a_choice_is_one_of_the_choices_or_counted_for_what_it_is(written, expected, decorated):
    text = f"a. So the answer is {decorated.format(written)}"
    assert result_of(read_teacher("cqa", text, CHOICES)) == expected


def test_a_choice_called_like_a_count_is_a_choice():
    text = "a. So the answer is (b) outside."
    assert parse_teacher_output("cqa", text, ("ambiguous", "outside")).label == "outside"


def one_of(*texts):
    return st.sampled_from(texts)


rationales = one_of(
    "3 and 4 make 7.", "Step 1: add.\nStep 2: 10 - 3.", "It is **so**:\n- 5 apples", "12:30 is noon"
)
leads = one_of("", "<think>12 or 5</think>\n", "Answer: ", "\n", "Sure! ", "A: ")
tails = st.sampled_from(FORMS["tails"])
decorations = one_of("{}", "**{}**", "*{}*", "`{}`", '"{}"', "“{}”", "$\\boxed{{{}}}$")


@st.composite
def teacher_texts(draw, written):
    """Compose a teacher's text around one way to write a label."""
    label = draw(decorations).format(written)
    announced = draw(st.sampled_from(ANNOUNCED)).format(label)
    more = draw(st.sampled_from(ANNOUNCED)).format(draw(st.sampled_from(["99", "neutral", "(a)"])))
    invented = draw(st.sampled_from(["", *INVENTED])).format(more)
    return f"{draw(leads)}{draw(rationales)} {announced}{draw(tails)}{invented}"


@given(st.data(), st.sampled_from(list(NUMBERS.items())))
def test_no_composition_gives_a_number_that_was_not_meant(data, number):
    written, value = number
    text = data.draw(teacher_texts(written))
    reading = read_teacher("svamp", text)
    assert "".join(reading.segments) == text
    found = value_of(reading.output.label)
    assert found is None or same_value(found, value)
    assert "99" not in (reading.output.rationale or "")


@pytest.mark.parametrize(("dataset", "forms"), [("anli1", LABELS), ("cqa", CHOSEN)])
@given(data=st.data())
def test_no_composition_gives_a_label_that_was_not_meant(dataset, forms, data):
    written, expected = data.draw(st.sampled_from(list(forms.items())))
    text = data.draw(teacher_texts(written))
    reading = read_teacher(dataset, text, CHOICES if dataset == "cqa" else ())
    assert "".join(reading.segments) == text
    assert reading.output.label in (None, expected)
