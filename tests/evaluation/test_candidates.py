"""Scores of candidate labels are teacher-forced log-probabilities, and confidence is their softmax."""

import math

import pytest
import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.evaluation import generate as scoring
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.evaluation.predict import predict
from mi_cot_lib.evaluation.read import read_prompts
from tests.student.small_bart import small_bart


def score_one_by_one(student, prompt, label):
    """The plain twin: one prompt, one label, the model's own loss."""
    prompt_ids = student.tokeniser(prompt, return_tensors="pt")["input_ids"]
    label_ids = student.tokeniser(label, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        loss = student.model(input_ids=prompt_ids, labels=label_ids).loss
    return -loss.item() * label_ids.shape[1]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("first", [("a", "b c"), None])
def test_scores_are_teacher_forced_log_probabilities_of_any_number_of_candidates(
    nano, first, plain
):
    prompts = ["predict: Ann sees a cat.", "predict: Max has 3 pens and a long red rope."]
    candidates = [first, ("a", "b c", "pens")]
    found = outputs(nano, prompts, 256, [2, 2], candidates=candidates, plain=plain)
    assert (found[0].scores is None) == (first is None)
    for prompt, labels, one in zip(prompts, candidates, found, strict=True):
        expected = [score_one_by_one(nano, prompt, label) for label in labels or ()]
        assert (one.scores or []) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("most", [scoring.MAX_LOGITS, 1], ids=["together", "one by one"])
def test_another_architecture_scores_its_own_losses(monkeypatch, most):
    monkeypatch.setattr(scoring, "MAX_LOGITS", most)
    model = small_bart()
    ids = torch.randint(4, 60, (3, 7))
    mask = (torch.arange(7) < torch.tensor([[7], [4], [6]])).long()
    labels = [[[5, 6, 2], [7, 2]], [[8, 2]], [[9, 10, 11, 2], [5, 2], [6, 2]]]
    with torch.inference_mode():
        found = scoring.candidate_scores(read_prompts(model, ids, mask), labels)
        for row, (own, scores) in enumerate(zip(labels, found, strict=True)):
            prompt = {"input_ids": ids[row, None], "attention_mask": mask[row, None]}
            losses = [model(**prompt, labels=torch.tensor([one])).loss.item() for one in own]
            plain = [-loss * len(one) for loss, one in zip(losses, own, strict=True)]
            assert scores == pytest.approx(plain, rel=1e-4)


def answers(student, dataset, method="dss"):
    limits = {"max_input_tokens": 256, "max_new_tokens": 64, "max_rationale_tokens": 64}
    examples = load_split(dataset, "test")[:40]
    return predict(student, examples, dataset, method, explain=False, **limits)


def test_confidence_in_a_closed_set_is_the_softmax_over_its_labels(trained_nano):
    student, compared = trained_nano("nano_cqa"), 0
    for one in answers(student, "nano_cqa"):
        shares = [math.exp(score) for score in one.scores]
        assert one.confidence == pytest.approx(max(shares) / sum(shares), rel=1e-9)
        assert one.confidence >= 1 / len(one.candidates)
        assert one.choice == one.candidates[shares.index(max(shares))]
        sizes = {len(ids) for ids in student.tokeniser(list(one.candidates))["input_ids"]}
        # A written label of one token is the one that scores highest.
        if one.predicted in one.candidates and sizes == {2}:
            assert one.choice == one.predicted
            compared += 1
    assert compared > 10


@pytest.mark.parametrize(
    ("dataset", "method"), [("nano_svamp", "dss"), ("nano_cqa", "single_task")]
)
def test_confidence_in_an_open_text_or_after_a_rationale_is_the_probability_of_its_sequence(
    nano, dataset, method
):
    for one in answers(nano, dataset, method):
        assert one.scores is None and one.choice == one.predicted
        assert one.confidence == pytest.approx(math.exp(one.log_probability))
