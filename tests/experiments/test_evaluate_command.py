"""`mi-cot evaluate`: what it prints, how it refuses, and the example that CONTRIBUTING.md prints."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_command_prints_the_result_and_the_file(call, trained, own):
    folder = trained("nano_esnli", "finetune")
    arguments = ("evaluate", "--checkpoint", folder, "--dataset", "pairs", "--data-root", own)
    status, out, error = call(*arguments)
    assert status == 0 and "no run" not in error
    result, path = out.strip().splitlines()
    assert re.fullmatch(
        r"pairs test: accuracy \d+\.\d% \[\d+\.\d, \d+\.\d\] \(95%, Wilson\), "
        r"mean confidence \d+\.\d%, n = 1",
        result,
    )
    assert Path(path) == folder / "evaluations" / "pairs-test.jsonl"


def test_the_command_says_in_one_line_that_a_plain_folder_was_not_checked(
    call, trained, own, tmp_path
):
    folder = trained("nano_svamp", "mi") / "student"
    status, out, error = call(
        *("evaluate", "--checkpoint", folder, "--dataset", "reviews", "--data-root", own),
        *("--out", tmp_path / "out.jsonl"),
    )
    assert status == 0
    assert out.strip().splitlines()[-1] == str(tmp_path / "out.jsonl")
    (note,) = [line for line in error.splitlines() if line.startswith("note:")]
    assert "labels could not be checked" in note
    assert not (folder / "evaluations").exists()


@pytest.mark.parametrize("name", ["asdiv/", "OWN/asdiv/"])
def test_a_data_sets_folder_serves_as_its_name(call, trained, own, tmp_path, monkeypatch, name):
    monkeypatch.chdir(own)
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    status, out, _ = call(
        *("evaluate", "--checkpoint", trained("nano_svamp", "mi"), "--out", tmp_path / "a.jsonl"),
        *("--dataset", name.replace("OWN", str(own))),
    )
    assert status == 0 and out.startswith("asdiv test: accuracy ")


def test_a_file_that_could_not_be_written_is_refused_before_anything_is_answered(
    call, trained, own, tmp_path, monkeypatch, read_only
):
    folder = tmp_path / "run"
    shutil.copytree(trained("nano_svamp", "mi"), folder)
    data = ("--dataset", "asdiv", "--data-root", own)
    assert call("evaluate", "--checkpoint", folder, *data)[0] == 0
    read_only(folder)
    # What is finished is read all the same.
    assert call("evaluate", "--checkpoint", folder, *data)[0] == 0
    monkeypatch.setattr("mi_cot_lib.experiments.running.evaluate.predict", None)
    for out in ((), ("--out", folder / "new/a.jsonl"), ("--out", folder / "run.json/a.jsonl")):
        data = ("--dataset", "nano_svamp")
        status, _, error = call("evaluate", "--checkpoint", folder, *data, *out)
        (line,) = error.splitlines()
        assert status == 2 and line.startswith(f"mi-cot: cannot write to {folder}")
        assert "--out" in line


def test_a_disk_without_room_for_the_answers_is_one_line_with_their_file(call, trained, own, disk):
    out = disk(4) / "a.jsonl"
    (out.parent / "large").write_bytes(b"0" * 4096)
    data = ("--dataset", "asdiv", "--data-root", own, "--out", out)
    status, _, error = call("evaluate", "--checkpoint", trained("nano_svamp", "mi"), *data)
    last = error.replace("\r", "\n").splitlines()[-1]
    assert status == 2
    assert last.startswith(f"mi-cot: no room to write {out}: No space left on device")
    assert [path.name for path in out.parent.iterdir()] == ["large"]


def test_the_example_of_contributing_works_as_printed(call, monkeypatch, trained, tmp_path):
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = [part for part in text.split("```") if "mi-cot evaluate" in part]
    *shell, command = block.strip().splitlines()
    monkeypatch.chdir(tmp_path)
    subprocess.run(["bash", "-ec", "\n".join(shell)], check=True)
    folder = str(trained("nano_svamp", "mi"))
    status, out, _ = call(*command.replace("runs/RUN", folder).split()[1:])
    assert status == 0 and "sums test" in out and "n = 2" in out
