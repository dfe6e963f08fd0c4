"""Training: what must be equal is equal, to the bit where the same numbers are added in one order."""

import itertools
import math
import shutil
from dataclasses import replace

import pytest
import torch

from mi_cot_lib.errors import KitError
from mi_cot_lib.objective.choices import WITH_HEAD, Objective
from mi_cot_lib.objective.terms import term_counts, weighted_total
from mi_cot_lib.student.encode import collate
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.plain_step import forward_terms
from mi_cot_lib.training.train import train

FORMS = ("released", "paper")


def config(**changes) -> RunConfig:
    values = {
        "dataset": "nano_svamp",
        "max_steps": 6,
        "batch_size": 8,
        "eval_every": 3,
        "learning_rate": 1e-3,
        **changes,
    }
    return RunConfig(**values)


def weights(student) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in student.model.parameters()])


@pytest.fixture
def fit(make_student, encode, examples, tmp_path):
    """Train a fresh student and return it with what `train` returned."""
    numbers = itertools.count()

    def fit_one(settings: RunConfig, folder=None, validate=None, dropout=0.1):
        student = make_student(dropout)
        pairs = encode(examples, explain=settings.method in ("dss", "mi"))
        trained = train(
            settings,
            student,
            pairs,
            pairs[:8],
            validate or (lambda model: {"accuracy": 0.5}),
            folder or tmp_path / f"run{next(numbers)}",
        )
        return student, trained

    return fit_one


def test_alpha3_zero_equals_dss_bit_for_bit(fit):
    dss, history = fit(config(method="dss"))
    mi, other = fit(config(method="mi", alpha3=0.0))
    assert torch.equal(weights(dss), weights(mi))
    losses = [[row["loss"] for row in t.history if "loss" in row] for t in (history, other)]
    assert losses[0] == losses[1]


def test_the_mi_term_changes_the_student(fit):
    dss, _ = fit(config(method="dss"))
    mi, _ = fit(config(method="mi", alpha3=1.0))
    assert not torch.equal(weights(dss), weights(mi))


def test_a_repeated_run_gives_the_same_student_and_history(fit):
    first, second = fit(config(method="mi")), fit(config(method="mi"))
    assert torch.equal(weights(first[0]), weights(second[0]))
    assert first[1].history == second[1].history


def test_another_seed_gives_another_order(fit):
    first, second = fit(config(method="mi")), fit(config(method="mi", seed=1))
    assert not torch.equal(weights(first[0]), weights(second[0]))


@pytest.mark.parametrize("form", FORMS)
def test_accumulated_micro_batches_equal_the_large_batch(fit, form):
    # Without dropout the two differ only in the order in which floats are added.
    settings = config(method="mi", mi_form=form, alpha3=1.0)
    whole, whole_run = fit(settings, dropout=0.0)
    parts, parts_run = fit(replace(settings, micro_batch_size=1), dropout=0.0)
    torch.testing.assert_close(weights(whole), weights(parts), rtol=1e-3, atol=1e-4)
    for one, other in zip(whole_run.history, parts_run.history, strict=True):
        for name in one.keys() & {"loss", "loss_prediction", "loss_generation", "loss_mi"}:
            assert one[name] == pytest.approx(other[name], rel=1e-4), name
        for name in (name for name in one if name.startswith("grad_norm")):
            assert one[name] == pytest.approx(other[name], rel=1e-3), name


@pytest.mark.parametrize("form", ["released", "variational"])
def test_an_interrupted_run_ends_as_the_uninterrupted_one(fit, tmp_path, form):
    class Stopped(Exception):
        pass

    calls = itertools.count(1)

    def stops_at_the_second_validation(model):
        if next(calls) == 2:
            raise Stopped
        return {"accuracy": 0.5}

    settings = config(method="mi", mi_form=form)
    straight, straight_run = fit(settings)
    with pytest.raises(Stopped):
        fit(settings, tmp_path / "stopped", stops_at_the_second_validation)
    assert (tmp_path / "stopped/checkpoints/checkpoint-3").is_dir()
    resumed, resumed_run = fit(settings, tmp_path / "stopped")
    assert torch.equal(weights(straight), weights(resumed))
    assert straight_run.history == resumed_run.history


def test_a_checkpoint_cut_off_while_written_is_passed_over(fit, tmp_path):
    settings = config(method="mi")
    straight, _ = fit(settings)
    fit(settings, tmp_path / "cut")
    # What a process killed in the middle of saving leaves behind.
    (tmp_path / "cut/checkpoints/checkpoint-6/trainer_state.json").unlink()
    resumed, _ = fit(settings, tmp_path / "cut")
    assert torch.equal(weights(straight), weights(resumed))


def test_a_run_interrupted_after_its_last_step_takes_no_further_one(fit, tmp_path):
    # Three steps an epoch: the run ends in the middle of one, where the Trainer would go on.
    settings = config(method="mi", max_steps=7, eval_every=7)
    first, first_run = fit(settings, tmp_path / "run")
    again, again_run = fit(settings, tmp_path / "run")
    assert torch.equal(weights(first), weights(again))
    assert first_run.history == again_run.history
    assert again_run.selected_step == 7


def test_the_last_step_is_logged_whatever_the_interval(fit):
    _, trained = fit(config(method="mi", max_steps=53, eval_every=53))
    assert max(row["step"] for row in trained.history if "loss_mi" in row) == 53


def test_an_interrupted_run_remembers_the_seconds_it_spent(fit, tmp_path):
    settings = config(method="mi")
    (tmp_path / "run").mkdir()
    (tmp_path / "run/progress.txt").write_text("3 6 100.0\n")
    _, trained = fit(settings, tmp_path / "run")
    assert trained.seconds > 100


def test_the_step_that_validates_best_is_kept(fit, tmp_path):
    accuracies = iter([0.3, 0.9, 0.6])
    seen = []

    def validate(model):
        seen.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
        return {"accuracy": next(accuracies)}

    student, trained = fit(config(method="mi", eval_every=2), validate=validate)
    assert trained.selected_step == 4
    assert torch.equal(weights(student), seen[1])


def test_each_term_and_its_gradient_norm_is_logged_and_they_make_up_the_loss(fit):
    _, trained = fit(config(method="mi"))
    rows = [row for row in trained.history if "loss" in row]
    assert len(rows) == 6
    for row in rows:
        total = 0.5 * row["loss_prediction"] + 0.5 * row["loss_generation"] + 0.1 * row["loss_mi"]
        assert row["loss"] == pytest.approx(total, rel=1e-4)
        parts = [row[f"grad_norm_{term}"] for term in ("prediction", "generation", "mi")]
        assert all(part > 0 for part in parts)
        assert row["grad_norm"] <= sum(parts) * (1 + 1e-4)
    validations = [row for row in trained.history if "eval_loss" in row]
    assert {"eval_loss_mi", "eval_loss_prediction", "eval_accuracy"} <= validations[0].keys()


@pytest.mark.parametrize("form", sorted(WITH_HEAD | {"infonce", "barber_agakov"}))
def test_other_forms_train_and_leave_a_student_of_the_ordinary_shape(fit, make_student, form):
    student, trained = fit(config(method="mi", mi_form=form, alpha3=1.0))
    assert student.model.state_dict().keys() == make_student().model.state_dict().keys()
    losses = [row["loss_mi"] for row in trained.history if "loss_mi" in row]
    assert len(losses) == 6
    assert all(math.isfinite(loss) for loss in losses)
    dss, _ = fit(config(method="dss"))
    assert not torch.equal(weights(student), weights(dss))


def test_a_head_changes_neither_batches_nor_dropout(fit):
    # With a weight that moves nothing, the student must end where DSS does.
    dss, _ = fit(config(method="dss"))
    with_head, _ = fit(config(method="mi", mi_form="variational", alpha3=1e-30))
    torch.testing.assert_close(weights(dss), weights(with_head), rtol=1e-4, atol=1e-5)


def test_training_lowers_the_loss_in_fp32_and_bf16(fit):
    for precision in ("fp32", "bf16"):
        settings = config(method="mi", precision=precision, max_steps=30, learning_rate=5e-3)
        _, trained = fit(settings)
        losses = [row["loss"] for row in trained.history if "loss" in row]
        assert losses[-1] < 0.8 * losses[0], precision


def test_logging_and_splitting_a_step_change_no_weight(fit, monkeypatch, make_student):
    # A logged step takes each term's gradient by itself, a large batch goes in parts: both must leave
    # the weights of the ordinary step.
    def trained(logs: int, most_tokens: int):
        monkeypatch.setattr("mi_cot_lib.training.train.LOGS_A_RUN", logs)
        monkeypatch.setattr(
            "mi_cot_lib.training.trainer.MOST_TOKENS", {"cpu": most_tokens, "cuda": most_tokens}
        )
        student, _ = fit(config(method="mi", max_steps=4, eval_every=4), dropout=0.0)
        return weights(student)

    ordinary = trained(1, 10_000)
    start = weights(make_student(0.0))
    moved = (ordinary - start).norm()
    for logs, most_tokens in ((4, 10_000), (1, 100), (4, 100)):
        assert (trained(logs, most_tokens) - ordinary).norm() <= 1e-3 * moved


def test_a_student_trained_in_bf16_answers_in_fp32(fit, make_student):
    student, _ = fit(config(method="mi", precision="bf16"))
    copy = make_student()
    copy.model.load_state_dict(student.model.state_dict())
    ids = torch.tensor([[5, 6, 7, 1]])
    with torch.no_grad():
        found, expected = (
            one.model.eval()(input_ids=ids, decoder_input_ids=ids).logits for one in (student, copy)
        )
    assert torch.equal(found, expected)


def test_precision_is_that_of_the_matrix_products(fit):
    # The first loss comes of equal weights: rounding moves it, and by no more than rounding.
    first = {
        precision: fit(config(method="mi", precision=precision, max_steps=1, eval_every=1))[1]
        for precision in ("fp32", "bf16")
    }
    losses = {name: run.history[0]["loss"] for name, run in first.items()}
    assert losses["bf16"] != losses["fp32"]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=2e-2)


@pytest.mark.parametrize("form", FORMS)
def test_padding_changes_every_term_only_as_far_as_its_form_says(
    make_student, encode, examples, form
):
    student = make_student(dropout=0.0)
    student.model.eval()
    objective = Objective(form=form)
    batch = collate(encode(examples[:4]), pad_id=0)
    padded = dict(batch)
    for name, fill in (("labels", -100), ("input_ids", 0), ("attention_mask", 0)):
        for prefix in ("", "explain_"):
            tensor = batch[prefix + name]
            padded[prefix + name] = torch.nn.functional.pad(tensor, (0, 5), value=fill)
    plain, _ = forward_terms(student.model, objective, batch)
    wider, _ = forward_terms(student.model, objective, padded)
    for term in ("prediction", "generation"):
        torch.testing.assert_close(plain[term], wider[term], rtol=1e-4, atol=1e-4)
    unchanged = torch.isclose(plain["mi"], wider["mi"], rtol=1e-4)
    assert unchanged == (form == "paper")


def test_an_example_without_rationale_trains_prediction_only(make_student, encode, examples):
    student = make_student(dropout=0.0)
    student.model.eval()
    without = [replace(examples[0], rationale=None), *examples[1:4]]
    batch = collate(encode(without), pad_id=0)
    counts = term_counts(batch)
    assert counts["mi"] == 3
    kept, _ = forward_terms(student.model, Objective(form="paper"), collate(encode(without[1:]), 0))
    sums, _ = forward_terms(student.model, Objective(form="paper"), batch)
    torch.testing.assert_close(sums["generation"], kept["generation"], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(sums["mi"], kept["mi"], rtol=1e-4, atol=1e-4)
    assert sums["prediction"] > kept["prediction"]
    assert torch.isfinite(weighted_total(Objective(), sums, counts))


def test_tensorboard_is_written_when_asked_for_or_its_absence_is_explained(
    make_student, encode, examples, tmp_path
):
    pairs = encode(examples)
    arguments = (
        config(method="mi"),
        make_student(),
        pairs,
        pairs[:8],
        lambda model: {"accuracy": 0.5},
    )
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        with pytest.raises(KitError, match="pip install"):
            train(*arguments, tmp_path, tensorboard=True)
    else:
        train(*arguments, tmp_path, tensorboard=True)
        assert list((tmp_path / "tensorboard").glob("events.*"))
    shutil.rmtree(tmp_path)
