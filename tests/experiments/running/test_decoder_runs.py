"""Runs of decoder-only students and of adapters, from end to end."""

import json
from dataclasses import replace

import pytest

from mi_cot_lib import run
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.generate import outputs
from mi_cot_lib.experiments.running.evaluate import evaluate
from mi_cot_lib.experiments.running.run_record import training_flops
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.folder import ADAPTERS
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import matrix_flops
from mi_cot_lib.student.wording import PREDICT_PREFIX
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import read_record
from mi_cot_lib.training.watch import TrainingStopped
from tests.experiments.conftest import short


def answers(folder):
    rows = map(json.loads, (folder / "predictions.jsonl").read_text().splitlines())
    return {row["id"]: row["predicted"] for row in rows}


@pytest.mark.parametrize("method", ["finetune", "single_task", "dss", "mi"])
def test_every_method_trains_a_decoder_only_student(small_root, tmp_path, method):
    folder = run(short(small_root, student="nano_llama", method=method, train_size=16), tmp_path)
    record = read_record(folder)
    assert record["metrics"]["test_n"] == 32 and record["flops"] > 0
    assert folder.name.startswith(f"nano_svamp-{method}-nano_llama-seed0-")
    # The trained student lies there as any other, and answers the same.
    found = evaluate(folder, "nano_svamp", small_root)
    told = answers(folder)
    assert all(one.predicted == told[one.id] for one in found.predictions)
    card = (folder / "student" / "README.md").read_text()
    assert "license: apache-2.0" in card and "```text\n{{question}}\npredict:\n```" in card
    assert ("explain:" in card) == (method in ("dss", "mi"))
    assert str(tmp_path) not in card


def test_decoder_only_costs_of_both_tasks_count_the_question_once():
    model = load_student("nano_llama").model
    pair = EncodedPair([*range(10, 30), 5], [6, 1], [*range(10, 30), 7], [8, 9, 1])
    question = matrix_flops(model, 20, 0, training=True)
    # All that is read and written, and what the question would take a second time.
    whole = matrix_flops(model, 2 * 21, 2 + 3, training=True)
    assert training_flops(1, model, [pair]) == pytest.approx(whole - question)
    # Without a rationale only one prompt is read.
    alone = replace(pair, explain_input=[], explain_target=[])
    alone_takes = matrix_flops(model, 21, 2, training=True)
    assert training_flops(1, model, [alone]) == pytest.approx(alone_takes)
    assert training_flops(1, model, [replace(alone, explain_input=[5])]) == pytest.approx(
        alone_takes
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompting": "chat"}, "no chat template"),
        ({"max_input_tokens": 2}, "leaves no room for a question"),
        ({"lora_rank": 2, "lora_targets": "nothing"}, "fit no layer of this student"),
    ],
)
def test_a_refused_run_leaves_no_folder(small_root, tmp_path, changes, said):
    if "lora_rank" in changes:
        pytest.importorskip("peft", reason="adapters need peft, an extra")
    with pytest.raises(ConfigError, match=said):
        run(short(small_root, student="nano_llama", **changes), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_features_of_an_encoder_are_refused_by_name():
    with pytest.raises(ConfigError, match="features encoder_hidden: nano_llama has no encoder"):
        RunConfig(
            dataset="nano_cqa",
            student="nano_llama",
            mi_form="variational",
            features="encoder_hidden",
        )


def test_all_folds_together_are_no_data_set_to_train_on():
    with pytest.raises(ConfigError, match="not one data set but five: svamp_fold0, svamp_fold1"):
        RunConfig(dataset="svamp_folds")


def test_how_a_student_is_asked_and_its_adapters_make_another_run_and_what_is_unset_none():
    plain = RunConfig(dataset="nano_cqa", student="nano_llama")
    names = {
        plain.run_name,
        RunConfig(dataset="nano_cqa", student="nano_llama", prompting="chat").run_name,
        RunConfig(dataset="nano_cqa", student="nano_llama", lora_rank=4).run_name,
    }
    assert len(names) == 3
    # Such a name was given before these fields were there.
    assert RunConfig(dataset="nano_cqa", seed=3).run_name == "nano_cqa-mi-nano-seed3-4e512f2916"
    with pytest.raises(ConfigError, match="lora_targets needs a lora_rank"):
        RunConfig(dataset="nano_cqa", lora_targets="q")


@pytest.mark.parametrize("student", ["nano", "nano_llama"])
def test_adapters_are_trained_saved_alone_and_merged_on_request(
    small_root, tmp_path, call, student
):
    pytest.importorskip("peft", reason="adapters need peft, an extra")
    settings = short(small_root, student=student, method="mi", lora_rank=2, train_size=16)
    folder = run(settings, tmp_path)
    kept = {path.name for path in (folder / "student").iterdir()}
    assert ADAPTERS in kept and "model.safetensors" not in kept
    told = answers(folder)
    found = evaluate(folder, "nano_svamp", small_root)
    assert all(one.predicted == told[one.id] for one in found.predictions)
    merged = tmp_path / "merged"
    status, out, _ = call("student", "merge", folder, merged)
    assert (status, out.strip()) == (0, str(merged))
    whole = load_student(str(merged))
    assert not [name for name, _ in whole.model.named_parameters() if "lora" in name]
    prompts = [PREDICT_PREFIX + one.input for one in load_split("nano_svamp", "test", small_root)]
    apart, together = (
        outputs(one, prompts, 256, [8] * len(prompts)) for one in (load_student(str(folder)), whole)
    )
    for one, other in zip(apart, together, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, rel=1e-3, abs=1e-3)
    for again in (folder, tmp_path / "elsewhere"):
        status, _, said = call("student", "merge", merged, again)
        assert status == 2 and ("exists already" in said or "no adapters to merge" in said)


def test_a_run_of_adapters_goes_on_from_its_checkpoint(small_root, tmp_path):
    pytest.importorskip("peft", reason="adapters need peft, an extra")
    shape = {"student": "nano_llama", "method": "dss", "lora_rank": 2, "train_size": 16}
    whole = run(short(small_root, max_steps=4, **shape), tmp_path / "whole")

    settings = short(small_root, max_steps=4, **shape)
    with pytest.raises(TrainingStopped, match="stopped at step 2"):
        run(settings, tmp_path / "parts", watch=lambda history, has_ended: True)
    parts = run(settings, tmp_path / "parts")
    assert read_record(parts)["metrics"] == read_record(whole)["metrics"]
    assert answers(parts) == answers(whole)
