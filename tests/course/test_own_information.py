"""The learner's student is measured as recorded students are, and only where it has both tasks."""

from dataclasses import replace

import numpy as np
import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.course.own_information import has_both_tasks, measure_own, shared_behind_noise
from mi_cot_lib.course.own_run import own_run
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.evaluation.features import Features, TaskFeatures
from mi_cot_lib.experiments.information import Part, Protocol, measure

PROTOCOL = Protocol(train_items=300, test_items=150, components=2)
SIZES = {"train": 140, "valid": 8, "test": 120, "unseen": 4}


def features(items: int, seed: int) -> TaskFeatures:
    generator = np.random.default_rng(seed)
    z = generator.standard_normal((items, 4))
    v = 0.9 * z + 0.4 * generator.standard_normal((items, 4))
    return TaskFeatures(Features(v, ("",) * items), Features(z, ("",) * items))


def test_the_numbers_are_those_of_a_recorded_measurement():
    fitted, reported = features(300, 0), features(150, 1)
    found, null = shared_behind_noise(fitted, reported, PROTOCOL)
    parts = [
        Part(one.label.pooled, one.rationale.pooled, ["a", "b"] * (items // 2), ["a"] * items)
        for one, items in ((fitted, 300), (reported, 150))
    ]
    recorded = measure(*parts, PROTOCOL)["zv"]["infonce"]
    assert found.nats == pytest.approx(recorded["nats"], abs=1e-4)
    assert null.nats == pytest.approx(recorded["null"], abs=1e-4)
    assert found.cap == pytest.approx(recorded["cap"], abs=1e-4)


def test_a_run_is_measured_beside_the_student_that_it_began_as(tmp_path):
    write_dataset("nano_cqa", tmp_path / "data", sizes=SIZES)
    steps = {"max_steps": 2, "eval_every": 2, "train_size": 8, "data_root": str(tmp_path / "data")}
    config = RunConfig(dataset="nano_cqa", method="dss", **steps)
    made = own_run(config, tmp_path)
    assert has_both_tasks(made)
    # More items than the eight that it was trained on.
    few = replace(PROTOCOL, train_items=130, test_items=110)
    found = measure_own(made, few)
    assert list(found.index) == ["before training", "your student"]
    assert found.loc["before training", "I(Z;V)"] != found.loc["your student", "I(Z;V)"]
    assert (found["low"] <= found["high"]).all() and found["cap"].nunique() == 1
    alone = own_run(RunConfig(dataset="nano_cqa", method="finetune", **steps), tmp_path)
    assert not has_both_tasks(alone)
