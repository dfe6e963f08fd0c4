"""A data set of the user's own: its description, its rows, and what is refused by name."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.check import candidate_labels, label_is_right
from mi_cot_lib.data.described import find_dataset, locate_dataset, read_description
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS, NLI_LABELS, DatasetSpec, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError, KitError
from tests.data.folders import describe

EQUATION = {"title": "ASDiv", "answer_type": "equation", "licence": "CC-BY-NC-4.0"}
CHOICE = {**EQUATION, "answer_type": "choice"}
NLI = {**EQUATION, "answer_type": "nli"}
PAIR = {"premise": "A man runs.", "hypothesis": "He sits."}
YES_NO = {**NLI, "labels": ["yes", "no"]}
LABEL = {**EQUATION, "answer_type": "label", "labels": ["good", "bad"]}


@pytest.mark.parametrize(
    ("description", "row", "text", "label", "candidates"),
    [
        (EQUATION, {"input": "Two and two?", "label": "2 + 2"}, "Two and two?", "2 + 2", None),
        (
            CHOICE,
            {"question": "Which?", "choices": ["a hen", "a cow"], "answer": "a cow"},
            "Which?\nAnswer Choices:\n(a) a hen\n(b) a cow",
            "a cow",
            ("a hen", "a cow"),
        ),
        (NLI, {**PAIR, "label": 2}, "A man runs.</s>He sits.", "contradiction", NLI_LABELS),
        (YES_NO, {**PAIR, "label": 1}, "A man runs.</s>He sits.", "no", ("yes", "no")),
        (LABEL, {"input": "Broke.", "label": "bad", "id": 7}, "Broke.", "bad", ("good", "bad")),
    ],
)
def test_rows_follow_the_answer_type(tmp_path, description, row, text, label, candidates):
    spec = find_dataset("mine", describe(tmp_path, "mine", description, [row]))
    assert (spec.name, spec.title, spec.licence) == ("mine", "ASDiv", "CC-BY-NC-4.0")
    (example,) = load_split(spec, "test", tmp_path)
    assert (example.id, example.input, example.label) == ("mine/test/0", text, label)
    assert (example.rationale, example.teacher_label) == (None, None)
    assert candidate_labels(spec, example) == candidates
    assert label_is_right(spec, label, example.label)
    assert not label_is_right(spec, "nothing of the kind", example.label)
    assert label_is_right(spec, "( 8.0 / 2.0 )", "4") == (description is EQUATION)


def test_the_eight_known_data_sets_are_found_as_before(tmp_path, monkeypatch):
    describe(tmp_path, "mine", EQUATION)
    for name, spec in DATASETS.items():
        assert find_dataset(name) is find_dataset(name, tmp_path) is spec
        assert spec.labels == (NLI_LABELS if spec.answer_type == "nli" else ())
        assert spec.teacher_accuracy is not None
    monkeypatch.setenv("MI_COT_DATA", str(tmp_path / "gone"))
    assert find_dataset("nano_anli").built_in


def test_a_known_data_set_is_read_without_its_teacher(tmp_path):
    rows = [{"input": "Two and two?", "label": "( 2.0 + 2.0 )"}]
    describe(tmp_path, "svamp", EQUATION, rows)
    (tmp_path / "svamp" / "dataset.json").unlink()
    (example,) = load_split(dataset_spec("svamp").without_teacher(), "test", tmp_path)
    assert (example.label, example.rationale) == ("( 2.0 + 2.0 )", None)
    with pytest.raises(DataError, match=r"test_CoT_0\.json"):
        load_split("svamp", "test", tmp_path)


@pytest.mark.parametrize(
    ("description", "said"),
    [
        ({**EQUATION, "lables": []}, "'lables'. Did you mean 'labels'?"),
        ({**EQUATION, "answer_type": "equatoin"}, "'equatoin'. Did you mean 'equation'?"),
        ({**EQUATION, "answer_type": ["nli"]}, "'answer_type' has to be a text, not ['nli']"),
        ({"title": "A", "answer_type": "nli"}, "the key 'licence' is missing"),
        ({**EQUATION, "title": 4}, "'title' has to be a text, not 4"),
        ({**EQUATION, "title": " "}, "'title' has to be a text"),
        ({**EQUATION, "labels": ["a", "b"]}, "'labels' go with answer_type 'nli' or 'label'"),
        ({**EQUATION, "answer_type": "label"}, "needs 'labels'"),
        ({**LABEL, "labels": "good"}, "a list of two texts or more, not 'good'"),
        ({**LABEL, "labels": ["good"]}, "a list of two texts or more"),
        ({**LABEL, "labels": ["good", 1]}, "the label 1 has to be a text"),
        ({**LABEL, "labels": ["good", " bad"]}, "the label ' bad' has to be a text without blanks"),
        ({**LABEL, "labels": ["good", ""]}, "the label '' has to be a text"),
        ({**LABEL, "labels": ["good", "bad", "good"]}, "holds a label twice"),
        ([EQUATION], "a JSON object is needed"),
        ("{", "not a JSON object"),
    ],
)
def test_a_wrong_description_is_refused_with_its_file(tmp_path, description, said):
    describe(tmp_path, "mine", description)
    with pytest.raises(KitError, match=re.escape(said)) as refused:
        find_dataset("mine", tmp_path)
    assert str(tmp_path / "mine" / "dataset.json") in str(refused.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
near = st.sampled_from([*EQUATION, "labels", "A", "equation", "choice", "nli", "label", "other"])
near_descriptions = st.dictionaries(near, json_values | near | st.lists(near, max_size=3))


@given(json_values | near_descriptions)
def test_any_description_gives_a_usable_specification_or_a_message(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "any" / "dataset.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values), encoding="utf-8")
    try:
        spec = read_description(path)
    except KitError as error:
        assert str(path) in str(error)
        return
    assert isinstance(spec, DatasetSpec)
    assert bool(spec.labels) == (spec.answer_type in ("nli", "label"))
    assert len(set(spec.labels)) == len(spec.labels)
    assert [label.strip() for label in spec.labels] == list(spec.labels)


@pytest.mark.parametrize(
    ("description", "row", "said"),
    [
        (EQUATION, {"input": "?", "label": "7+2=9"}, "'7+2=9'"),
        (
            CHOICE,
            {"question": "?", "choices": ["box", "pen", "box"], "answer": "pen"},
            "the choice 'box' stands there twice; remove the row",
        ),
        (YES_NO, {**PAIR, "label": 2}, "the label 2 is none of 0 yes, 1 no"),
        (LABEL, {"input": "?", "label": "Good"}, "the label 'Good' is none of good, bad"),
        (LABEL, {"input": "?", "label": 0}, "'label' is int"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(tmp_path, description, row, said):
    spec = find_dataset("mine", describe(tmp_path, "mine", description, [row]))
    with pytest.raises(DataError, match=re.escape(said)) as refused:
        load_split(spec, "test", tmp_path)
    assert "mine_test.json, line 1: " in str(refused.value)


@pytest.mark.parametrize("name", ["esnli", "nano_svamp"])
def test_a_description_that_shadows_a_known_data_set_is_refused(tmp_path, name):
    describe(tmp_path, name, NLI)
    with pytest.raises(DataError, match="one of the kit's own") as refused:
        find_dataset(name, tmp_path)
    assert str(tmp_path / name / "dataset.json") in str(refused.value)


def test_unknown_names_are_refused_with_the_nearest_one(tmp_path, monkeypatch):
    describe(tmp_path, "asdiv", EQUATION)
    with pytest.raises(ConfigError, match="Did you mean 'asdiv'"):
        find_dataset("asdvi", tmp_path)
    with pytest.raises(ConfigError, match="Did you mean 'nano_svamp'"):
        find_dataset("nano_swamp", tmp_path)
    with pytest.raises(ConfigError, match="unknown dataset ''"):
        find_dataset("", tmp_path)
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    with pytest.raises(ConfigError, match="--data-root or MI_COT_DATA"):
        find_dataset("asdiv")


def test_a_missing_split_says_which_are_there_and_holds_nothing_out(tmp_path):
    row = {"input": "?", "label": "1"}
    spec = find_dataset("mine", describe(tmp_path, "mine", EQUATION, [row] * 20, split="train"))
    assert len(load_split(spec, "train", tmp_path)) == 20
    with pytest.raises(DataError, match=r"no split 'valid' .*there: train\. .*mine_valid\.json"):
        load_split(spec, "valid", tmp_path)


def placed(folder, name="x", label="1"):
    """Write a data set and return its folder."""
    return describe(folder, name, EQUATION, [{"input": "?", "label": label}]) / name


def labels(name, data_root=None):
    spec, root = locate_dataset(name, data_root)
    assert spec.name == "x"
    return [example.label for example in load_split(spec, "test", root)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return the current folder."""
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.parametrize("name", ["x", "x/", "./x", "./x/", "x/.", "x//"])
@pytest.mark.parametrize(
    ("place", "root", "setting"),
    [
        ("here", None, ""),
        ("here", ".", ""),
        *((f"data{below}", "../data", "") for below in ("", "/datasets")),
        *((f"data{below}", None, "../data") for below in ("", "/datasets")),
    ],
)
def test_a_folder_in_the_current_one_or_the_data_root_is_its_data_set(
    here, monkeypatch, place, root, setting, name
):
    placed(here.parent / place)
    monkeypatch.setenv("MI_COT_DATA", setting)
    assert labels(name, root) == ["1"]


def test_a_folder_anywhere_is_its_data_set_and_so_is_the_current_one(here, tmp_path, monkeypatch):
    folder = placed(tmp_path / "data")
    assert labels(str(folder)) == labels(f"{folder}/", tmp_path) == labels("../data/x") == ["1"]
    monkeypatch.chdir(folder)
    assert labels(".") == ["1"]


def test_a_bare_name_is_the_data_roots_and_a_path_the_current_folders(here, tmp_path):
    placed(here, label="1")
    placed(tmp_path / "data", label="2")
    assert labels("x", tmp_path / "data") == ["2"]
    assert labels("./x", tmp_path / "data") == ["1"]


def test_a_name_of_the_kits_own_is_never_a_folder(here):
    placed(here, "nano_svamp")
    assert locate_dataset("nano_svamp") == (DATASETS["nano_svamp"].without_teacher(), None)
    with pytest.raises(DataError, match="one of the kit's own"):
        locate_dataset("./nano_svamp")


def test_a_folder_that_is_none_or_hidden_says_what_would_be_right(here):
    for name in ("x", "svamp", "datasets"):
        (here / name).mkdir()
    with pytest.raises(DataError, match=r"^x has no dataset\.json: describe"):
        locate_dataset("./x/")
    with pytest.raises(DataError, match=r"--dataset svamp --data-root .*here\."):
        locate_dataset("svamp/")
    with pytest.raises(ConfigError, match="unknown dataset 'y/'"):
        locate_dataset("y/")
    placed(here)
    with pytest.raises(DataError, match="move it into that"):
        locate_dataset("./x")
