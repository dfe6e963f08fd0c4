"""Examples from a folder: hold-out, teacher labels in the gold form, where data is looked for."""

from pathlib import Path

import pytest
from datasets import Dataset

from mi_cot_lib.data.load import held_out, load_report, load_split, resolve_data_root
from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.teacher.label_readers import match_choice
from mi_cot_lib.errors import ConfigError, DataError
from tests.data.folders import lay_out


@pytest.fixture
def svamp_root(tmp_path):
    """Lay out twenty training rows and three test rows; training row 1's teacher never ends."""
    for split, count in (("train", 20), ("test", 3)):
        rows = [{"input": f"{split} {n}", "label": f"( {n}.0 + 1.0 )"} for n in range(count)]
        texts = [f"Because {n}. The answer is ({n} + 1).\n\nQ: More" for n in range(count)]
        if split == "train":
            texts[1] = "Because because because"
        lay_out(tmp_path, "svamp", split, rows, texts)
    return tmp_path


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """Point the kit's cache and data variables at nothing."""
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / "cache"))


def test_an_example_carries_its_row_and_its_parsed_teacher(svamp_root):
    assert load_split("svamp", "test", svamp_root)[2] == Example(
        "svamp/test/2", "test 2", "( 2.0 + 1.0 )", "Because 2.", "(2 + 1)"
    )


def test_train_and_held_out_validation_share_the_training_file_without_overlap(svamp_root):
    train = load_split("svamp", "train", svamp_root)
    valid = load_split("svamp", "valid", svamp_root)
    assert (len(train), len(valid)) == (18, 2)
    assert {each.id for each in train + valid} == {f"svamp/train/{n}" for n in range(20)}
    assert all(each.input == f"train {each.id.split('/')[-1]}" for each in train + valid)


@pytest.mark.parametrize("rows", [2, 11, 800, 805, 9741])
def test_hold_out_is_that_of_the_released_code(rows):
    whole = Dataset.from_dict({"row": list(range(rows))})
    parts = whole.train_test_split(test_size=0.1, seed=0)
    assert held_out(rows) == (tuple(parts["train"]["row"]), tuple(parts["test"]["row"]))


def test_one_row_is_too_few_to_hold_out():
    with pytest.raises(DataError, match="too few"):
        held_out(1)


def test_report_counts_what_the_parser_could_not_read(svamp_root):
    examples = load_split("svamp", "train", svamp_root) + load_split("svamp", "valid", svamp_root)
    examples.append(Example("x", "x", "x", "because", None))
    assert load_report(examples) == (1, 2)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Math  Problem", "math problem"),
        ("car", "car."),
        ("Car", "Car"),
        ("(b)", "car."),
        ("(e)", None),
        ("(B)", "car."),
        ("B.", "car."),
        ("a math problem", "math problem"),
        ("bus", None),
        ("", None),
    ],
)
def test_teacher_answers_take_the_choices_spelling(label, expected):
    choices = ("math problem", "car.") if expected != "Car" else ("math problem", "car.", "Car")
    assert match_choice(label, choices) == expected


def test_data_root_is_argument_before_environment_before_cache(svamp_root, no_data, monkeypatch):
    monkeypatch.setenv("MI_COT_DATA", str(svamp_root))
    assert resolve_data_root("svamp") == svamp_root
    assert resolve_data_root("svamp", "elsewhere") == Path("elsewhere")
    assert len(load_split("svamp", "test")) == 3


def test_an_explicit_root_is_read_for_a_built_in_name_too(svamp_root):
    with pytest.raises(DataError, match=r"no data set nano_svamp .* there: svamp"):
        load_split("nano_svamp", "test", svamp_root)


def test_without_any_data_the_error_names_both_ways_out(no_data):
    with pytest.raises(DataError, match=r"`mi-cot data fetch`.*--data-root"):
        load_split("cqa", "test")


def test_an_unknown_split_is_refused(svamp_root):
    with pytest.raises(ConfigError, match="unknown split 'validation'.*'valid'"):
        load_split("svamp", "validation", svamp_root)
