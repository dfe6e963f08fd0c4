"""The simulated teacher: as often right as it was told to be, in the real teacher's manner."""

import random
import re

import pytest

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.teacher.parse import parse_teacher_output
from mi_cot_lib.data.worlds.teacher import raw_outputs
from tests.data.worlds.made import WORLDS

USUAL = {
    "svamp": r" The answer is \(.*\)\.\n\nQ: .*\?\nA: \S",
    "cqa": r" So the answer is \([a-e]\) [^\n]*\.\n\nQ: .*\nAnswer Choices:\n\(a\) [^\0]*\nA: \S",
    "anli1": r" So the answer is \w+\.\n\nPremise: .*\nHypothesis: .*\nAnswer: \S",
    "esnli": r"\nAnswer: \w+\n\nPremise: .*\nHypothesis: .*\nReasonings: \S",
}


@pytest.fixture(scope="module", params=list(WORLDS))
def family(request):
    return request.param


@pytest.fixture(scope="module")
def items(family):
    return WORLDS[family].items(600, random.Random(5))


def says(family, text, label):
    found = parse_teacher_output(family, text).label
    if family == "svamp":
        return found is not None and equation_value(found) == equation_value(label)
    return found == label


@pytest.mark.parametrize("accuracy", [0, 0.123, 0.5, 0.74, 1])
def test_exactly_the_wanted_share_is_right(family, items, accuracy):
    texts = raw_outputs(family, items, accuracy, random.Random(1))
    right = sum(
        says(family, text, item.right.label) for text, item in zip(texts, items, strict=True)
    )
    assert right == round(len(items) * accuracy)


def test_a_text_argues_for_the_label_that_it_announces(family, items):
    texts = raw_outputs(family, items, 0.5, random.Random(2))
    for text, item in zip(texts, items, strict=True):
        found = parse_teacher_output(family, text)
        if found.label is None:
            continue
        assert any(
            says(family, text, argument.label)
            and found.rationale.removesuffix(".").removesuffix(",")
            == argument.rationale.removesuffix(".")
            for argument in (item.right, *item.wrong)
        ), text


@pytest.mark.parametrize(("accuracy", "most"), [(0.7, 0.05), (1, 0.03)])
def test_most_texts_look_like_the_real_ones_and_run_on_and_a_few_slip(
    family, items, accuracy, most
):
    texts = raw_outputs(family, items, accuracy, random.Random(3))
    others = sum(re.search(USUAL[family], text) is None for text in texts)
    assert 1 <= others <= most * len(texts)


def test_a_few_wrong_texts_break_off_before_any_answer(family, items):
    for accuracy, cut in ((0.7, 9), (0, 9), (1, 0), (0.995, 3)):
        texts = raw_outputs(family, items, accuracy, random.Random(4))
        unread = [text for text in texts if parse_teacher_output(family, text).label is None]
        assert len(unread) == cut
        announced = re.compile(r"answer is|^answer:", re.IGNORECASE | re.MULTILINE)
        assert not any(announced.search(text.split("\n\n")[0]) for text in unread)
