"""Checkpoints: whole or dropped with a line, the same wherever they lie, and loaded exactly or not at all."""

import resource
import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mi_cot_lib.errors import KitError
from mi_cot_lib.training.checkpoints import last_whole, load_weights
from mi_cot_lib.training.train import read_progress
from tests.training.conftest import config, weights

KINDS = (
    *("trainer_state.json", "optimizer.pt", "scheduler.pt", "rng_state.pth", "model.safetensors"),
    *("config.json", "tokenizer.json", "whole.json"),
)
# Validation is best at step 2 of 2, 4 and 6.
ACCURACIES = {2: 0.9, 4: 0.3, 6: 0.6}


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def go(fit):
    """Train for six steps in a folder, on from what is there, but for a stop at a validation."""

    def train_one(folder: Path, stop: int = 0, accuracies=ACCURACIES):
        resumed = last_whole(folder / "checkpoints")
        done = int(resumed.name.split("-")[1]) if resumed else 0
        steps = iter([step for step in accuracies if step > done])

        def validate(model):
            step = next(steps)
            if step == stop:
                raise Stopped
            return {"accuracy": accuracies[step]}

        return fit(config(), folder, validate)

    return train_one


@pytest.fixture(scope="module")
def straight(go, tmp_path_factory):
    """Return weights, history and folder of a run that nobody stopped or moved."""
    folder = tmp_path_factory.mktemp("straight")
    student, trained = go(folder)
    assert trained.selected_step == 2
    return weights(student), trained.history, folder


@pytest.fixture
def whole(straight, tmp_path):
    """Return the checkpoints of a run that was stopped after its last step: of steps 2 and 6."""
    # Copied, and so moved as well.
    shutil.copytree(straight[2], tmp_path / "run")
    found = tmp_path / "run/checkpoints"
    assert sorted(path.name for path in found.iterdir()) == ["checkpoint-2", "checkpoint-6"]
    return found


@pytest.mark.parametrize("stop", [4, 6, 0], ids=["in the middle", "before the end", "at the end"])
def test_a_run_that_was_moved_ends_with_the_student_of_the_selected_step(
    go, straight, tmp_path, stop
):
    if stop:
        with pytest.raises(Stopped):
            go(tmp_path / "here", stop)
    else:
        go(tmp_path / "here")
    (tmp_path / "there").mkdir()
    (tmp_path / "here").rename(tmp_path / "there/moved")
    (tmp_path / "link").symlink_to(tmp_path / "there", target_is_directory=True)
    student, trained = go(tmp_path / "link/moved")
    assert torch.equal(weights(student), straight[0])
    assert trained.history == straight[1]
    assert trained.selected_step == 2


def test_no_file_of_a_checkpoint_holds_the_path_of_its_folder(straight):
    files = [path for path in straight[2].rglob("*") if path.is_file()]
    assert len(files) > 2 * len(KINDS)
    for path in files:
        assert str(straight[2]).encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["cut", "missing", "other"])
def test_a_checkpoint_that_is_not_whole_is_dropped_with_a_line(whole, capsys, kind, damage):
    # What something else left in a checkpoint does no harm.
    (whole / "checkpoint-6/.DS_Store").write_bytes(b"")
    assert last_whole(whole) == whole / "checkpoint-6"
    path = whole / "checkpoint-6" / kind
    content = path.read_bytes()
    half = content[: len(content) // 2]
    path.unlink()
    if damage != "missing":
        other = bytes([content[len(half)] ^ 1]) + content[len(half) + 1 :]
        path.write_bytes(half + other * (damage == "other"))
    assert last_whole(whole) == whole / "checkpoint-2"
    (line,) = capsys.readouterr().err.splitlines()
    assert str(whole / "checkpoint-6") in line and "dropped" in line
    assert not (whole / "checkpoint-6").exists()


def test_where_the_newest_is_the_best_the_best_before_it_is_kept_too(go, tmp_path):
    better = {2: 0.3, 4: 0.6, 6: 0.9}
    student, trained = go(tmp_path / "run", accuracies=better)
    assert trained.selected_step == 6
    found = tmp_path / "run/checkpoints"
    assert sorted(path.name for path in found.iterdir()) == ["checkpoint-4", "checkpoint-6"]
    (found / "checkpoint-6/optimizer.pt").write_bytes(b"")
    again, trained = go(tmp_path / "run", accuracies=better)
    assert trained.selected_step == 6
    assert torch.equal(weights(again), weights(student))


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_without_the_selected_checkpoint_training_starts_again_and_says_so(
    go, straight, whole, capsys, damage
):
    if damage == "missing":
        shutil.rmtree(whole / "checkpoint-2")
    else:
        (whole / "checkpoint-2/model.safetensors").write_bytes(b"0" * 100)
    student, trained = go(whole.parent)
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


QUERY = "encoder.block.0.layer.0.SelfAttention.q.weight"


@pytest.mark.parametrize("change", [None, {"other.weight": 3}, {QUERY: 3}, "no file"], ids=str)
def test_weights_that_are_not_the_students_are_refused(make_student, tmp_path, change):
    student, path = make_student(), tmp_path / "model.safetensors"
    student.model.save_pretrained(tmp_path)
    tensors = load_file(path)
    if change is None:
        del tensors[QUERY]
    elif change != "no file":
        tensors.update({name: torch.zeros(size, size) for name, size in change.items()})
    save_file(tensors, path)
    if change == "no file":
        path.unlink()
    with pytest.raises(KitError, match=str(path)) as refused:
        load_weights(student.model, tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["model.safetensors", "optimizer.pt"])
def test_what_a_disk_does_not_take_whole_is_deleted_and_the_run_goes_on_from_before(
    go, straight, tmp_path, kind
):
    # A limit on the size of files fails in the middle of a write, as a full disk does.
    with pytest.raises(Stopped):
        go(tmp_path / "run", stop=4)
    size = (tmp_path / "run/checkpoints/checkpoint-2" / kind).stat().st_size - 1
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(OSError, match="checkpoint-4"):
            go(tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [path.name for path in (tmp_path / "run/checkpoints").iterdir()] == ["checkpoint-2"]
    student, _ = go(tmp_path / "run")
    assert torch.equal(weights(student), straight[0])


@pytest.mark.parametrize("text", ["", "3", "3 6", "a b c", "3 6 1.0 9"])
def test_a_progress_note_that_is_not_whole_counts_for_nothing(tmp_path, text):
    (tmp_path / "progress.txt").write_text(text)
    assert read_progress(tmp_path) == (0, 1, 0.0)
