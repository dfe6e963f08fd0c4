"""A run from end to end, on built-in and on real data."""

import json

import pytest
import torch
from transformers import AutoTokenizer, T5ForConditionalGeneration

from mi_cot_lib import RunConfig, load_runs, run
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import ConfigError, DataError, KitError
from mi_cot_lib.evaluation.predict import is_correct
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import t5_v1_1_config
from mi_cot_lib.training.record import read_record
from mi_cot_lib.training.targets import training_targets
from mi_cot_lib.training.train import train


def config(root, **changes) -> RunConfig:
    values = {
        "dataset": "nano_svamp",
        "data_root": str(root),
        "max_steps": 4,
        "eval_every": 2,
        "batch_size": 8,
        "max_new_tokens": 24,
        "max_target_tokens": 40,
        **changes,
    }
    return RunConfig(**values)


def predictions(folder):
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("method", ["finetune", "single_task", "dss", "mi"])
def test_every_method_leaves_a_record_that_agrees_with_its_predictions(
    small_root, tmp_path, method
):
    folder = run(config(small_root, method=method), tmp_path)
    record, rows = read_record(folder), predictions(folder)
    assert record["run"] == folder.name
    for split in ("test", "unseen"):
        chosen = [row for row in rows if row["id"].split("/")[1] == split]
        assert len(chosen) == record["metrics"][f"{split}_n"]
        right = [is_correct("nano_svamp", row["predicted"], row["gold"]) for row in chosen]
        assert [row["correct"] for row in chosen] == right
        assert record["metrics"][f"{split}_accuracy"] == sum(right) / len(right)
    assert not (folder / "checkpoints").exists()
    assert record["data"]["train_rows"] == 96
    has_rationale = [row["rationale"] is not None for row in rows if "/test/" in row["id"]]
    assert all(has_rationale) == (method != "finetune")


@pytest.mark.parametrize("dataset", ["nano_cqa", "nano_esnli", "nano_anli"])
def test_every_built_in_data_set_runs(small_root, tmp_path, dataset):
    record = read_record(run(config(small_root, dataset=dataset, max_steps=2), tmp_path))
    assert record["metrics"]["test_n"] == 32


def test_a_repeated_run_gives_the_same_metrics_and_answers(small_root, tmp_path):
    first = run(config(small_root), tmp_path / "a")
    second = run(config(small_root), tmp_path / "b")
    assert read_record(first)["metrics"] == read_record(second)["metrics"]
    assert predictions(first) == predictions(second)
    assert read_record(first)["curves"] == read_record(second)["curves"]


def test_alpha3_zero_answers_as_dss(small_root, tmp_path):
    dss = run(config(small_root, method="dss"), tmp_path)
    mi = run(config(small_root, method="mi", alpha3=0.0), tmp_path)
    assert predictions(dss) == predictions(mi)


def test_a_finished_run_is_not_repeated(small_root, tmp_path):
    folder = run(config(small_root), tmp_path)
    before = (folder / "run.json").stat().st_mtime_ns
    assert run(config(small_root), tmp_path) == folder
    assert (folder / "run.json").stat().st_mtime_ns == before
    assert [record["run"] for record in load_runs(tmp_path)] == [folder.name]


def test_a_finished_run_whose_student_is_gone_says_so(small_root, tmp_path, capsys):
    folder = run(config(small_root), tmp_path)
    (folder / "student" / "model.safetensors").unlink()
    capsys.readouterr()
    assert run(config(small_root), tmp_path) == folder
    assert "keeps no trained student; delete that folder" in capsys.readouterr().err
    with pytest.raises(
        KitError, match=r"model\.safetensors is missing; delete .* and make that run"
    ):
        load_student(str(folder / "student"))


def test_more_examples_than_there_are_is_refused(small_root, tmp_path):
    with pytest.raises(ConfigError, match="more than the 96"):
        run(config(small_root, train_size=97), tmp_path)


def test_a_missing_folder_is_named_before_anything_trains(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        run(config(tmp_path / "nowhere"), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_real_svamp_trains_and_is_scored(shared, tmp_path):
    settings = config(shared / "dss", dataset="svamp", method="mi")
    record = read_record(run(settings, tmp_path))
    assert (record["metrics"]["test_n"], record["metrics"]["valid_n"]) == (200, 80)
    assert record["data"]["train_rows"] == 720
    assert record["data"]["train_unparsed"] > 0
    assert "unseen_accuracy" not in record["metrics"]


def test_a_small_shaped_t5_with_its_own_tokeniser_trains_on_real_cqa(shared, tmp_path):
    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(t5_v1_1_config("small"))
    # The v1.1 checkpoints have an output head of their own; from scratch it is tied.
    model.lm_head.weight = torch.nn.Parameter(0.04 * torch.randn(32128, 512))
    model.save_pretrained(tmp_path / "student")
    tokeniser.save_pretrained(tmp_path / "student")
    student = load_student(str(tmp_path / "student"))
    # As in v1.1's own checkpoints: with scaled outputs its pretrained head would be misread.
    assert student.model.config.scale_decoder_outputs is False
    assert torch.equal(student.model.lm_head.weight, model.lm_head.weight)
    del model
    settings = config(
        shared / "dss",
        dataset="cqa",
        student=str(tmp_path / "student"),
        max_steps=3,
        eval_every=3,
        batch_size=4,
        train_size=12,
        learning_rate=1e-3,
    )
    examples, targets = training_targets(settings, load_split("cqa", "train", settings.data_root))
    pairs = encode_pairs(
        examples, targets, tokeniser, explain=True, max_input_tokens=1024, max_target_tokens=256
    )
    trained = train(
        settings, student, pairs, pairs[:4], lambda m: {"accuracy": 0.0}, tmp_path / "run"
    )
    losses = [row["loss"] for row in trained.history if "loss" in row]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    assert all("loss_mi" in row for row in trained.history if "loss" in row)
