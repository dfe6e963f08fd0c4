"""What is trained on: a teacher that can be read, and every example that has the text its method writes."""

import pytest

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError
from mi_cot_lib.student.encode import ANSWER_MARK
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.targets import check_teacher, training_targets
from tests.data.folders import lay_out
from tests.training.conftest import config


@pytest.fixture
def root_of(tmp_path):
    """Return a function that lays out SVAMP with these teacher texts, over and over."""

    def teach(*texts):
        row = {"input": "Al has 3 figs and 4.\nHow many?", "label": "( 3.0 + 4.0 )"}
        whole = [texts[index % len(texts)] for index in range(40)]
        lay_out(tmp_path, "svamp", "train", [row] * 40, whole)
        return str(tmp_path)

    return teach


def checked(root, **values):
    config = RunConfig(dataset="svamp", data_root=root, student="nano16", **values)
    check_teacher(config, load_split("svamp", "train", root))


@pytest.mark.parametrize("method", ["single_task", "dss", "mi"])
@pytest.mark.parametrize("text", ["I cannot say.", "The answer is (3 + 4)."])
def test_a_teacher_without_readable_rationales_is_refused_with_a_text(root_of, method, text):
    root = root_of(text)
    with pytest.raises(
        DataError, match=r"no rationale could be read in the teacher's 36"
    ) as refused:
        checked(root, method=method)
    assert text in str(refused.value) and "\n" not in str(refused.value)


def test_labels_of_the_teacher_have_to_be_readable(root_of):
    root = root_of("3 and 4. The answer is ten squared.")
    with pytest.raises(DataError, match="no label could be read"):
        checked(root, method="finetune", labels="teacher")
    with pytest.raises(DataError, match="no rationale and label could be read"):
        checked(root, method="dss", labels="teacher")
    checked(root, method="dss")


def test_finetuning_on_gold_labels_needs_no_teacher(root_of):
    checked(root_of("I cannot say."), method="finetune")


@pytest.mark.parametrize(("unreadable", "is_said"), [(3, True), (1, False)])
def test_under_half_is_said_with_the_share_and_more_is_silent(root_of, capsys, unreadable, is_said):
    texts = ["Three and four. The answer is 7.", "So. The answer is 7."]
    checked(root_of(*texts, *["No."] * unreadable), method="dss")
    said = capsys.readouterr().err
    assert said.startswith("warning: rationale could be read in ") if is_said else said == ""


@pytest.fixture(scope="module")
def examples():
    return load_split("nano_svamp", "train")[:96]


def test_unparsed_examples_are_counted_and_train_no_rationale(examples):
    without = [e for e in examples if e.rationale is None]
    assert without
    kept, _ = training_targets(config(method="dss"), examples)
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
