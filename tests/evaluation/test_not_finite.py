"""An answer whose probability is no number is no answer: it is refused with its row, never scored."""

import json

import pytest
import torch

from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.evaluation.generate import generate, outputs
from mi_cot_lib.evaluation.predict import Prediction, predict, read_predictions
from mi_cot_lib.student.load import load_student

WORDS = ("pens", "qqq", "figs")
CHOICES = "\nAnswer Choices:\n(a) pen\n(b) fig"


def examples(question: str = "Ann has 3 {}.") -> list[Example]:
    return [
        Example(f"x/test/{row}", question.format(word) + CHOICES, "pen", None, None)
        for row, word in enumerate(WORDS)
    ]


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


def ask(student, dataset, method, rows=None, explain=False):
    return predict(
        student,
        rows or examples(),
        dataset,
        method,
        explain=explain,
        max_input_tokens=64,
        max_new_tokens=6,
        max_rationale_tokens=8,
    )


@pytest.mark.parametrize(
    ("dataset", "method"),
    [("nano_svamp", "finetune"), ("nano_svamp", "single_task"), ("nano_cqa", "dss")],
)
def test_the_row_whose_answer_is_no_number_is_named(spoiled, dataset, method):
    with pytest.raises(KitError) as refused:
        ask(spoiled, dataset, method)
    said = str(refused.value)
    assert "\n" not in said
    assert "x/test/1" in said and "not finite" in said
    for row in (0, 2):
        (answer,) = ask(spoiled, dataset, method, examples()[row : row + 1])
        assert 0 <= answer.confidence <= 1


@pytest.mark.parametrize("plain", [False, True])
def test_fast_and_plain_generation_refuse_it_alike(spoiled, plain):
    with pytest.raises(KitError, match="not finite"):
        outputs(spoiled, ["predict: qqq"], 32, [4], plain=plain)


def test_the_probability_of_a_candidate_must_be_finite_as_well(spoiled):
    # What the student writes is all numbers; what it would write of the second candidate is not.
    with pytest.raises(KitError, match="not finite"):
        outputs(spoiled, ["predict: Ann"], 32, [4], candidates=[("pens", "qqq")])


def test_without_ids_the_prompt_is_named(spoiled):
    with pytest.raises(KitError, match="predict: qqq"):
        generate(spoiled, ["predict: pens", "predict: qqq"], 32, 4)


def test_no_features_are_made_of_them(spoiled):
    with pytest.raises(KitError, match="x/test/1"):
        student_features(
            spoiled, examples(), max_input_tokens=64, max_new_tokens=4, max_rationale_tokens=4
        )


def prediction(**changes) -> dict:
    values = {
        **{"id": "x/test/0", "gold": "a", "predicted": "a", "correct": True, "rationale": None},
        **{"candidates": None, "scores": None, "log_probability": -0.5, "tokens": 2},
    }
    return {**values, **changes}


WRONG = [
    {"log_probability": float("nan")},
    {"log_probability": float("-inf")},
    {"candidates": ("a", "b"), "scores": (-1.0, float("nan"))},
    {"candidates": ("a", "b"), "scores": (-1.0, float("inf"))},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_prediction_is_made_of_finite_numbers_or_not_at_all(wrong):
    with pytest.raises(ValueError, match="x/test/0"):
        Prediction(**prediction(**wrong))


@pytest.mark.parametrize("wrong", [*WRONG, {"log_probability": None}])
def test_a_file_with_such_a_prediction_is_refused_with_its_line(tmp_path, wrong):
    path = tmp_path / "predictions.jsonl"
    rows = [prediction(), prediction(**wrong)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 2"):
        read_predictions(path)
