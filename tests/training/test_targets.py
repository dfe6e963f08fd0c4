"""What is trained on: every example that has the text its method writes."""

import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.data.load import load_split
from mi_cot_lib.student.encode import ANSWER_MARK
from mi_cot_lib.training.targets import training_targets


@pytest.fixture(scope="module")
def examples():
    return load_split("nano_svamp", "train")[:96]


def config(**changes) -> RunConfig:
    return RunConfig(dataset="nano_svamp", **changes)


def test_unparsed_examples_are_counted_and_train_no_rationale(examples):
    without = [e for e in examples if e.rationale is None]
    assert without
    kept, targets = training_targets(config(method="dss"), examples)
    assert len(kept) == len(examples)
    single, texts = training_targets(config(method="single_task"), examples)
    assert len(single) == len(examples) - len(without)
    assert all(ANSWER_MARK in text for text in texts)
    everything, _ = training_targets(config(method="single_task", unparsed="keep_empty"), examples)
    assert len(everything) == len(examples)


def test_teacher_labels_replace_gold_ones_in_training_only(examples):
    kept, targets = training_targets(config(labels="teacher"), examples)
    assert targets == [e.teacher_label for e in examples if e.teacher_label is not None]
    assert targets != [e.label for e in kept]
