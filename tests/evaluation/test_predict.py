"""Answers: in a batch as alone, cut only where no label is cut, right by value or text, finite or refused."""

import json

import pytest
import torch

from mi_cot_lib.data.check import candidate_labels
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.evaluation.generate import generate, outputs
from mi_cot_lib.evaluation.predict import (
    Prediction,
    accuracy,
    is_correct,
    label_limits,
    may_become,
    predict,
    read_predictions,
)
from mi_cot_lib.student.encode import ANSWER_MARK, PREDICT_PREFIX, REASON_MARK, split_one
from mi_cot_lib.student.load import load_student

BUILT_IN = ["nano_cqa", "nano_esnli", "nano_anli"]
WORDS = ("pens", "qqq", "figs")


@pytest.fixture(scope="module")
def problems():
    return load_split("nano_svamp", "test")[:12]


def ask(student, examples, dataset, method, *, explain=False, limit=16):
    return predict(
        student,
        examples,
        dataset,
        method,
        explain=explain,
        max_input_tokens=256,
        max_new_tokens=limit,
        max_rationale_tokens=24,
    )


def test_a_batchs_answers_are_those_alone_with_the_teacher_forced_probability_of_each(
    nano, problems
):
    prompts, heard = [PREDICT_PREFIX + example.input for example in problems], []
    together = generate(nano, prompts, 256, 24, heard.append)
    assert sum(heard) == len(problems)
    for prompt, (text, confidence) in zip(prompts, together, strict=True):
        ids = nano.tokeniser(prompt, return_tensors="pt")
        with torch.no_grad():
            sequence = nano.model.generate(**ids, max_new_tokens=24, do_sample=False)
            logits = nano.model(**ids, decoder_input_ids=sequence[:, :-1]).logits
        logs = logits.log_softmax(-1).gather(-1, sequence[:, 1:, None]).sum()
        assert confidence == pytest.approx(logs.exp().item(), rel=1e-4, abs=1e-9)
        assert text == nano.tokeniser.decode(sequence[0], skip_special_tokens=True).strip()


def test_predictions_keep_the_order_of_their_examples_and_explain_where_asked_and_trained(
    nano, problems
):
    predictions = ask(nano, problems, "nano_svamp", "dss", explain=True)
    assert [(p.id, p.gold) for p in predictions] == [(e.id, e.label) for e in problems]
    assert all(0 <= p.confidence <= 1 and isinstance(p.rationale, str) for p in predictions)
    assert accuracy(predictions) == sum(p.correct for p in predictions) / len(problems)
    for method, explain in (("dss", False), ("finetune", True)):
        found = ask(nano, problems, "nano_svamp", method, explain=explain)
        assert all(p.rationale is None for p in found)


@pytest.mark.parametrize(
    ("dataset", "predicted", "gold", "right"),
    [
        ("svamp", " (2 + 2) * 3", "( 3.0 * 4.0 ) ", True),
        ("svamp", "( 84.0 - 2.0 )", "( 84.0 / 2.0 )", False),
        ("svamp", "( 84.0 / 0.0 )", "( 84.0 / 2.0 )", False),
        ("svamp", "", "( 84.0 / 2.0 )", False),
        ("svamp", "__import__('os').system('true')", "( 1.0 - 1.0 )", False),
        ("esnli", " neutral ", "neutral", True),
        ("nano_cqa", "Neutral", "neutral", False),
        ("anli1", "neutral.", "neutral", False),
    ],
)
def test_an_answer_is_right_by_value_or_by_exact_text_but_for_outer_space(
    dataset, predicted, gold, right
):
    assert is_correct(dataset, predicted, gold) is right


def test_one_sequence_is_split_at_the_mark_beside_the_label():
    text = f"So 2 + 2 = 4.{ANSWER_MARK}( 2.0 + 2.0 )"
    assert split_one(text, False) == ("So 2 + 2 = 4.", "( 2.0 + 2.0 )")
    assert split_one(f"a{ANSWER_MARK}b{ANSWER_MARK}c", False) == (f"a{ANSWER_MARK.rstrip()} b", "c")
    assert split_one(f"c{REASON_MARK}a{REASON_MARK}b", True) == (f"a{REASON_MARK.rstrip()} b", "c")
    for label_first in (False, True):
        assert split_one("no mark at all", label_first) == ("no mark at all", "")


# Generation stops at the length of the longest label, and no answer changes whether it is right.
@pytest.mark.parametrize("dataset", [*BUILT_IN, "cqa", "esnli", "anli1"])
def test_gold_is_a_candidate_and_all_candidates_fit(dataset, request, nano):
    student, root = nano, None
    if dataset not in BUILT_IN:
        student, root = (request.getfixturevalue(name) for name in ("real_student", "shared"))
        root /= "dss"
    examples = load_split(dataset, "test", root)[:2_000]
    candidates = [candidate_labels(dataset, example) for example in examples]
    for example, found, limit in zip(
        examples, candidates, label_limits(student, candidates, 64), strict=True
    ):
        assert example.label in found
        assert max(len(ids) for ids in student.tokeniser(list(found))["input_ids"]) == limit
    if dataset == "cqa":
        # Some rows list a choice twice; it is one candidate.
        listed = [listed_choices(example.input) for example in examples]
        assert sum(len(set(choices)) < 5 for choices in listed) == 24
        assert [tuple(dict.fromkeys(choices)) for choices in listed] == candidates


def test_an_example_whose_labels_are_not_known_keeps_the_limit_that_was_asked_for(nano, problems):
    odd = Example("x", "Why?\nAnswer Choices:\n(a) yes\n(b) no", "perhaps", None, None)
    assert candidate_labels("cqa", odd) is None
    assert candidate_labels("cqa", Example("x", "Why?", "yes", None, None)) is None
    assert candidate_labels("nano_svamp", problems[0]) is None
    assert label_limits(nano, [None, ("neutral",)], 64)[0] == 64
    assert label_limits(nano, [None, None], 7) == [7, 7]
    assert label_limits(nano, [("contradiction",)], 2) == [2]


def test_a_text_may_become_a_label_only_if_it_begins_one():
    for text, may in {"": True, "ice cr": True, "ice  cream": True, "icy": False}.items():
        assert may_become(text, ("ice cream", "snow")) is may


def check_same_answers(student, dataset, examples):
    """Check against 64 tokens by `model.generate`, and return how many are right."""
    found = ask(student, examples, dataset, "finetune", limit=64)
    prompts = [PREDICT_PREFIX + example.input for example in examples]
    whole = outputs(student, prompts, 256, [64] * len(prompts), plain=True)
    for example, one, (text, log_probability, *_) in zip(examples, found, whole, strict=True):
        assert one.correct is is_correct(dataset, text, example.label)
        if one.predicted != text:
            assert not one.correct and text not in candidate_labels(dataset, example)
            assert one.log_probability >= log_probability - 1e-3
    return sum(one.correct for one in found)


@pytest.mark.parametrize("dataset", BUILT_IN)
def test_right_answers_are_those_of_64_tokens(dataset, trained_nano, nano):
    examples = load_split(dataset, "test")[:60]
    assert check_same_answers(trained_nano(dataset), dataset, examples) > 0
    check_same_answers(nano, dataset, examples[:20])


def test_right_answers_are_those_of_64_tokens_on_real_cqa(real_student, shared):
    check_same_answers(real_student, "cqa", load_split("cqa", "test", shared / "dss")[:24])


def test_a_label_spelt_in_more_tokens_than_usual_is_still_read_whole(trained_nano, monkeypatch):
    # With the labels' lengths understated every right answer runs over its limit.
    monkeypatch.setattr("mi_cot_lib.evaluation.predict.label_limits", lambda *_: [1] * 20)
    examples = load_split("nano_esnli", "test")[:20]
    assert check_same_answers(trained_nano("nano_esnli"), "nano_esnli", examples) > 0


# An answer whose probability is no number is no answer: it is refused with its row, never scored.
@pytest.fixture
def spoiled():
    """A student that computes no numbers of a text with a q in it."""
    student = load_student("nano16")
    ids = {one: student.tokeniser(f"Ann {one}.")["input_ids"] for one in WORDS}
    own = set(ids["qqq"]) - set(ids["pens"]) - set(ids["figs"])
    # A head of its own, so that the word spoils no other row's output.
    student.model.lm_head.weight = torch.nn.Parameter(student.model.shared.weight.detach().clone())
    with torch.no_grad():
        student.model.shared.weight[list(own)] = float("nan")
    return student


QUESTIONS = [
    Example(
        f"x/test/{row}", f"Ann has 3 {word}.\nAnswer Choices:\n(a) pen\n(b) fig", "pen", None, None
    )
    for row, word in enumerate(WORDS)
]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda one: ask(one, QUESTIONS, "nano_svamp", "finetune"), "x/test/1"),
        (lambda one: ask(one, QUESTIONS, "nano_svamp", "single_task"), "x/test/1"),
        (lambda one: ask(one, QUESTIONS, "nano_cqa", "dss"), "x/test/1"),
        (lambda one: outputs(one, ["predict: qqq"], 32, [4]), "predict: qqq"),
        (lambda one: outputs(one, ["predict: qqq"], 32, [4], plain=True), "predict: qqq"),
        # What the student writes is all numbers; what it would write of the second candidate is not.
        (lambda one: outputs(one, ["predict: Ann"], 32, [4], candidates=[("pens", "qqq")]), "Ann"),
        (lambda one: generate(one, ["predict: pens", "predict: qqq"], 32, 4), "predict: qqq"),
        (
            lambda one: student_features(
                one, QUESTIONS, max_input_tokens=64, max_new_tokens=4, max_rationale_tokens=4
            ),
            "x/test/1",
        ),
    ],
    ids=["open", "single", "closed", "fast", "plain", "candidate", "generate", "features"],
)
def test_no_way_of_answering_takes_what_is_no_number_and_its_row_is_named(spoiled, answer, said):
    with pytest.raises(KitError, match=f"not finite.*{said}") as refused:
        answer(spoiled)
    assert "\n" not in str(refused.value)
    # Of the others it computes numbers.
    for row in (0, 2):
        assert 0 <= ask(spoiled, QUESTIONS[row : row + 1], "nano_cqa", "dss")[0].confidence <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_probability": float("nan")},
        {"log_probability": float("-inf")},
        {"candidates": ("a", "b"), "scores": (-1.0, float("nan"))},
        {"candidates": ("a", "b"), "scores": (-1.0, float("inf"))},
        {"log_probability": None},
    ],
)
def test_a_prediction_is_made_of_finite_numbers_or_refused_with_its_line(tmp_path, wrong):
    right = {
        **{"id": "x/test/0", "gold": "a", "predicted": "a", "correct": True, "rationale": None},
        **{"candidates": None, "scores": None, "log_probability": -0.5, "tokens": 2},
    }
    with pytest.raises((ValueError, TypeError), match="x/test/0|real number"):
        Prediction(**right | wrong)
    path = tmp_path / "predictions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (right, right | wrong)))
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 2"):
        read_predictions(path)
