"""Checkpoints: whole or dropped with a line, the same wherever they lie, and loaded exactly or not at all."""

import os
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mi_cot_lib.errors import KitError
from mi_cot_lib.training.checkpoints import last_whole, load_weights
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import read_progress, train

KINDS = (
    *("trainer_state.json", "optimizer.pt", "scheduler.pt", "rng_state.pth", "model.safetensors"),
    *("config.json", "tokenizer.json", "whole.json"),
)
# Validation is best at step 2 of 2, 4 and 6.
ACCURACIES = {2: 0.9, 4: 0.3, 6: 0.6}


class Stopped(Exception):
    pass


def weights(student) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in student.model.parameters()])


@pytest.fixture
def fit(make_student, encode, examples):
    """Train a fresh student for six steps in a folder; `stop` is the validation that is interrupted."""

    def fit_one(folder: Path, stop: int = 0, accuracies=ACCURACIES):
        settings = RunConfig(
            dataset="nano_svamp", max_steps=6, batch_size=8, eval_every=2, learning_rate=1e-3
        )
        student, pairs = make_student(), encode(examples)
        done = len(list((folder / "checkpoints").glob("*"))) if folder.exists() else 0
        steps = iter(sorted(accuracies))
        resumed = last_whole(folder / "checkpoints") if done else None
        for _ in range(int(resumed.name.split("-")[1]) // 2 if resumed else 0):
            next(steps)

        def validate(model):
            step = next(steps)
            if step == stop:
                raise Stopped
            return {"accuracy": accuracies[step]}

        return student, train(settings, student, pairs, pairs[:8], validate, folder)

    return fit_one


@pytest.fixture(scope="module")
def made():
    """Keep what one uninterrupted run gave, for all tests."""
    return {}


@pytest.fixture
def straight(fit, made, tmp_path_factory):
    """Return weights and history of a run that nobody stopped or moved."""
    if not made:
        folder = tmp_path_factory.mktemp("straight")
        student, trained = fit(folder)
        assert trained.selected_step == 2
        made.update(weights=weights(student), history=trained.history, folder=folder)
    return made["weights"], made["history"]


@pytest.fixture
def whole(straight, made, tmp_path):
    """Return the checkpoints of a run that was stopped after its last step: of steps 2 and 6."""
    # Copied, and so moved as well.
    shutil.copytree(made["folder"], tmp_path / "run")
    found = tmp_path / "run/checkpoints"
    assert sorted(path.name for path in found.iterdir()) == ["checkpoint-2", "checkpoint-6"]
    return found


@pytest.mark.parametrize("stop", [4, 6, 0], ids=["in the middle", "before the end", "at the end"])
def test_a_run_that_was_moved_ends_with_the_student_of_the_selected_step(
    fit, straight, tmp_path, stop
):
    if stop:
        with pytest.raises(Stopped):
            fit(tmp_path / "here", stop)
    else:
        fit(tmp_path / "here")
    (tmp_path / "there").mkdir()
    (tmp_path / "here").rename(tmp_path / "there/moved")
    (tmp_path / "link").symlink_to(tmp_path / "there", target_is_directory=True)
    student, trained = fit(tmp_path / "link/moved")
    assert torch.equal(weights(student), straight[0])
    assert trained.history == straight[1]
    assert trained.selected_step == 2


def test_no_file_of_a_checkpoint_holds_the_path_of_its_folder(whole, made):
    files = [path for path in made["folder"].rglob("*") if path.is_file()]
    assert len(files) > 2 * len(KINDS)
    for path in files:
        assert str(made["folder"]).encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["empty", "cut", "missing", "other"])
def test_a_checkpoint_that_is_not_whole_is_dropped_with_a_line(whole, capsys, kind, damage):
    path = whole / "checkpoint-6" / kind
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "other":
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    else:
        path.write_bytes(b"" if damage == "empty" else content[: len(content) // 2])
    assert last_whole(whole) == whole / "checkpoint-2"
    (line,) = capsys.readouterr().err.splitlines()
    assert str(whole / "checkpoint-6") in line
    assert "dropped" in line
    assert not (whole / "checkpoint-6").exists()


def test_a_run_goes_on_from_the_checkpoint_before_an_unfinished_one(fit, straight, whole):
    (whole / "checkpoint-6/trainer_state.json").write_bytes(b"")
    student, trained = fit(whole.parent)
    assert torch.equal(weights(student), straight[0])
    assert trained.history == straight[1]


def test_a_file_that_something_else_left_in_a_checkpoint_does_no_harm(whole):
    (whole / "checkpoint-6/.DS_Store").write_bytes(b"")
    assert last_whole(whole) == whole / "checkpoint-6"


def test_where_the_newest_is_the_best_the_best_before_it_is_kept_too(fit, tmp_path):
    better = {2: 0.3, 4: 0.6, 6: 0.9}
    student, trained = fit(tmp_path / "run", accuracies=better)
    assert trained.selected_step == 6
    found = tmp_path / "run/checkpoints"
    assert sorted(path.name for path in found.iterdir()) == ["checkpoint-4", "checkpoint-6"]
    (found / "checkpoint-6/optimizer.pt").write_bytes(b"")
    again, trained = fit(tmp_path / "run", accuracies=better)
    assert trained.selected_step == 6
    assert torch.equal(weights(again), weights(student))


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_without_the_selected_checkpoint_training_starts_again_and_says_so(
    fit, straight, whole, capsys, damage
):
    if damage == "missing":
        shutil.rmtree(whole / "checkpoint-2")
    else:
        (whole / "checkpoint-2/model.safetensors").write_bytes(b"0" * 100)
    student, trained = fit(whole.parent)
    assert torch.equal(weights(student), straight[0])
    assert trained.selected_step == 2
    assert "checkpoint-2, which it selected, is missing or damaged" in capsys.readouterr().err


def test_an_empty_folder_of_checkpoints_or_none_starts_from_the_start(tmp_path, capsys):
    assert last_whole(tmp_path / "nowhere") is None
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / "checkpoint-5/trainer_state.json").write_bytes(b"")
    (tmp_path / "checkpoint-10").write_bytes(b"")
    (tmp_path / "checkpoint-15").symlink_to(tmp_path / "nowhere")
    assert last_whole(tmp_path) is None
    said = capsys.readouterr().err
    assert all(f"checkpoint-{step}" in said for step in (5, 10, 15))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", ["missing", "unexpected", "shape"])
def test_weights_that_are_not_the_students_are_refused(make_student, tmp_path, change):
    student = make_student()
    student.model.save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if "SelfAttention.q" in name)
    if change == "missing":
        del tensors[name]
    elif change == "unexpected":
        tensors["other.weight"] = torch.zeros(3)
    else:
        tensors[name] = torch.zeros(3, 3)
    save_file(tensors, path)
    with pytest.raises(KitError, match=str(path)) as refused:
        load_weights(student.model, tmp_path)
    assert "\n" not in str(refused.value)


def test_a_folder_without_weights_is_refused(make_student, tmp_path):
    with pytest.raises(KitError, match="cannot be loaded"):
        load_weights(make_student().model, tmp_path / "checkpoint-2")


@pytest.mark.parametrize("kind", ["model.safetensors", "optimizer.pt"])
def test_what_a_disk_does_not_take_whole_is_deleted_and_the_run_goes_on_from_before(
    fit, straight, tmp_path, kind
):
    # A limit on the size of files fails in the middle of a write, as a full disk does.
    with pytest.raises(Stopped):
        fit(tmp_path / "run", stop=4)
    size = (tmp_path / "run/checkpoints/checkpoint-2" / kind).stat().st_size - 1
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(OSError, match="checkpoint-4"):
            fit(tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in (tmp_path / "run/checkpoints").iterdir()] == ["checkpoint-2"]
    student, _ = fit(tmp_path / "run")
    assert torch.equal(weights(student), straight[0])


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.pt", "trainer_state.json"])
def test_a_process_killed_while_it_saves_loses_that_checkpoint_only(fit, straight, tmp_path, file):
    child = os.fork()
    if not child:
        try:
            fit(tmp_path / "run")
        finally:
            os._exit(1)
    wanted = tmp_path / "run/checkpoints/checkpoint-4" / file
    deadline = time.monotonic() + 120
    while not wanted.exists() and time.monotonic() < deadline:
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, "it ended before it was killed"
    student, trained = fit(tmp_path / "run")
    assert torch.equal(weights(student), straight[0])
    assert trained.history == straight[1]


@pytest.mark.parametrize("text", ["", "3", "3 6", "a b c", "3 6 1.0 9"])
def test_a_progress_note_that_is_not_whole_counts_for_nothing(tmp_path, text):
    (tmp_path / "progress.txt").write_text(text)
    assert read_progress(tmp_path) == (0, 1, 0.0)
