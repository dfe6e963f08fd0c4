"""A run that was stopped, moved, or met a full or read-only disk: it goes on, or says in one line why not."""

import shutil

import pytest

from mi_cot_lib import RunConfig, run
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running import run as module
from mi_cot_lib.experiments.running.run import check_selected, save_student
from mi_cot_lib.experiments.running.sources import noted_sources, weights_fingerprint
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.record import is_complete, read_record
from mi_cot_lib.training.train import Trained

OPTIONS = {
    **{"dataset": "nano_svamp", "student": "nano16", "method": "mi", "max_steps": 6},
    **{"eval_every": 2, "batch_size": 8, "train_size": 32, "max_new_tokens": 4},
    "max_target_tokens": 12,
}
# Validation is answered after each of three checkpoints, then test once more: the fourth time.
AT_THE_END = 4


def config(root, **changes) -> RunConfig:
    return RunConfig(**{**OPTIONS, "data_root": str(root), **changes})


def arguments(root, runs) -> list[str]:
    options = {**OPTIONS, "data-root": root, "runs": runs}
    return ["run", *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]


def student_of(folder) -> str:
    return weights_fingerprint(load_student(str(folder / "student")))


@pytest.fixture
def stopped(small_root, monkeypatch):
    """Stop a run as Ctrl-C does, when it answers for the n-th time; returns its folder."""

    def stop(runs, answering=AT_THE_END):
        real, calls = module.predict, []

        def predict(*given, **named):
            calls.append(1)
            if len(calls) == answering:
                raise KeyboardInterrupt
            return real(*given, **named)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(module, "predict", predict)
            run(config(small_root), runs)
        return runs / config(small_root).run_name

    return stop


@pytest.fixture(scope="module")
def straight(small_root, tmp_path_factory):
    """Return the folder of a run that nobody stopped."""
    return run(config(small_root), tmp_path_factory.mktemp("straight"))


@pytest.fixture
def as_straight(straight):
    """Check that a finished run is what the uninterrupted one is."""

    def check(folder):
        expected, found = read_record(straight), read_record(folder)
        assert found["metrics"] == expected["metrics"]
        assert found["curves"] == expected["curves"]
        assert student_of(folder) == student_of(straight)
        name = "predictions.jsonl"
        assert (folder / name).read_bytes() == (straight / name).read_bytes()
        assert not (folder / "checkpoints").exists()

    return check


@pytest.mark.parametrize("answering", [2, AT_THE_END], ids=["in the middle", "at the end"])
def test_a_stopped_run_ends_with_the_selected_student_in_another_folder(
    stopped, as_straight, small_root, tmp_path, answering
):
    def holding(place):
        paths = [path for path in (tmp_path / "B").rglob("*") if path.is_file()]
        return [path for path in paths if str(place).encode() in path.read_bytes()]

    stopped(tmp_path / "the folder of runs", answering)
    (tmp_path / "the folder of runs").rename(tmp_path / "B")
    assert holding(tmp_path / "the folder of runs") == []
    as_straight(run(config(small_root), tmp_path / "B"))
    assert holding(tmp_path / "B") == []


def test_a_student_that_answers_otherwise_than_the_selected_step_is_refused(tmp_path):
    history = [{"step": 10, "eval_accuracy": 0.5}, {"step": 20, "loss": 1.0}]
    trained = Trained(history, selected_step=10, steps=20, converged=False, seconds=1.0)
    check_selected(tmp_path, trained, accuracy=0.5, questions=500)
    # Another machine's rounding may flip an answer in a hundred.
    check_selected(tmp_path, trained, accuracy=0.51, questions=500)
    check_selected(tmp_path, trained, accuracy=0.75, questions=4)
    for accuracy, questions in ((0.52, 500), (0.4, 500), (0.0, 4)):
        with pytest.raises(KitError, match=r"50\.0% at the selected step 10; nothing is recorded"):
            check_selected(tmp_path, trained, accuracy, questions)


def test_a_saved_student_that_reads_back_as_another_is_refused(tmp_path):
    student = load_student("nano16")
    # Students are read in float32, which cuts these weights.
    student.model.double()
    next(student.model.parameters()).data.add_(1e-12)
    with pytest.raises(KitError, match="does not hold the weights"):
        save_student(student, tmp_path / "student")
    assert not (tmp_path / "student").exists()


# What does not fit: a note; a tokeniser; an optimiser's state of the second checkpoint.
@pytest.mark.parametrize(
    ("kib", "kept"),
    [
        (8, "no checkpoint was made yet"),
        (200, "no checkpoint was made yet"),
        (1_700, "checkpoint-2 is kept"),
    ],
)
def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_room(
    call, disk, as_straight, small_root, kib, kept
):
    runs = disk(kib)
    status, _, error = call(*arguments(small_root, runs))
    assert status == 2
    last = error.strip().replace("\r", "\n").splitlines()[-1]
    assert last.startswith(f"mi-cot: no room for {runs}")
    assert "No space left on device" in last and kept in last
    assert "Traceback" not in error and "None" not in error
    disk(20_000)
    status, out, _ = call(*arguments(small_root, runs))
    assert status == 0
    as_straight(runs / out.strip().splitlines()[-1])


def test_what_is_not_whole_is_told_and_the_run_goes_on_or_starts_again(
    stopped, as_straight, small_root, tmp_path, capsys
):
    folder = stopped(tmp_path)
    (folder / "run.json").write_text("")
    with_record = shutil.copytree(folder, tmp_path / "copy" / folder.name)
    as_straight(run(config(small_root), tmp_path))
    assert f"{folder / 'run.json'} is not whole: the run goes on" in capsys.readouterr().err
    for name in ("sources.json", "progress.txt"):
        (with_record / name).write_text("")
    as_straight(run(config(small_root), tmp_path / "copy"))
    assert f"{with_record / 'sources.json'} is not whole" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("sources.json", text) for text in ("", "{}", "[]", '{"data_sha256": "0"}', "\x00" * 9)),
        *(("run.json", text) for text in ("", '{"run": "x", "conf', "{}", "null", "[1]")),
    ],
)
def test_what_is_not_whole_notes_no_sources_and_is_no_finished_run(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert noted_sources(tmp_path) is None and not is_complete(tmp_path)


def test_a_finished_run_whose_sources_are_lost_is_still_told_from_one_of_other_data(
    straight, small_root, tmp_path
):
    folder = tmp_path / straight.name
    shutil.copytree(straight, folder)
    (folder / "sources.json").write_text("")
    assert run(config(small_root), tmp_path) == folder
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('"sha256": "', '"sha256": "0'))
    with pytest.raises(KitError, match="made from other data"):
        run(config(small_root), tmp_path)


@pytest.mark.parametrize("part", ["", "RUN", "RUN/checkpoints"])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    call, tmp_path, read_only, part
):
    # Were data looked at first, their absence would be what is told.
    nowhere = tmp_path / "nowhere"
    locked = tmp_path / "runs" / part.replace("RUN", config(nowhere).run_name)
    locked.mkdir(parents=True)
    read_only(locked)
    status, _, error = call(*arguments(nowhere, tmp_path / "runs"))
    (line,) = error.splitlines()
    assert status == 2 and line.startswith(f"mi-cot: cannot write to {locked}: ")
    assert "--runs" in line


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_file_without_a_row_is_told_before_training(call, small_root, tmp_path, split):
    data = shutil.copytree(small_root, tmp_path / "data")
    for path in data.rglob(f"*{split}*.json"):
        path.write_text("[]" if "CoT" in path.name else "\n")
    status, _, error = call(*arguments(data, tmp_path / "runs"))
    (line,) = error.splitlines()
    assert status == 2 and f"{split} has no rows" in line
    assert not list(tmp_path.glob("runs/*/checkpoints"))


def test_a_finished_run_is_found_in_a_folder_that_cannot_be_written(
    straight, small_root, tmp_path, read_only
):
    shutil.copytree(straight, tmp_path / "runs" / straight.name)
    read_only(tmp_path / "runs")
    assert run(config(small_root), tmp_path / "runs") == tmp_path / "runs" / straight.name


def test_a_run_that_overflows_ends_in_one_line_and_without_a_result(call, small_root, tmp_path):
    said = set()
    for _ in range(2):
        status, out, error = call(*arguments(small_root, tmp_path), "--learning-rate=1e30")
        assert (status, out) == (2, "") and "Traceback" not in error
        last = error.replace("\r", "\n").splitlines()[-1]
        assert last.startswith("mi-cot: training stopped at step ")
        assert "nano_svamp/train/" in last
        said.add(last)
        (folder,) = tmp_path.iterdir()
        names = {path.name for path in folder.iterdir()}
        assert not names & {"run.json", "predictions.jsonl", "student"}
        texts = [path.read_text() for path in folder.rglob("*.json")]
        assert not any("NaN" in text or "Infinity" in text for text in texts)
    assert len(said) == 1
