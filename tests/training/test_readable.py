"""A teacher of whom nothing, or little, can be read."""

import json

import pytest

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.targets import check_teacher


@pytest.fixture
def root_of(tmp_path):
    """Return a function that lays out SVAMP with these teacher texts, over and over."""

    def lay_out(*texts):
        folder = tmp_path / "svamp"
        (folder / "llm").mkdir(parents=True)
        row = {"input": "Al has 3 figs and 4.\nHow many?", "label": "( 3.0 + 4.0 )"}
        (folder / "svamp_train.json").write_text((json.dumps(row) + "\n") * 40)
        whole = [texts[index % len(texts)] for index in range(40)]
        (folder / "llm" / "train_CoT_0.json").write_text(json.dumps(whole))
        return str(tmp_path)

    return lay_out


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


def test_under_half_is_said_with_the_share(root_of, capsys):
    checked(root_of("Three and four. The answer is 7.", "No.", "No.", "No."), method="dss")
    assert "warning: rationale could be read in" in capsys.readouterr().err


def test_more_than_half_is_silent(root_of, capsys):
    checked(
        root_of("Three and four. The answer is 7.", "So. The answer is 7.", "No."), method="dss"
    )
    assert capsys.readouterr().err == ""
