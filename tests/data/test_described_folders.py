"""A data set of one's own, named by the folder that holds its description."""

import json

import pytest

from mi_cot_lib.data.described import locate_dataset
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.errors import ConfigError, DataError

DESCRIPTION = {"title": "Mine", "answer_type": "equation", "licence": "CC0-1.0"}


def write(root, name="x", label="1"):
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps(DESCRIPTION))
    (folder / f"{name}_test.json").write_text(json.dumps({"input": "?", "label": label}) + "\n")
    return folder


def labels(name, data_root=None):
    spec, root = locate_dataset(name, data_root)
    return spec.name, [example.label for example in load_split(spec, "test", root)]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.mark.parametrize("name", ["x", "x/", "./x", "./x/", "x/.", "../here/x", "x//"])
@pytest.mark.parametrize("with_root", [False, True])
def test_a_folder_in_the_current_one_is_its_data_set(tmp_path, name, with_root):
    write(tmp_path / "here")
    assert labels(name, "." if with_root else None) == ("x", ["1"])


@pytest.mark.parametrize("name", ["x", "x/", "./x", "./x/", "x/."])
@pytest.mark.parametrize("below", ["", "datasets"])
def test_a_folder_in_the_data_root_is_its_data_set(tmp_path, monkeypatch, name, below):
    write(tmp_path / "data" / below)
    assert labels(name, tmp_path / "data") == ("x", ["1"])
    monkeypatch.setenv("MI_COT_DATA", str(tmp_path / "data"))
    assert labels(name) == ("x", ["1"])


def test_an_absolute_folder_is_its_data_set_and_so_is_the_current_one(tmp_path, monkeypatch):
    folder = write(tmp_path / "data")
    assert labels(str(folder)) == ("x", ["1"])
    assert labels(f"{folder}/", tmp_path) == ("x", ["1"])
    monkeypatch.chdir(folder)
    assert labels(".") == ("x", ["1"])


def test_a_bare_name_is_the_data_roots_and_a_path_the_current_folders(tmp_path):
    write(tmp_path / "here", label="1")
    write(tmp_path / "data", label="2")
    assert labels("x", tmp_path / "data") == ("x", ["2"])
    assert labels("./x", tmp_path / "data") == ("x", ["1"])


def test_a_name_of_the_kits_own_is_never_a_folder(tmp_path):
    write(tmp_path / "here", "nano_svamp")
    assert locate_dataset("nano_svamp") == (DATASETS["nano_svamp"].without_teacher(), None)
    with pytest.raises(DataError, match="one of the kit's own"):
        locate_dataset("./nano_svamp")


def test_a_folder_without_a_description_says_what_would_be_right(tmp_path):
    (tmp_path / "here/x").mkdir()
    (tmp_path / "here/svamp").mkdir()
    with pytest.raises(DataError, match=r"^x has no dataset\.json: describe"):
        locate_dataset("./x/")
    with pytest.raises(DataError, match=r"--dataset svamp --data-root .*here\."):
        locate_dataset("svamp/")
    with pytest.raises(ConfigError, match="unknown dataset 'y/'"):
        locate_dataset("y/")


def test_a_folder_hidden_by_datasets_beside_it_is_refused(tmp_path):
    write(tmp_path / "here")
    (tmp_path / "here/datasets").mkdir()
    with pytest.raises(DataError, match="move it into that"):
        locate_dataset("./x")
