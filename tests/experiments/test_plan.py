"""A plan's estimates against what can be counted, and what it says is missing."""

import re

import numpy as np
import pytest

from mi_cot_lib.data.load import load_split
from mi_cot_lib.experiments import plan as module
from mi_cot_lib.experiments.asked.items import items_named
from mi_cot_lib.experiments.asked.presets import PRESETS, TRAIN_ROWS
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.plan import LAYER_SECONDS, TEST_ITEMS, TOKENS, VALID_ROWS
from mi_cot_lib.machine import repository_root
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.packed import matrix_flops, t5_v1_1_config

NANO, PAPER = PRESETS["nano"], PRESETS["paper"]


def plan(*names, preset=PAPER, seeds=1, **more):
    return module.plan(items_named(names, preset.name), preset, seeds, **more)


def runs(name, seeds=1):
    return [one.run_name for one in runs_of(*items_named((name,), PAPER.name), PAPER, seeds)]


def test_a_plan_lists_every_run_once_but_those_that_are_there():
    planned = plan("table1", "table6", seeds=None)
    assert [run.name for run in planned.runs] == runs("table1", None)
    assert {run.examples for run in planned.runs} == {10_000 * 64}
    lines = str(planned)
    assert all(run.name in lines for run in planned.runs)
    assert "80 runs, 51,200,000 examples" in lines
    assert "{" not in lines and "\n\n80 runs" in lines
    names = runs("table1")
    assert [run.name for run in plan("table1", present=names[:10]).runs] == names[10:]
    assert plan("table1", present=names).runs == []


def test_two_tasks_cost_more_than_one():
    flops = {run.config.method: run.training_flops for run in plan("table1").runs[-16::4]}
    assert flops["finetune"] < flops["single_task"] < flops["dss"] == flops["mi"]


def test_a_faster_card_takes_fewer_hours_until_starting_kernels_is_all_it_does():
    small, large = plan("table2").runs, plan("table1").runs
    for run in small + large:
        assert 0 < run.least_hours <= run.hours["H100"] <= run.hours["A100"]
    assert all(run.hours["H100"] == run.least_hours for run in small)
    assert all(run.hours["H100"] < run.hours["A100"] for run in large if run.config.method == "mi")


def test_the_least_time_of_a_layer_is_the_measured_one():
    section = (
        (repository_root() / "benchmarks/RESULTS.md").read_text().split("## scaling, NVIDIA")[1]
    )
    rows = re.findall(r"\| fast \| ([\d.]+) \|", section.split("\n## ")[0])
    shape = t5_v1_1_config("small")
    measured = np.median([float(seconds) for seconds in rows]) / (
        shape.num_layers + shape.num_decoder_layers
    )
    assert pytest.approx(measured, rel=0.1) == LAYER_SECONDS


def test_disk_is_that_of_the_students_and_of_the_released_checkpoints(tmp_path):
    planned = plan("table1", preset=NANO)
    load_student("nano").model.save_pretrained(tmp_path)
    saved = (tmp_path / "model.safetensors").stat().st_size
    assert planned.disk[0] / len(planned.runs) == pytest.approx(saved, rel=0.02)
    assert planned.missing == [] and "nothing is missing." in str(planned)
    # google/t5-v1_1-small and -base.
    for item, parameters in (("table2", 76_961_152), ("table1", 247_577_856)):
        planned = plan(item)
        assert planned.disk[0] == 4 * parameters * len(planned.runs)


def test_flops_are_two_for_each_weight_that_a_token_meets():
    model = load_student("nano").model
    head = model.lm_head.weight.numel()
    # A token of the decoder more: its layers' matrices and the output layer.
    one = matrix_flops(model, 0, 1, training=False)
    assert one > 2 * head
    assert matrix_flops(model, 0, 1, training=True) == 3 * one
    assert matrix_flops(model, 5, 7, training=False) == pytest.approx(
        matrix_flops(model, 5, 0, training=False) + 7 * one
    )


def test_what_is_missing_is_named_with_its_command(monkeypatch, tmp_path):
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    missing = str(plan("table1"))
    assert "missing: data svamp test: `mi-cot data fetch`" in missing
    for split in ("train", "test"):
        path = tmp_path / "svamp" / f"svamp_{split}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        monkeypatch.setenv("MI_COT_DATA", str(tmp_path))
        missing = str(plan("table1"))
        assert ("data svamp" in missing) == (split == "train")
    assert "data cqa train" in missing and "data esnli valid" in missing


def test_mean_tokens_are_those_of_the_real_test_files(shared):
    from transformers import AutoTokenizer

    tokeniser = AutoTokenizer.from_pretrained(shared / "t5-tokenizer", local_files_only=True)

    def mean(texts):
        ids = tokeniser(list(texts))["input_ids"]
        return sum(map(len, ids)) / len(ids)

    for name, tokens in TOKENS.items():
        examples = load_split(name, "test", shared / "dss")
        assert len(examples) == TEST_ITEMS[name]
        assert len(load_split(name, "valid", shared / "dss")) == VALID_ROWS[name]
        # Of some the training sets are too large to lie there.
        if (shared / "dss/datasets" / name / f"{name}_train.json").is_file():
            assert len(load_split(name, "train", shared / "dss")) == TRAIN_ROWS[name]
        found = (
            mean("predict: " + e.input for e in examples),
            mean(e.label for e in examples),
            mean(e.rationale for e in examples if e.rationale),
        )
        assert found == pytest.approx(tokens, abs=0.06)


def test_answers_of_an_llm_are_counted_before_they_are_paid_for():
    # Gold and two methods over one seed, four data sets, 50 items, 4 repeats.
    planned = plan("table7")
    assert planned.judge_calls == 3 * 4 * 50 * 4 and "2,400 scores" in str(planned)
    assert plan("table7", preset=NANO).judge_calls == 0
