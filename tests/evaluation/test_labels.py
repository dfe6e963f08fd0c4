"""Generation stops at the length of the longest label, and no answer changes whether it is right."""

from math import log

import pytest

from mi_cot_lib.data.check import candidate_labels
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.data.specs import Example
from mi_cot_lib.evaluation.generate import generate_plain
from mi_cot_lib.evaluation.predict import label_limits, may_become, predict
from mi_cot_lib.evaluation.score import is_correct
from mi_cot_lib.student.encode import PREDICT_PREFIX

BUILT_IN = ["nano_cqa", "nano_esnli", "nano_anli"]


def check_candidates(dataset, examples, tokeniser):
    candidates = [candidate_labels(dataset, example) for example in examples]
    assert None not in candidates
    labels = [example.label for example in examples]
    assert all(label in found for label, found in zip(labels, candidates, strict=True))

    class Only:
        """A student of whom only the tokeniser is needed."""

    Only.tokeniser = tokeniser
    for found, limit in zip(candidates, label_limits(Only, candidates, 64), strict=True):
        assert max(len(ids) for ids in tokeniser(list(found))["input_ids"]) == limit


@pytest.mark.parametrize("dataset", BUILT_IN)
def test_gold_is_a_candidate_and_all_candidates_fit_on_built_in_data(dataset, nano):
    check_candidates(dataset, load_split(dataset, "test"), nano.tokeniser)


@pytest.mark.parametrize("dataset", ["cqa", "esnli", "anli1"])
def test_gold_is_a_candidate_and_all_candidates_fit_on_real_data(dataset, real_student, shared):
    examples = load_split(dataset, "test", shared / "dss")[:2_000]
    check_candidates(dataset, examples, real_student.tokeniser)
    if dataset == "cqa":
        # Some rows list a choice twice; it is one candidate.
        listed = [listed_choices(example.input) for example in examples]
        assert all(len(choices) == 5 for choices in listed)
        assert sum(len(set(choices)) < 5 for choices in listed) == 24
        assert all(
            candidate_labels(dataset, example) == tuple(dict.fromkeys(choices))
            for example, choices in zip(examples, listed, strict=True)
        )


def test_equations_have_no_candidates():
    assert candidate_labels("nano_svamp", load_split("nano_svamp", "test")[0]) is None


def test_an_example_whose_label_is_no_candidate_is_open():
    odd = Example("x", "Why?\nAnswer Choices:\n(a) yes\n(b) no", "perhaps", None, None)
    assert candidate_labels("cqa", odd) is None
    assert candidate_labels("cqa", Example("x", "Why?", "yes", None, None)) is None


def test_open_labels_keep_the_limit_that_was_asked_for(nano):
    assert label_limits(nano, [None, ("neutral",)], 64)[0] == 64
    assert label_limits(nano, [None, None], 7) == [7, 7]
    assert label_limits(nano, [("contradiction",)], 2) == [2]


def test_a_text_may_become_a_label_only_if_it_begins_one():
    assert all(
        may_become(text, ("ice cream", "snow")) for text in ("", "ice", "ice cr", "ice  cream")
    )
    assert not any(may_become(text, ("ice cream", "snow")) for text in ("icy", "a"))


def check_same_answers(student, dataset, examples):
    found = predict(
        student,
        examples,
        dataset,
        "finetune",
        explain=False,
        max_input_tokens=256,
        max_new_tokens=64,
        max_rationale_tokens=64,
    )
    prompts = [PREDICT_PREFIX + example.input for example in examples]
    right = 0
    for example, one, (text, confidence) in zip(
        examples, found, generate_plain(student, prompts, 256, 64), strict=True
    ):
        correct = is_correct(dataset, text, example.label)
        right += correct
        assert one.correct is correct
        if one.predicted == text:
            continue
        assert not correct and text not in candidate_labels(dataset, example)
        assert one.log_probability >= log(confidence) - 1e-3
    return right


@pytest.mark.parametrize("dataset", BUILT_IN)
def test_right_answers_are_those_of_64_tokens(dataset, trained_nano, nano):
    examples = load_split(dataset, "test")[:100]
    assert check_same_answers(trained_nano(dataset), dataset, examples) > 0
    check_same_answers(nano, dataset, examples[:20])


def test_right_answers_are_those_of_64_tokens_on_real_cqa(real_student, shared):
    examples = load_split("cqa", "test", shared / "dss")[:24]
    check_same_answers(real_student, "cqa", examples)


def test_a_label_spelt_in_more_tokens_than_usual_is_still_read_whole(trained_nano, monkeypatch):
    examples = load_split("nano_esnli", "test")[:20]
    # With the labels' lengths understated every right answer runs over its limit.
    monkeypatch.setattr(
        "mi_cot_lib.evaluation.predict.label_limits", lambda *_: [1] * len(examples)
    )
    assert check_same_answers(trained_nano("nano_esnli"), "nano_esnli", examples) > 0
