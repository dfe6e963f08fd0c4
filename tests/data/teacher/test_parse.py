"""Teachers' texts in every form that `forms.toml` lists, and of any kind, by our and the released rules."""

import re
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import equation_value, same_value
from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.specs import DATASETS, NLI_LABELS
from mi_cot_lib.data.teacher.label_readers import Problem
from mi_cot_lib.data.teacher.parse import parse_teacher_output, read_teacher, split_teacher_output
from mi_cot_lib.data.teacher.released_rules import parse_as_released, value_as_released
from mi_cot_lib.errors import ConfigError
from tests.data.folders import REAL, needs_real_data

FORMS = tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))


def spoken(label):
    """A label as it stands there, or why there is none."""
    return Problem(label) if label in {problem.value for problem in Problem} else label


def by_form(table):
    """What each form of one kind says: a label, or why there is none."""
    groups = {**table["read"], **{key: forms for key, forms in table.items() if key != "read"}}
    return {form: spoken(label) for label, forms in groups.items() for form in forms}


def rows(table):
    """Data set, text, rationale and label of each text."""
    return [(name, text, *parts) for name, texts in table.items() for text, parts in texts.items()]


CHOICES = ("printer", "box", "farmer's market", "cabinet", "office")

INVENTED, ANNOUNCED = FORMS["invented"], FORMS["announced"]
# A way to write a value, and the value; None where what is written is none that can be read.
NUMBERS = FORMS["numbers"]["read"] | dict.fromkeys(FORMS["numbers"]["unread"])
LABELS, CHOSEN = by_form(FORMS["labels"]), by_form(FORMS["choices"])


def value_of(label):
    return None if label is None else equation_value(label)


def result_of(dataset, text, choices=()):
    reading = read_teacher(dataset, text, choices)
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
    assert result_of("svamp", text) == spoken(expected)


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
    assert result_of("anli1", f"a. So the answer is {written}.") == expected


@pytest.mark.parametrize(("written", "expected"), CHOSEN.items())
@pytest.mark.parametrize("decorated", ["{}", "**{}**", '"{}"', "{}.", "{}.</s>", "\\boxed{{{}}}"])
def test_a_choice_is_one_of_the_choices_or_counted_for_what_it_is(written, expected, decorated):
    text = f"a. So the answer is {decorated.format(written)}"
    assert result_of("cqa", text, CHOICES) == expected


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


fragments = st.sampled_from(FORMS["fragments"])
teacher_like = st.lists(st.one_of(fragments, st.text(max_size=8)), max_size=12).map("".join)
any_text = st.one_of(st.text(), teacher_like)
names = st.sampled_from(list(DATASETS))


@given(names, any_text)
def test_segments_joined_are_the_text_and_parts_are_none_or_trimmed_text_of_it(name, text):
    assert "".join(split_teacher_output(name, text)) == text
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


# Colons and a lone Q make headings, and a model's own tokens are no text.
MODELS_TOKEN = re.compile(r"</?s>|<\||\[/?INST\]", re.IGNORECASE)
plain_rationales = st.text(
    st.characters(codec="utf-8", exclude_characters=":Qq", exclude_categories=("Cs",)), min_size=1
).filter(
    lambda text: text.strip() and "answer" not in text.lower() and not MODELS_TOKEN.search(text)
)


@pytest.mark.parametrize("token", ["</s>", "<S>", "[/INST]", "<|end|>"])
def test_a_models_own_token_ends_what_is_read(token):
    assert parse_teacher_output("esnli", f"It is so.{token}\nAnswer: neutral").label is None


@given(plain_rationales, st.sampled_from(NLI_LABELS))
def test_a_whole_rationale_comes_back_character_by_character(rationale, label):
    expected = (rationale.strip(), label)
    assert parse_teacher_output("esnli", f"{rationale}\nAnswer: {label}\n\nPremise: A") == expected
    assert parse_teacher_output("anli1", f"{rationale} So the answer is {label}.") == expected


@pytest.mark.parametrize(("name", "text", "rationale", "label"), rows(FORMS["parsed"]))
def test_forms_of_teacher_text(name, text, rationale, label):
    assert parse_teacher_output(name, text) == (rationale or None, label or None)


@pytest.mark.parametrize("name", ["svamp", "cqa", "esnli"])
@pytest.mark.parametrize("unit", FORMS["units"])
def test_long_repetitive_text_is_read_in_linear_time(name, unit):
    # The process's own time: another may have the core.
    start = time.process_time()
    parse_teacher_output(name, unit * 20_000)
    assert time.process_time() - start < 3.0


def test_unknown_dataset_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="'svamp'"):
        parse_teacher_output("svmp", "")


@pytest.mark.parametrize(("name", "text", "rationale", "label"), rows(FORMS["released"]))
def test_each_released_rule(name, text, rationale, label):
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
def test_the_released_value_is_what_python_would_give(equation, value):
    assert value_as_released(equation) == value


@given(st.sampled_from(["svamp", "cqa", "esnli", "anli1"]), st.text())
def test_no_text_makes_the_released_rules_raise(name, text):
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
