"""The recorded counts of real rationales that name their label are those of the real data."""

import json
import shutil
from dataclasses import asdict

import pytest
from click.testing import CliRunner

from mi_cot_lib.course.loss import real_naming
from mi_cot_lib.course.loss.real_naming import REAL, count_real, main, prepare_real, recorded_path
from mi_cot_lib.errors import DataError


@pytest.fixture
def recorded():
    return json.loads(recorded_path().read_text(encoding="utf-8"))


def test_the_recorded_counts_are_those_of_the_real_data(shared, recorded):
    counted = {name: asdict(found) for name, found in count_real(shared / "dss").items()}
    assert counted == recorded


def test_the_command_writes_the_committed_file(shared, tmp_path, monkeypatch):
    written = tmp_path / "naming" / "real.json"
    committed = recorded_path().read_bytes()
    monkeypatch.setattr(real_naming, "recorded_path", lambda: written)
    result = CliRunner().invoke(main, ["--data-root", str(shared / "dss")])
    assert result.exit_code == 0, result.output
    assert written.read_bytes() == committed


def test_without_data_the_counts_are_as_recorded(recorded):
    found = prepare_real()
    assert found["named"].tolist() == [recorded[name]["named"] for name in REAL]
    assert found["rationales"].tolist() == [recorded[name]["rationales"] for name in REAL]
    assert round(found.loc["CQA", "named, %"], 1) == 72.6
    assert set(found["counted"]) == {"recorded"}


@pytest.fixture
def only_anli(shared, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(shared / "dss" / "datasets" / "anli1", folder / "datasets" / "anli1")
    return folder


def test_what_a_folder_lacks_is_as_recorded(only_anli):
    found = prepare_real(only_anli)
    assert found["counted"].to_dict() == {
        "SVAMP": "recorded", "CQA": "recorded", "e-SNLI": "recorded", "ANLI R1": "here",
    }  # fmt: skip


def test_counts_of_some_data_sets_alone_are_not_written(only_anli):
    before = recorded_path().read_bytes()
    result = CliRunner().invoke(main, ["--data-root", str(only_anli)])
    assert result.exit_code != 0
    assert "lacks svamp, cqa, esnli; nothing was written" in result.output
    assert recorded_path().read_bytes() == before


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match="no data folder"):
        prepare_real(tmp_path / "none")
