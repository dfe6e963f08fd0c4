"""A training that is watched: stopped and gone on with it ends as any other, and it says what it does."""

import re

import pytest

from mi_cot_lib import RunConfig, run
from mi_cot_lib.course.widgets import live_training
from mi_cot_lib.course.widgets.curves import recorded_run
from mi_cot_lib.course.widgets.live import earliest_end, time_left
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.sources import weights_fingerprint
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.checkpoints import last_whole
from mi_cot_lib.training.record import read_record


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> RunConfig:
    root = tmp_path_factory.mktemp("data")
    write_dataset("nano_cqa", root, sizes={"train": 64, "valid": 16, "test": 16, "unseen": 8})
    return RunConfig(
        **{"dataset": "nano_cqa", "data_root": str(root), "method": "mi", "student": "nano16"},
        **{"train_size": 24, "max_steps": 20, "eval_every": 2, "batch_size": 8, "patience": 2},
        **{"max_new_tokens": 8, "max_target_tokens": 16},
    )


@pytest.fixture(scope="module")
def straight(config, tmp_path_factory):
    """Return the folder of the same run that nobody watched."""
    return run(config, tmp_path_factory.mktemp("straight"))


def stopped_at(training) -> int:
    return int(re.search(r"Stopped at step (\d+)", training.said.value)[1])


def test_stopped_again_and_again_it_ends_as_the_run_that_nobody_watched(config, straight, tmp_path):
    training = live_training(config, tmp_path)
    shown = [training.view.value]
    training.stop()  # before it was started: nothing
    training.train_button.click()
    # Before the first checkpoint, and pressed twice.
    training.stop_button.click()
    training.stop_button.click()
    training.wait()
    assert stopped_at(training) == 2 and training.train_button.description == "Continue"
    assert last_whole(tmp_path / config.run_name / "checkpoints").name == "checkpoint-2"
    with pytest.raises(KitError, match="not finished: press Train or Continue"):
        training.run_folder  # noqa: B018
    shown.append(training.view.value)
    training.train_button.click()
    training.stop_button.click()
    training.wait()
    assert stopped_at(training) == 4
    shown.append(training.view.value)
    training.start()
    training.start()  # while it runs: nothing
    training.wait()
    shown.append(training.view.value)
    assert len(set(shown)) == len(shown)
    record, expected = read_record(training.run_folder), read_record(straight)
    for part in ("metrics", "curves", "correct"):
        assert record[part] == expected[part]
    students = [load_student(str(folder)) for folder in (training.run_folder, straight)]
    assert len({weights_fingerprint(student) for student in students}) == 1
    said = training.said.value
    assert f"Finished after {record['metrics']['steps']} steps" in said and " of 16 " in said
    training.start()  # after its end: it stays as it is
    training.wait()
    assert (training.said.value, training.view.value) == (said, shown[-1])
    # A page without buttons shows what was reached.
    assert shown[-1] in training.still and said in training.still


def test_a_checkpoint_of_a_stopped_training_is_a_student(config, tmp_path):
    training = live_training(config, tmp_path)
    training.start()
    training.stop()
    training.wait()
    student = load_student(str(last_whole(tmp_path / config.run_name / "checkpoints")))
    assert student.model.config.d_model == load_student("nano16").model.config.d_model


def test_what_went_wrong_is_said_in_its_place_and_escaped(config, tmp_path):
    nowhere = RunConfig.from_dict({**config.to_dict(), "data_root": str(tmp_path / "<b>no</b>")})
    training = live_training(nowhere, tmp_path / "runs")
    training.start()
    training.wait()
    assert (
        "could not go on" in training.said.value and "&lt;b&gt;no&lt;/b&gt;" in training.said.value
    )
    assert "<b>no</b>" not in training.said.value and "Traceback" not in training.said.value
    with pytest.raises(KitError, match="has not finished .*no</b>"):
        training.run_folder  # noqa: B018


def test_a_defect_is_said_with_the_line_where_it_happened(config):
    training = live_training(config, 7)
    training.start()
    training.wait()
    assert "could not go on" in training.said.value
    assert "<details>" in training.said.value and "TypeError" in training.said.value


def history(*accuracies, passes=1.0):
    """Make a history of a validation every 50 steps, each after so many passes."""
    return [
        {"step": 50 * n, "epoch": passes * n, "eval_accuracy": one}
        for n, one in enumerate(accuracies, 1)
    ]


@pytest.mark.parametrize("method", ["finetune", "dss", "mi"])
def test_the_earliest_end_moves_on_with_each_gain_to_where_training_ended(method):
    record = recorded_run(RunConfig(dataset="nano_cqa", method=method, train_size=500))
    if record is None or not record["metrics"]["converged"]:
        pytest.skip("no such run is committed")
    config = RunConfig.from_dict(record["config"])
    validation = record["curves"]["validation"]
    rows = [
        {"step": step, "epoch": step / -(-500 // config.batch_size), "eval_accuracy": accuracy}
        for step, accuracy in zip(validation["step"], validation["accuracy"], strict=True)
    ]
    ends = [earliest_end(rows[: n + 1], config) for n in range(len(rows))]
    assert ends == sorted(ends) and ends[0] < ends[-1] == record["metrics"]["steps"]


def test_training_ends_after_its_patience_but_not_before_the_fourth_pass_nor_after_all_steps():
    declared = RunConfig(dataset="nano_cqa")
    assert earliest_end(history(0.3, 0.5, 0.5), declared) == 50 * (2 + declared.patience)
    assert earliest_end(history(0.3, passes=0.1), declared) == 50 * 40
    assert earliest_end(history(*[0.3, 0.2] * 29, 0.9), declared) == declared.max_steps


def test_the_time_left_is_that_of_the_steps_so_far():
    declared = RunConfig(dataset="nano_cqa")
    said = time_left(history(0.3, 0.5), declared, seconds=5.0, since=50)
    assert "Step 100 of at most 3,000" in said
    assert "At most 5 min left, 40 s if nothing is gained any more" in said
    assert "8 validations without a gain of half a point: at step 500 at the earliest" in said
    assert "left" not in time_left(history(0.3), declared, seconds=0.0, since=50)
    to_the_end = time_left(history(0.3, 0.5), RunConfig(dataset="nano_cqa", max_steps=400), 5.0, 50)
    assert to_the_end == "Step 100 of at most 400. At most 30 s left."


def test_until_it_starts_a_recorded_training_of_the_same_student_is_shown():
    training = live_training()
    shown = training.still
    assert "Recorded: MI on nano-CQA, student nano" in shown and "<img" in shown
    assert 'alt="Recorded' in shown and "best validation so far" in shown
    assert not training.is_running and "<b>Train</b> starts" in shown
    other = live_training(RunConfig(dataset="nano_cqa", alpha3=0.123))
    assert "<img" not in other.still
