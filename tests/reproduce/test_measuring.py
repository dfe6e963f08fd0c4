"""`mi-cot measure`: students are measured once, records say what they were made from, refusals are kind."""

import json
import shutil
from dataclasses import replace

import pytest

from mi_cot_lib import RunConfig, run
from mi_cot_lib.analysis.mutual_information.students import Protocol
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.reproduce.measured import write_report
from mi_cot_lib.reproduce.measuring import STUDENTS, measure_students, read, wanted_runs, write
from mi_cot_lib.reproduce.presets import PRESETS

PROTOCOL = Protocol(train_items=160, test_items=110, components=2, probed=4, codes=4)
NANO = PRESETS["nano"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train DSS and MI for some steps, and measure both."""
    root, runs = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("runs")
    sizes = {"train": 160, "valid": 16, "test": 110, "unseen": 8}
    write_dataset("nano_esnli", root, sizes=sizes)
    configs = [
        RunConfig(
            dataset="nano_esnli",
            data_root=str(root),
            method=method,
            max_steps=8,
            eval_every=8,
            batch_size=8,
            max_new_tokens=8,
            max_target_tokens=16,
        )
        for method in ("dss", "mi")
    ]
    for config in configs:
        run(config, runs)
    return {config.run_name: config for config in configs}, runs


@pytest.fixture
def measured(trained, tmp_path_factory):
    out = tmp_path_factory.getbasetemp() / "measured"
    configs, runs = trained
    return configs, runs, out, measure_students(configs, runs, out, PROTOCOL)


def test_each_student_has_a_record_that_names_no_place(measured):
    configs, runs, out, found = measured
    assert [one["run"] for one in found.measured] == list(configs)
    assert found.failures == [] and found.absent == {}
    for name in configs:
        text = (out / STUDENTS / f"{name}.json").read_text()
        assert str(runs) not in text and json.loads(text)["config"]["data_root"] is None
        assert len(text) < 8_000


def test_what_is_measured_is_not_measured_again(measured):
    configs, runs, out, _ = measured
    assert measure_students(configs, runs, out, PROTOCOL).made == []


@pytest.mark.parametrize("what", ["student_sha256", "items_sha256", "measure_version"])
def test_a_record_of_something_else_is_made_again(measured, tmp_path, what):
    configs, runs, out, _ = measured
    shutil.copytree(out, tmp_path / "out")
    first = next(iter(configs))
    path = tmp_path / "out" / STUDENTS / f"{first}.json"
    write(path, {**json.loads(path.read_text()), what: "other"})
    found = measure_students(configs, runs, tmp_path / "out", PROTOCOL)
    assert found.made == [first]
    kept, again = read(out / STUDENTS / f"{first}.json"), read(path)
    assert kept["measured"] == again["measured"] and kept[what] == again[what]


def test_without_the_student_its_record_counts_if_it_is_of_the_same(measured, tmp_path):
    configs, _, out, before = measured
    here = measure_students(configs, tmp_path, out, PROTOCOL)
    assert here.measured == before.measured and here.absent == {}
    other = measure_students(configs, tmp_path, out, replace(PROTOCOL, noise=1.0))
    assert other.measured == [] and other.made == []
    assert set(other.absent.values()) == {"its record is of another protocol"}
    nothing = measure_students(configs, tmp_path, tmp_path, PROTOCOL)
    assert set(nothing.absent.values()) == {"not measured yet"}


def test_a_run_of_other_data_is_a_failure_and_the_others_go_on(measured, tmp_path):
    configs, runs, _, _ = measured
    shutil.copytree(runs, tmp_path / "runs")
    first, second = configs
    sources = tmp_path / "runs" / first / "sources.json"
    sources.write_text(json.dumps({**json.loads(sources.read_text()), "data_sha256": "other"}))
    found = measure_students(configs, tmp_path / "runs", tmp_path / "out", PROTOCOL)
    (failure,) = found.failures
    assert failure.run == first and "other data" in failure.error
    assert found.made == [second]


def test_the_report_is_written_from_records(measured, tmp_path):
    printed = write_report(measured[-1].measured, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"students{end}" for end in (".md", ".csv", ".json", ".png", "_differences.png")
    }
    # One seed has means, and no interval or test.
    cells = printed.numbers["cells"]
    assert cells["difference"].notna().all() and cells["p"].isna().all()


def test_wanted_are_dss_and_mi_of_both_tables():
    runs = wanted_runs(NANO)
    assert len(runs) == 2 * 2 * len(NANO.datasets) * NANO.seeds
    assert {config.method for config in runs.values()} == {"dss", "mi"}
    assert {config.student for config in runs.values()} == {NANO.large, NANO.small}
    few = wanted_runs(NANO, ("table1",), 1).values()
    assert {(config.student, config.seed) for config in few} == {(NANO.large, 0)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--table", "tabel1"), "Did you mean 'table1'"),
        (("--preset", "nanno"), "Did you mean 'nano'"),
        (("--seeds", "0"), "--seeds"),
        (("--noise", "1"), "--noise"),
    ],
)
def test_the_command_refuses_without_a_traceback(call, arguments, said):
    status, _, error = call("measure", *arguments)
    assert status == 2 and said in error and "Traceback" not in error


def test_the_command_lists_what_is_not_here_and_what_trains_it(call, tmp_path):
    arguments = ("--table", "table1", "--seeds", "1", "--runs", tmp_path, "--out", tmp_path / "out")
    status, out, error = call("measure", *arguments)
    assert status == 2 and "no measured students" in error
    for name in wanted_runs(NANO, ("table1",), 1):
        assert f"{name}: not measured yet" in out
    assert "`mi-cot paper table1 --fresh` trains those of table1." in out
    assert not (tmp_path / "out").exists()
