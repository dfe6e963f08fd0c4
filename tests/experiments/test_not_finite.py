"""Training that overflows leaves one line and no result, however often it is called."""

import json
import subprocess
import sys

from mi_cot_lib.training.record import read_record


def call_run(root, runs, *options: str):
    """Call `mi-cot run` in a process of its own, as a person does."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "mi_cot_lib.cli", "run", "--dataset", "nano_svamp"),
            *("--data-root", str(root), "--runs", str(runs), "--student", "nano16"),
            *("--batch-size", "4", "--max-steps", "6", "--eval-every", "2"),
            *("--train-size", "24", "--max-new-tokens", "4", *options),
        ],
        capture_output=True,
        text=True,
    )


def test_a_run_that_overflows_ends_in_one_line_and_without_a_result(small_root, tmp_path):
    said = set()
    for _ in range(2):
        done = call_run(small_root, tmp_path, "--method", "mi", "--learning-rate", "1e30")
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        last = done.stderr.splitlines()[-1]
        assert last.startswith("mi-cot: training stopped at step ")
        assert "nano_svamp/train/" in last
        said.add(last)
        (folder,) = tmp_path.iterdir()
        names = {path.name for path in folder.iterdir()}
        assert not names & {"run.json", "predictions.jsonl", "student"}
        for path in folder.rglob("*.json"):
            text = path.read_text()
            assert "NaN" not in text and "Infinity" not in text
    assert len(said) == 1


def test_a_finished_run_is_a_student_of_another_run_and_of_an_evaluation(
    small_root, trained, tmp_path, call
):
    first = trained("nano_svamp", "finetune")
    arguments = ("--dataset", "nano_svamp", "--data-root", small_root)
    status, out, error = call(
        *("run", *arguments, "--runs", tmp_path, "--student", first, "--precision", "fp32"),
        *("--max-steps", "1", "--batch-size", "2", "--train-size", "8", "--max-new-tokens", "4"),
    )
    assert status == 0, error
    (folder,) = tmp_path.iterdir()
    assert out.splitlines()[-1] == str(folder)
    config = read_record(folder)["config"]
    assert config["student"] == str(first / "student")
    status, out, error = call(
        "evaluate", "--checkpoint", first, *arguments, "--out", tmp_path / "a.jsonl"
    )
    assert status == 0, error
    json.loads((tmp_path / "a.json").read_text())
