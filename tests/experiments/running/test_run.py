"""A run from end to end, on built-in and on real data."""

import json
import shutil

import pytest
import torch
from transformers import AutoTokenizer, T5ForConditionalGeneration

from mi_cot_lib import load_runs, run
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.evaluation.predict import is_correct
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import t5_v1_1_config
from mi_cot_lib.training.record import read_record
from mi_cot_lib.training.targets import training_targets
from mi_cot_lib.training.train import train
from tests.experiments.conftest import short


def predictions(folder):
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("dataset", "method"),
    [
        *(("nano_svamp", method) for method in ("finetune", "single_task", "dss", "mi")),
        *((dataset, "finetune") for dataset in ("nano_cqa", "nano_esnli")),
        ("nano_anli", "mi"),
    ],
)
def test_a_record_agrees_with_its_predictions(trained, dataset, method):
    folder = trained(dataset, method)
    record, rows = read_record(folder), predictions(folder)
    assert record["run"] == folder.name
    for split in ("test", "unseen"):
        chosen = [row for row in rows if row["id"].split("/")[1] == split]
        assert len(chosen) == record["metrics"][f"{split}_n"] > 0
        right = [is_correct(dataset, row["predicted"], row["gold"]) for row in chosen]
        assert [row["correct"] for row in chosen] == right
        assert record["metrics"][f"{split}_accuracy"] == sum(right) / len(right)
        assert record["correct"][split] == "".join("01"[one] for one in right)
    assert not (folder / "checkpoints").exists() and record["flops"] > 0
    assert (record["data"]["train_rows"], record["data"]["train_used"] <= 32) == (32, True)
    has_rationale = [row["rationale"] is not None for row in rows if "/test/" in row["id"]]
    assert all(has_rationale) == (method != "finetune")


def test_a_repeated_run_gives_the_same_numbers_and_alpha3_zero_answers_as_dss(small_root, tmp_path):
    dss, again = (run(short(small_root, method="dss"), tmp_path / place) for place in "ab")
    for part in ("metrics", "curves"):
        assert read_record(dss)[part] == read_record(again)[part]
    zero = run(short(small_root, method="mi", alpha3=0.0), tmp_path)
    assert predictions(dss) == predictions(again) == predictions(zero)


def test_a_finished_run_is_not_repeated_and_says_where_its_student_is_gone(
    small_root, trained, tmp_path, capsys
):
    first = trained("nano_svamp", "mi")
    changes = {"max_steps": 4, "eval_every": 4, "train_size": 32, "max_new_tokens": 24}
    config = short(small_root, **changes)
    folder = shutil.copytree(first, tmp_path / first.name)
    assert run(config, tmp_path) == folder
    assert (folder / "run.json").read_bytes() == (first / "run.json").read_bytes()
    assert [record["run"] for record in load_runs(tmp_path)] == [folder.name]
    (folder / "student" / "model.safetensors").unlink()
    capsys.readouterr()
    assert run(config, tmp_path) == folder
    assert "keeps no student: delete it and retrain" in capsys.readouterr().err
    with pytest.raises(KitError, match=r"model\.safetensors is missing; delete .* make that run"):
        load_student(str(folder / "student"))


def test_a_finished_run_is_the_student_of_another(small_root, trained, tmp_path):
    first = trained("nano_svamp", "finetune")
    config = short(small_root, student=str(first), precision="fp32", train_size=8, max_steps=2)
    assert read_record(run(config, tmp_path))["config"]["student"] == str(first / "student")


def test_wrong_data_is_named_before_anything_trains(small_root, tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        run(short(tmp_path / "nowhere"), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_real_svamp_trains_and_is_scored(shared, tmp_path):
    settings = short(shared / "dss", dataset="svamp", max_new_tokens=4, max_target_tokens=16)
    record = read_record(run(settings, tmp_path))
    assert (record["metrics"]["test_n"], record["metrics"]["valid_n"]) == (200, 80)
    assert record["data"]["train_rows"] == 720
    assert record["data"]["train_unparsed"] > 0
    assert "unseen_accuracy" not in record["metrics"]


def test_a_t5_v1_1_with_its_own_tokeniser_trains_on_real_cqa(shared, tmp_path):
    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer")
    torch.manual_seed(0)
    shape = t5_v1_1_config("small")
    shape.num_layers = shape.num_decoder_layers = 2
    model = T5ForConditionalGeneration(shape)
    model.save_pretrained(tmp_path / "student")
    tokeniser.save_pretrained(tmp_path / "student")
    student = load_student(str(tmp_path / "student"))
    settings = short(
        shared / "dss",
        **{"dataset": "cqa", "student": str(tmp_path / "student"), "learning_rate": 1e-3},
        **{"max_steps": 3, "eval_every": 3, "batch_size": 4, "train_size": 12},
    )
    examples, targets = training_targets(settings, load_split("cqa", "train", settings.data_root))
    pairs = encode_pairs(
        examples, targets, tokeniser, explain=True, max_input_tokens=1024, max_target_tokens=256
    )
    trained = train(
        settings, student, pairs, pairs[:4], lambda m: {"accuracy": 0.0}, tmp_path / "run"
    )
    rows = [row for row in trained.history if "loss" in row]
    assert len(rows) == 3 and rows[-1]["loss"] < rows[0]["loss"]
    assert all("loss_mi" in row for row in rows)
