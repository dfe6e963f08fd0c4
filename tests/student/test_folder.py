"""A student is named by a word, a hub id, its folder, or the folder of the run that trained it."""

import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.student.folder import check_student_name
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training.config import RunConfig
from tests.student.damaged import whole


@pytest.fixture
def a_run(tmp_path):
    folder = tmp_path / "svamp-mi-nano16-seed0-0123456789"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    whole(folder / "student")
    return folder


def test_a_runs_folder_stands_for_the_student_in_it_however_it_is_written(a_run, monkeypatch):
    assert load_student(str(a_run)).model.name_or_path == str(a_run / "student")
    monkeypatch.chdir(a_run.parent)
    named = [a_run, a_run / "student", f"{a_run}/", f"{a_run}/student/"]
    assert len({RunConfig(dataset="svamp", student=str(n)).run_name for n in named}) == 1
    relative = [a_run.name, f"./{a_run.name}/student/"]
    assert len({RunConfig(dataset="svamp", student=n).student for n in relative}) == 1


def test_a_run_without_a_student_is_refused(tmp_path):
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    with pytest.raises(ConfigError, match="config.json is missing"):
        load_student(str(tmp_path / "run"))


@pytest.mark.parametrize("name", ["nano", "small", "google/t5-v1_1-base"])
def test_names_and_hub_ids_are_left_as_they_are(name):
    assert RunConfig(dataset="svamp", student=name).student == name


@pytest.mark.parametrize("name", ["owner/", "/model", "a/b/c", "./x", "", "nan"])
def test_what_can_be_neither_folder_nor_id_is_refused(name):
    with pytest.raises(ConfigError, match="unknown student.*nano"):
        check_student_name(name)


def test_a_file_is_refused_with_its_folder(a_run):
    with pytest.raises(ConfigError, match="is a file; name its folder"):
        check_student_name(str(a_run / "student/model.safetensors"))
