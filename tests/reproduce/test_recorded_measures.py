"""The committed table and figures of measured students are of the committed, current records."""

import json

import pytest

from mi_cot_lib.analysis.mutual_information.students import Protocol
from mi_cot_lib.reproduce.measured import measured_folder, write_report
from mi_cot_lib.reproduce.measuring import STUDENTS, measure_students, wanted_runs
from mi_cot_lib.reproduce.presets import PRESETS

FOLDER = measured_folder()
RECORDS = {path.stem for path in (FOLDER / STUDENTS).glob("*.json")}


@pytest.fixture(scope="module")
def found():
    """Look at what is committed only, not at students trained in this checkout."""
    return measure_students(wanted_runs(PRESETS["nano"]), None, FOLDER, Protocol())


def test_every_committed_record_is_current_and_wanted(found):
    assert {one["run"] for one in found.measured} == RECORDS
    assert set(found.absent.values()) <= {"not measured yet"} and found.failures == []


def test_every_measured_data_set_has_all_seeds_of_both_methods(found):
    seeds = {}
    for one in found.measured:
        config = one["config"]
        key = (config["dataset"], config["student"], config["method"])
        seeds.setdefault(key, set()).add(config["seed"])
    groups = {key[:2] for key in seeds}
    assert set(seeds) == {(*group, method) for group in groups for method in ("dss", "mi")}
    assert all(held == set(range(PRESETS["nano"].seeds)) for held in seeds.values())
    assert len(groups) >= 2


def test_the_committed_table_is_what_the_records_make(found, tmp_path):
    command = (FOLDER / "students.md").read_text().rpartition("Made by `")[2].partition("`")[0]
    write_report(found.measured, tmp_path, command)
    for name in ("students.md", "students.csv", "students.json"):
        assert (FOLDER / name).read_text() == (tmp_path / name).read_text(), name
    for name in ("students.png", "students_differences.png"):
        assert (FOLDER / name).stat().st_size > 10_000


def test_records_are_small_and_their_numbers_within_their_caps(found):
    for one in found.measured:
        assert len(json.dumps(one)) < 8_000
        measured = one["measured"]
        ceiling, entropy = measured["ceiling"], measured["y"]["nats"]
        # Estimates scatter around what they bound: their own intervals say how far.
        for name in ("infonce", "barber_agakov"):
            assert measured["zv"][name]["low"] < ceiling
        assert measured["zy"]["low"] < entropy
        assert abs(measured["zv"]["infonce"]["null"]) < 0.1
