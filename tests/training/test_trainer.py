"""Training: what must be equal is equal, to the bit where the same numbers are added in one order."""

import math
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import pytest
import torch

from mi_cot_lib.errors import KitError
from mi_cot_lib.objective.forms import FORMS as ALL_FORMS
from mi_cot_lib.training.train import train
from tests.training.conftest import config, half_right, weights

FORMS = ("released", "paper")


@pytest.fixture(scope="module")
def trained(fit):
    """Train as `fit`, or return what these settings gave before."""
    return cache(lambda **changes: fit(config(**changes)))


def test_alpha3_zero_equals_dss_bit_for_bit(trained):
    dss, history = trained(method="dss")
    mi, other = trained(method="mi", alpha3=0.0)
    assert torch.equal(weights(dss), weights(mi))
    losses = [[row["loss"] for row in t.history if "loss" in row] for t in (history, other)]
    assert losses[0] == losses[1]


def test_a_repeated_run_is_the_same_and_another_seed_or_weight_of_the_mi_term_is_another(
    fit, trained
):
    student, run = trained(method="mi")
    again, repeated = fit(config(method="mi"))
    assert torch.equal(weights(student), weights(again))
    assert run.history == repeated.history
    for changes in ({"seed": 1}, {"alpha3": 1.0}, {"alpha3": 0.0}):
        assert not torch.equal(weights(student), weights(trained(method="mi", **changes)[0]))


@pytest.mark.parametrize("form", FORMS)
def test_accumulated_micro_batches_equal_the_large_batch(fit, make_student, form):
    # Without dropout the two differ only in the order in which floats are added.
    settings = config(method="mi", mi_form=form, alpha3=1.0)
    whole, whole_run = fit(settings, student=make_student(0.0))
    parts, parts_run = fit(replace(settings, micro_batch_size=1), student=make_student(0.0))
    torch.testing.assert_close(weights(whole), weights(parts), rtol=1e-3, atol=1e-4)
    for one, other in zip(whole_run.history, parts_run.history, strict=True):
        for name in one.keys() & {"loss", "loss_prediction", "loss_generation", "loss_mi"}:
            assert one[name] == pytest.approx(other[name], rel=1e-4), name
        for name in (name for name in one if name.startswith("grad_norm")):
            assert one[name] == pytest.approx(other[name], rel=1e-3), name


def test_an_interrupted_run_with_a_head_ends_as_the_uninterrupted_one(fit, trained, tmp_path):
    accuracies = iter([0.5])
    straight, straight_run = trained(method="mi", mi_form="variational")
    settings, folder = config(method="mi", mi_form="variational"), tmp_path / "stopped"
    with pytest.raises(StopIteration):
        fit(settings, folder, lambda model: {"accuracy": next(accuracies)})
    assert (folder / "checkpoints/checkpoint-2").is_dir()
    resumed, resumed_run = fit(settings, folder)
    assert torch.equal(weights(straight), weights(resumed))
    assert straight_run.history == resumed_run.history


def test_a_run_interrupted_after_its_last_step_takes_no_further_one(fit, tmp_path):
    # Three steps an epoch: the run ends in the middle of one, where the Trainer would go on.
    settings = config(method="mi", max_steps=7, eval_every=7)
    first, first_run = fit(settings, tmp_path / "run")
    again, again_run = fit(settings, tmp_path / "run")
    assert torch.equal(weights(first), weights(again))
    assert first_run.history == again_run.history
    assert again_run.selected_step == 7


def test_the_last_step_is_logged_whatever_the_interval_and_seconds_spent_before_count(
    fit, tmp_path
):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/progress.txt").write_text("3 5 100.0\n")
    _, run = fit(config(method="mi", max_steps=5, eval_every=5), tmp_path / "run")
    assert [row["step"] for row in run.history if "loss_mi" in row] == [2, 4, 5]
    assert run.seconds > 100


def test_the_step_that_validates_best_is_kept(fit, tmp_path):
    accuracies = iter([0.3, 0.9, 0.6])
    seen = []

    def validate(model):
        seen.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
        return {"accuracy": next(accuracies)}

    student, trained = fit(config(method="mi"), validate=validate)
    assert trained.selected_step == 4
    assert torch.equal(weights(student), seen[1])


def graded(*accuracies):
    """Validate with these accuracies in turn, the last one for good."""
    left = list(accuracies)
    return lambda model: {"accuracy": left.pop(0) if len(left) > 1 else left[0]}


@pytest.mark.parametrize(
    ("patience", "accuracies", "steps", "selected", "converged"),
    [
        (2, (0.1, 0.3, 0.2), 8, 4, True),
        # Equal is not better.
        (2, (0.3, 0.3), 6, 2, True),
        # What is hardly better is selected, but not waited on for; small gains add up.
        (2, (0.3, 0.304, 0.304), 6, 4, True),
        (2, (0.3, 0.304, 0.308, 0.3), 10, 6, True),
        # All steps are taken while it still becomes better, or where nobody waits for that.
        (3, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 12, 12, False),
        (0, (0.3, 0.3), 12, 2, False),
    ],
)
def test_training_ends_when_validation_has_not_become_better_for_long_enough(
    fit, examples, patience, accuracies, steps, selected, converged
):
    settings = config(method="dss", max_steps=12, patience=patience)
    _, trained = fit(settings, validate=graded(*accuracies), rows=examples[:8])
    found = (trained.steps, trained.selected_step, trained.converged)
    assert found == (steps, selected, converged)


def test_training_does_not_end_before_the_fourth_pass_over_the_training_set(fit):
    # Of 24 examples three steps of 8 are a pass.
    _, trained = fit(config(method="dss", max_steps=20, patience=2), validate=graded(0.3))
    assert (trained.steps, trained.selected_step, trained.converged) == (12, 2, True)


def recalled(*recalls):
    """Validate with these least recalls in turn, the last one for good."""
    left = list(recalls)

    def validate(model):
        recall = left.pop(0) if len(left) > 1 else left[0]
        return {"accuracy": 0.5 if recall >= 0.6 else 0.3, "least_recall": recall}

    return validate


@pytest.mark.parametrize(
    ("recalls", "rate_falls", "steps"),
    [
        # Never confused: the rate falls after two validations without a gain, training ends after four.
        ((0.7,), 6, 10),
        # Told apart from step 10 on: only then does waiting begin.
        ((0.3, 0.1, 0.5, 0.59, 0.6), 14, 18),
        # Never told apart: sixteen passes of 2 steps.
        ((0.3,), None, 32),
    ],
)
def test_while_labels_are_confused_neither_does_the_rate_fall_nor_training_end(
    fit, examples, recalls, rate_falls, steps
):
    assert ends(fit, examples, recalled(*recalls)) == (steps, rate_falls)


@pytest.mark.parametrize(
    ("accuracies", "rate_falls", "steps"),
    [((0.06,), 6, 10), ((0.01, 0.02, 0.0, 0.04, 0.1), 14, 18), ((0.04,), None, 32)],
)
def test_before_learning_has_begun_neither_does_the_rate_fall_nor_training_end(
    fit, examples, accuracies, rate_falls, steps
):
    assert ends(fit, examples, graded(*accuracies)) == (steps, rate_falls)


def test_with_the_least_patience_the_rate_does_not_fall_there_either(fit, examples):
    assert ends(fit, examples, recalled(0.3), patience=2) == (32, None)


def ends(fit, examples, validate, patience=4):
    """Return after how many steps of at most 40 training ends, and after which the rate falls."""
    settings = config(method="dss", max_steps=40, patience=patience, schedule="plateau")
    _, trained = fit(settings, validate=validate, rows=examples[:16])
    assert trained.converged
    lowered = [row["step"] for row in trained.history if row.get("learning_rate", 1) < 0.9e-3]
    return trained.steps, min(lowered) - 1 if lowered else None


def test_on_a_plateau_the_rate_falls_after_half_the_patience(fit):
    settings = config(method="dss", max_steps=20, patience=4, schedule="plateau")
    _, trained = fit(settings, validate=graded(0.1, 0.5, 0.2))
    rates = {row["step"]: row["learning_rate"] for row in trained.history if "learning_rate" in row}
    # The best is step 4; the second validation without a better one is step 8.
    assert rates[7] == pytest.approx(1e-3) and rates[9] == pytest.approx(2e-4)
    assert (trained.steps, trained.selected_step, trained.converged) == (12, 4, True)


def test_embeddings_move_at_a_rate_of_their_own(make_student, fit):
    start = make_student().model.state_dict()
    moved = {}
    # Not much less: of weights of size 1 floats would round it.
    for times in (1.0, 0.01):
        settings = config(method="dss", max_steps=1, embedding_rate=times)
        after = fit(settings)[0].model.state_dict()
        moved[times] = {name: (after[name] - start[name]).abs().max() for name in start}
    embeddings = [
        name for name in start if name.startswith(("shared", "lm_head")) or "embed" in name
    ]
    for name in start:
        ratio = float(moved[0.01][name] / moved[1.0][name])
        assert ratio == pytest.approx(1e-2 if name in embeddings else 1.0, rel=0.05), name


def test_a_run_that_ended_before_all_steps_is_not_gone_on_with(fit, examples, tmp_path):
    settings = config(method="dss", max_steps=12, patience=1)
    student, first = fit(settings, tmp_path, graded(0.5, 0.4), rows=examples[:8])
    again, second = fit(settings, tmp_path, graded(0.9), rows=examples[:8])
    assert (second.steps, second.converged) == (first.steps, True) == (4, True)
    assert torch.equal(weights(student), weights(again))


def test_each_term_and_its_gradient_norm_is_logged_and_they_make_up_the_loss(trained):
    _, run = trained(method="mi")
    rows = [row for row in run.history if "loss" in row]
    assert len(rows) == 6
    for row in rows:
        total = 0.5 * row["loss_prediction"] + 0.5 * row["loss_generation"] + 0.1 * row["loss_mi"]
        assert row["loss"] == pytest.approx(total, rel=1e-4)
        parts = [row[f"grad_norm_{term}"] for term in ("prediction", "generation", "mi")]
        assert all(part > 0 for part in parts)
        assert row["grad_norm"] <= sum(parts) * (1 + 1e-4)
    validations = [row for row in run.history if "eval_loss" in row]
    assert {"eval_loss_mi", "eval_loss_prediction", "eval_accuracy"} <= validations[0].keys()


@pytest.mark.parametrize(
    "form", sorted(name for name, one in ALL_FORMS.items() if one.head or one.is_coupled)
)
def test_other_forms_train_and_leave_a_student_of_the_ordinary_shape(trained, make_student, form):
    student, run = trained(method="mi", mi_form=form, alpha3=1.0)
    assert student.model.state_dict().keys() == make_student().model.state_dict().keys()
    losses = [row["loss_mi"] for row in run.history if "loss_mi" in row]
    assert len(losses) == 6
    assert all(math.isfinite(loss) for loss in losses)
    assert not torch.equal(weights(student), weights(trained(method="dss")[0]))


def test_a_head_changes_neither_batches_nor_dropout(trained):
    # With a weight that moves nothing, the student must end where DSS does.
    dss, _ = trained(method="dss")
    with_head, _ = trained(method="mi", mi_form="variational", alpha3=1e-30)
    torch.testing.assert_close(weights(dss), weights(with_head), rtol=1e-4, atol=1e-5)


BRIEF = {"method": "mi", "max_steps": 20, "eval_every": 20}
BRIEF |= {"learning_rate": 5e-3, "embedding_rate": 10.0}


def test_training_lowers_the_loss_in_both_precisions_which_differ_by_rounding(trained):
    histories = [trained(**BRIEF, precision=one)[1].history for one in ("fp32", "bf16")]
    single, half = ([row["loss"] for row in one if "loss" in row] for one in histories)
    assert single[-1] < 0.8 * single[0] and half[-1] < 0.8 * half[0]
    # The first loss comes of equal weights: rounding moves it, and by no more than rounding.
    assert half[0] != single[0]
    assert half[0] == pytest.approx(single[0], rel=2e-2)


def test_logging_and_splitting_a_step_change_no_weight(fit, monkeypatch, make_student):
    # A logged step takes each term's gradient by itself, a large batch goes in parts: both must leave
    # the weights of the ordinary step.
    def trained(logs: int, most_tokens: int):
        monkeypatch.setattr("mi_cot_lib.training.train.LOGS_A_VALIDATION", logs)
        monkeypatch.setattr("mi_cot_lib.training.trainer.MOST_TOKENS", {"cpu": most_tokens})
        settings = config(method="mi", max_steps=4, eval_every=4)
        return weights(fit(settings, student=make_student(0.0))[0])

    ordinary = trained(1, 10_000)
    start = weights(make_student(0.0))
    moved = (ordinary - start).norm()
    for logs, most_tokens in ((4, 10_000), (1, 100), (4, 100)):
        assert (trained(logs, most_tokens) - ordinary).norm() <= 1e-3 * moved


def test_a_student_trained_in_bf16_answers_in_fp32(trained, make_student):
    student, _ = trained(**BRIEF, precision="bf16")
    copy = make_student()
    copy.model.load_state_dict(student.model.state_dict())
    ids = torch.tensor([[5, 6, 7, 1]])
    with torch.no_grad():
        found, expected = (
            one.model.eval()(input_ids=ids, decoder_input_ids=ids).logits for one in (student, copy)
        )
    assert torch.equal(found, expected)


def test_tensorboard_is_written_when_asked_for_or_its_absence_is_explained(
    make_student, encode, examples, tmp_path
):
    pairs = encode(examples)
    settings = config(method="mi", max_steps=1)
    arguments = (settings, make_student(), pairs, pairs[:8], half_right, tmp_path)
    if find_spec("tensorboard") is None:
        with pytest.raises(KitError, match="pip install"):
            train(*arguments, tensorboard=True)
    else:
        train(*arguments, tensorboard=True)
        assert list((tmp_path / "tensorboard").glob("events.*"))
