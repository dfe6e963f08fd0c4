"""A number that is not finite ends training at once; what was good is kept, and nothing else is."""

from pathlib import Path

import pytest
import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from mi_cot_lib.errors import KitError
from mi_cot_lib.student.load import Student
from tests.student.small_bart import AS_T5, small_bart
from tests.training.conftest import config, half_right


def bart_student(tokeniser) -> Student:
    """Make a student that takes the plain step: it is no T5."""
    changes = {"vocab_size": len(tokeniser), "max_position_embeddings": 128, "init_std": 0.02}
    return Student(small_bart(**changes, **AS_T5), tokeniser)


@pytest.fixture
def stopped(fit, examples, tmp_path):
    """Train until it stops by itself, and return the one line that it says."""

    def run(settings, student=None, rows=examples, validate=half_right) -> str:
        with pytest.raises(KitError) as error:
            fit(settings, tmp_path / "run", validate, student, rows)
        said = str(error.value)
        assert "\n" not in said
        return said

    return run


def checkpoints(folder: Path) -> list[str]:
    """Name the checkpoints of a run, all of which must be of finite numbers only."""
    found = sorted((folder / "run/checkpoints").glob("checkpoint-*"))
    for one in found:
        text = (one / "trainer_state.json").read_text()
        assert "NaN" not in text and "Infinity" not in text
        weights = torch.load(one / "optimizer.pt", weights_only=True)["state"][0]["exp_avg"]
        assert torch.isfinite(weights).all()
    return [one.name for one in found]


@pytest.mark.parametrize("micro_batch_size", [8, 2])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("method", ["finetune", "dss", "mi"])
def test_a_learning_rate_that_overflows_stops_the_run(
    stopped, tmp_path, method, precision, micro_batch_size
):
    changes = {"precision": precision, "micro_batch_size": micro_batch_size}
    settings = config(method=method, learning_rate=1e30, **changes)
    said = stopped(settings)
    assert said.startswith("training stopped at step ") and "accuracy" not in said
    assert "nano_svamp/train/" in said and "1e+30" in said
    kept = checkpoints(tmp_path)
    # The same call ends the same way, from where it was.
    assert stopped(settings) == said
    assert checkpoints(tmp_path) == kept


@pytest.mark.parametrize("method", ["finetune", "mi"])
def test_the_plain_step_stops_as_well(stopped, tokeniser, method):
    said = stopped(config(method=method, learning_rate=1e30), bart_student(tokeniser))
    assert said.startswith("training stopped at step ")


# At 1e30 every norm overflows to zeros, and all that is computed of them is finite.
@pytest.mark.parametrize("rate", [1e39, 1e30, 1e20])
def test_weights_that_overflow_in_the_only_step_are_not_saved(stopped, tmp_path, rate):
    said = stopped(config(method="mi", max_steps=1, learning_rate=rate))
    assert "at step 1: shared.weight is not finite" in said
    assert checkpoints(tmp_path) == []


def test_weights_that_overflow_in_a_last_step_without_validation_are_not_saved(stopped, tmp_path):
    seen = []

    def overflow(optimiser, *_):
        seen.append(optimiser)
        if len(seen) == 3:
            with torch.no_grad():
                # The embeddings are the last group.
                optimiser.param_groups[-1]["params"][0][3, 3] = float("inf")

    hook = register_optimizer_step_post_hook(overflow)
    try:
        said = stopped(config(method="mi", max_steps=3))
    finally:
        hook.remove()
    assert "at step 3: shared.weight is not finite" in said
    assert checkpoints(tmp_path) == ["checkpoint-2"]


def test_the_rows_of_the_step_are_named_and_no_others(stopped, make_student, tokeniser, examples):
    # One word that one example alone has, and whose gradient is no number.
    odd = examples[5]
    odd = type(odd)(odd.id, odd.input + " Zq?", odd.label, odd.rationale, odd.teacher_label)
    rows = [*examples[:5], odd, *examples[6:]]
    (token,) = tokeniser("Zq", add_special_tokens=False)["input_ids"][-1:]
    assert [token in tokeniser(row.input)["input_ids"] for row in rows].count(True) == 1
    student = make_student()
    # A head of its own, so that only a batch that holds the word has a gradient of it.
    head = 0.1 * torch.randn_like(student.model.shared.weight)
    student.model.lm_head.weight = torch.nn.Parameter(head)
    student.model.shared.weight.register_hook(
        lambda gradient: gradient * (float("nan") if gradient[token].any() else 1.0)
    )
    said = stopped(config(method="mi", batch_size=2, max_steps=12, eval_every=1), student, rows)
    assert odd.id in said
    assert said.count("nano_svamp/train/") == 2
    assert "gradient norm is nan" in said
    step = int(said.split("at step ")[1].split(":")[0])
    assert (f"checkpoint-{step - 1} is kept" in said) == (step > 1)


def test_a_gradient_of_the_mi_term_alone_stops_before_the_weights_change(
    stopped, make_student, tmp_path
):
    student = make_student()
    steps = []

    def spoil(gradient):
        steps.append(gradient)
        # Each step is logged, and takes its terms' gradients one by one, the MI term's last.
        return gradient * float("nan") if len(steps) == 3 * 15 else gradient

    student.model.encoder.final_layer_norm.weight.register_hook(spoil)
    said = stopped(config(method="mi", max_steps=50, eval_every=2), student)
    assert "at step 15: the gradient norm is nan" in said
    assert said.count("nano_svamp/train/") == 8
    assert "checkpoint-14 is kept" in said and "checkpoint-14" in checkpoints(tmp_path)
    assert torch.isfinite(student.model.encoder.final_layer_norm.weight).all()


def test_an_infinite_loss_of_the_mi_term_is_named(stopped):
    assert "loss_mi is inf" in stopped(config(method="mi", alpha3=1e38))


@pytest.mark.parametrize("found", [float("nan"), float("inf"), "answers"])
def test_a_validation_that_is_no_number_stops_the_run(stopped, tmp_path, found):
    def validate(model):
        if found == "answers":
            raise KitError("the answers to nano_svamp/valid/3 are not finite")
        return {"accuracy": found}

    said = stopped(config(method="mi"), validate=validate)
    what = "the answers to nano_svamp/valid/3" if found == "answers" else "eval_accuracy is"
    assert said.startswith(f"training stopped at step 2: {what}")
    assert checkpoints(tmp_path) == []
