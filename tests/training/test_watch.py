"""Who watches training sees all that is logged, and may stop it; it goes on to what it would have been."""

import pytest
import torch

from mi_cot_lib.training.checkpoints import last_whole
from mi_cot_lib.training.train import last_gain, train
from mi_cot_lib.training.watch import TrainingStopped
from tests.training.conftest import config, half_right, weights

SETTINGS = config(method="mi", patience=3, schedule="plateau", max_steps=12)


@pytest.fixture
def watched(make_student, encode, examples):
    """Train with a watch; returns the student, what `train` returned and what the watch was told."""

    def train_watched(folder, stops=()):
        student, told = make_student(), []

        def watch(history, has_ended):
            told.append((int(history[-1]["step"]), "eval_loss" in history[-1], has_ended))
            return history[-1]["step"] in stops

        pairs = encode(examples)
        folder.mkdir(exist_ok=True)
        found = train(SETTINGS, student, pairs, pairs[:8], half_right, folder, watch=watch)
        return student, found, told

    return train_watched


def test_a_watch_is_told_each_logged_step_each_validation_and_the_end(watched, fit, tmp_path):
    student, run, told = watched(tmp_path / "watched")
    rows = [(int(row["step"]), "eval_loss" in row, False) for row in run.history]
    assert told == [*rows, (*rows[-1][:2], True)]
    assert len(rows) > run.steps > 4
    other, unwatched = fit(SETTINGS)
    assert run.history == unwatched.history and torch.equal(weights(student), weights(other))


@pytest.mark.parametrize("asked", [1, 2, 5])
def test_stopped_training_keeps_the_next_validations_checkpoint_and_goes_on_to_the_same(
    watched, fit, tmp_path, asked
):
    folder = tmp_path / "stopped"
    at = asked + asked % 2
    with pytest.raises(TrainingStopped, match=f"step {at}, where its checkpoint is kept"):
        watched(folder, stops=range(asked, 99))
    assert last_whole(folder / "checkpoints").name == f"checkpoint-{at}"
    student, run, told = watched(folder)
    straight, expected = fit(SETTINGS)
    assert run.history == expected.history and run.steps == expected.steps
    assert torch.equal(weights(student), weights(straight))
    # It begins where it was stopped, with all that was logged before.
    assert told[0][0] == at + 1 and run.history[0]["step"] == 1


def test_training_that_is_stopped_at_its_very_end_only_has_to_be_called_again(
    watched, fit, tmp_path
):
    _, expected = fit(SETTINGS)
    folder = tmp_path / "stopped"
    with pytest.raises(TrainingStopped, match=f"step {expected.steps},"):
        watched(folder, stops=[expected.steps])
    _, run, told = watched(folder)
    assert run.history == expected.history and told == [(expected.steps, True, True)]


def test_the_last_gain_is_that_for_which_patience_waits():
    found = [0.3, 0.304, 0.31, 0.2]
    history = [{"step": 10 * n, "eval_accuracy": value} for n, value in enumerate(found, 1)]
    assert last_gain(history) == 30 and last_gain(history[:2]) == 10
    assert last_gain([{"step": 5, "loss": 1.0}]) == 0
