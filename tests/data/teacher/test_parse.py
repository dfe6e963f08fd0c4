"""The parser: the forms that teachers write, and text of any kind."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.specs import DATASETS, NLI_LABELS
from mi_cot_lib.data.teacher.parse import parse_teacher_output, split_teacher_output
from mi_cot_lib.errors import ConfigError
from tests.data.teacher.forms import FORMS, rows

fragments = st.sampled_from(FORMS["fragments"])
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
