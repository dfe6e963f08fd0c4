"""The Language Model Evaluation Harness scores a student as the kit does, on the same prompts."""

import json
import os
import subprocess
import sys

import pytest

from mi_cot_lib import run
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.experiments.running.evaluate import evaluate
from mi_cot_lib.experiments.running.harness import write_task
from tests.experiments.conftest import short


@pytest.mark.parametrize("student", ["nano", "nano_llama"])
def test_the_harness_comes_to_the_same_answers(small_root, tmp_path, student):
    pytest.importorskip("lm_eval", reason="needs the extra lm_eval")
    steps = {"max_steps": 60, "eval_every": 60, "learning_rate": 1e-3}
    asked = {"dataset": "nano_esnli", "method": "dss", "student": student}
    folder = run(short(small_root, **asked, **steps), tmp_path / "runs")
    ours = evaluate(folder, "nano_esnli", small_root)
    assert 0 < ours.accuracy < 1
    command = write_task(folder, "nano_esnli", tmp_path / "task", small_root)
    out = ["--output_path", str(tmp_path / "found"), "--log_samples", "--batch_size", "8"]
    # No hub is asked, and no server is started.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub")}
    subprocess.run([sys.executable, "-m", *command, *out], check=True, env=environment, timeout=300)
    (results,) = (tmp_path / "found").rglob("results_*.json")
    (found,) = json.loads(results.read_text())["results"].values()
    assert found["accuracy,none"] == pytest.approx(ours.accuracy, abs=1e-3)
    (samples,) = (tmp_path / "found").rglob("samples_*.jsonl")
    rows = sorted(map(json.loads, samples.read_text().splitlines()), key=lambda row: row["doc_id"])
    written = [row["filtered_resps"][0].strip() for row in rows]
    assert written == [one.predicted.strip() for one in ours.predictions]


def test_what_the_harness_could_not_score_is_refused(trained, small_root, own, tmp_path):
    whole = trained("nano_svamp", "single_task")
    with pytest.raises(ConfigError, match="in one text"):
        write_task(whole, "nano_svamp", tmp_path / "task", small_root)
    with pytest.raises(ConfigError, match="not one of the kit's"):
        write_task(trained("nano_svamp", "finetune"), "asdiv", tmp_path / "task", own)
    assert not (tmp_path / "task").exists()


def test_adapters_are_to_be_merged_first(small_root, tmp_path):
    pytest.importorskip("peft", reason="adapters need peft, an extra")
    folder = run(short(small_root, student="nano_llama", lora_rank=2, train_size=16), tmp_path)
    with pytest.raises(ConfigError, match="student merge .* FOLDER"):
        write_task(folder, "nano_svamp", tmp_path / "task", small_root)
