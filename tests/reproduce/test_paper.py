"""Tables and figures from real short runs: what is missing is made, what does not fit is not mixed in."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.reproduce import store
from mi_cot_lib.reproduce.grid import runs_of
from mi_cot_lib.reproduce.judging import JudgeChoice
from mi_cot_lib.reproduce.paper import command_of, known_items, request_of, status, write, write_all
from mi_cot_lib.reproduce.paper_report import write_report
from mi_cot_lib.reproduce.paper_runs import Failure, Places, find, make_missing
from mi_cot_lib.reproduce.presets import PRESETS, Preset
from mi_cot_lib.reproduce.run import run

STEPS = {
    "max_steps": 2,
    "batch_size": 8,
    "eval_every": 2,
    "max_target_tokens": 24,
    "max_new_tokens": 8,
}


@pytest.fixture(scope="module")
def tiny(small_root) -> Preset:
    return dataclasses.replace(
        PRESETS["nano"], seeds=1, curve_seeds=1, changes=STEPS, data_root=small_root
    )


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """Table 6 and Table 3 of short runs, whose records are written by the first call."""
    folder = tmp_path_factory.mktemp("paper")
    request = request_of(tiny, runs=folder / "runs", out=folder / "out", fresh=True)
    for item in ("table3", "table6"):
        for config in runs_of(item, tiny):
            run(config, request.places.runs)
    assert make_missing(["table3", "table6"], tiny, request.places) == []
    return request


def test_finished_runs_get_records_that_fill_the_tables(tiny, made):
    for item, cells in (("table3", 4), ("table6", 12), ("table7", 8), ("figure4", 2)):
        found = find(item, tiny, made.places)
        assert found.missing == {} and len(found.entries) == cells, item
    assert status("table1", made).runs_present == 8


def test_records_hold_no_path_and_say_what_they_are_made_from(made):
    for path in (made.places.runs / "records").glob("*.json"):
        text = path.read_text()
        assert str(made.places.runs) not in text and "/tmp" not in text
        kept = json.loads(text)
        assert {"results_version", "config", "git_commit", "weights_sha256"} <= kept.keys()


def test_a_record_says_what_the_run_says(tiny, made):
    config = runs_of("table6", tiny)[0]
    kept = store.read(made.places.runs / "records", config.run_name)
    whole = json.loads((made.places.runs / config.run_name / "run.json").read_text())
    for split in ("test", "valid", "unseen"):
        bits = kept["correct"][split]
        assert len(bits) == whole["metrics"][f"{split}_n"]
        assert bits.count("1") / len(bits) == pytest.approx(whole["metrics"][f"{split}_accuracy"])
    assert len(kept["calibration"]["confidence"]) == whole["metrics"]["test_n"]
    assert kept["flops"] > 0


@pytest.mark.parametrize("item", ["table3", "table6", "table7", "table8", "figure4", "figure5"])
def test_an_item_is_written_with_its_mark_its_numbers_and_its_command(tiny, made, item):
    write(item, made)
    text = (made.out / f"{item}.md").read_text()
    assert "not the paper's" in text.splitlines()[0]
    assert f"mi-cot paper {item} --preset nano" in text
    assert (made.out / f"{item}.png").stat().st_size > 5_000
    assert json.loads((made.out / f"{item}.json").read_text())["id"] == item
    assert "tabular" in (made.out / f"{item}.tex").read_text()
    for line in text.splitlines():
        # The paper's numbers never stand there without saying that they are of other data.
        if line.startswith("|") and ", paper" in line:
            assert "not comparable" in line


def test_the_same_records_make_the_same_files(tiny, made, tmp_path):
    twice = [dataclasses.replace(made, out=tmp_path / name) for name in ("a", "b")]
    for request in twice:
        write("table6", request)
    for kind in ("md", "csv", "tex", "json", "png"):
        first, second = ((one.out / f"table6.{kind}").read_bytes() for one in twice)
        assert first == second, kind


def test_the_report_is_one_page_without_anything_outside(tiny, made, tmp_path):
    request = dataclasses.replace(made, out=tmp_path)
    items = [write(item, request) for item in ("table3", "table6")]
    records = [entry.record for entry in find("table3", tiny, made.places).entries]
    failures = [Failure("table7", "no <judge>")]
    page = write_report(items, records, failures, request).read_text()
    assert "Not made: table7" in page and "no &lt;judge&gt;" in page
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page
    assert page.count("data:image/png;base64,") == 2
    assert "None of these numbers is the paper" in page
    assert "α3 is set as 0.1" in page
    assert "## Table 6" in (tmp_path / "report.md").read_text()


def changed(made, tmp_path, name, **values):
    """Copy the records, one of them changed."""
    folder = tmp_path / "runs" / "records"
    folder.mkdir(parents=True)
    for path in (made.places.runs / "records").glob("*.json"):
        kept = json.loads(path.read_text())
        if path.stem == name:
            kept = {**kept, **values}
        (folder / path.name).write_text(json.dumps(kept))
    return Places(tmp_path / "runs", None)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"results_version": 0}, "version 0"),
        ({"data": {"sha256": "other"}}, "other data"),
        ({"weights_sha256": "other"}, "other weights"),
        ({"run": "nano_svamp-mi-nano-seed0-0123456789"}, "another run"),
        ({"config": {}}, "another run"),
    ],
)
def test_a_record_of_something_else_is_not_mixed_in(tiny, made, tmp_path, values, said):
    name = runs_of("table3", tiny)[0].run_name
    found = find("table3", tiny, changed(made, tmp_path, name, **values))
    assert list(found.missing) == [name] and said in found.missing[name]
    assert len(found.entries) == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"data": {"sha256": "other"}}, "other data"),
        ({"dataset": "nano_svamp"}, "another run"),
        ({"run": "nano_svamp-mi-nano-seed0-0123456789"}, "another run"),
    ],
)
def test_answers_out_of_domain_are_checked_as_runs_are(tiny, made, tmp_path, values, said):
    records = made.places.runs / "records"
    name = next(path.stem for path in records.glob("*-dss-*--on-nano_anli.json"))
    found = find("table6", tiny, changed(made, tmp_path, name, **values))
    assert list(found.missing) == [name] and said in found.missing[name]


def test_what_cannot_be_checked_here_is_said(tiny, made, tmp_path, monkeypatch):
    def gone(*_):
        raise DataError("not on this machine")

    monkeypatch.setattr("mi_cot_lib.reproduce.paper_runs.sources_of", gone)
    unread = Places(made.places.runs, None)
    printed = write("table3", dataclasses.replace(made, places=unread, out=tmp_path))
    assert "4 records could not be compared" in "".join(printed.notes)


def test_a_run_of_another_version_is_refused_and_the_reason_told(tiny, made, tmp_path):
    shutil.copytree(made.places.runs, tmp_path / "runs")
    shutil.rmtree(tmp_path / "runs" / "records")
    name = runs_of("table3", tiny)[0].run_name
    noted = tmp_path / "runs" / name / "sources.json"
    noted.write_text(noted.read_text().replace('"results_version": 1', '"results_version": 0'))
    places = Places(tmp_path / "runs", None)
    (failure,) = make_missing(["table3"], tiny, places, jobs=1)
    assert failure.run == name and "version 0" in failure.error
    assert len(find("table3", tiny, places).entries) == 3


def test_judging_real_data_needs_a_judge_before_anything_is_run(capsys):
    with pytest.raises(ConfigError, match="--judge MODEL"):
        JudgeChoice(None, Path("unused")).check(PRESETS["paper"])
    JudgeChoice(None, Path("unused")).check(PRESETS["nano"])


def test_a_command_names_every_choice(made):
    chosen = dataclasses.replace(made, seeds=2, judge=JudgeChoice("a b", Path("unused")))
    assert (
        command_of("paper table7", chosen)
        == "mi-cot paper table7 --preset nano --seeds 2 --judge 'a b'"
    )


def test_an_incomplete_table_says_so(tiny, made, tmp_path):
    name = runs_of("table3", tiny)[0].run_name
    places = changed(made, tmp_path, name, results_version=0)
    printed = write("table3", dataclasses.replace(made, places=places, out=tmp_path))
    assert "1 runs or evaluations are missing (made by version 0" in printed.notes[0]
    assert "version 0" in status("table3", dataclasses.replace(made, places=places)).to_line()


def test_a_failed_run_keeps_its_notebook_and_the_others_go_on(tiny, small_root, tmp_path):
    # One of the two data sets is not there.
    shutil.copytree(small_root, tmp_path / "data")
    shutil.rmtree(next((tmp_path / "data").rglob("nano_anli")))
    partial = dataclasses.replace(tiny, data_root=tmp_path / "data")
    request = request_of(partial, runs=tmp_path / "runs", out=tmp_path / "out", fresh=True)
    failures = make_missing(["table3"], partial, request.places, jobs=1)
    assert len(failures) == 2 and all("nano_anli" in failure.error for failure in failures)
    for failure in failures:
        assert (request.places.runs / failure.run / "03_train.ipynb").is_file()
    found = find("table3", partial, request.places)
    assert {entry.column for entry in found.entries} == {"esnli"} and len(found.entries) == 2
    made = {entry.record["run"]: entry.record for entry in found.entries}
    # A second call tries only what is missing, and leaves the others as they are.
    assert len(make_missing(["table3"], partial, request.places, jobs=1)) == 2
    again = {e.record["run"]: e.record for e in find("table3", partial, request.places).entries}
    assert again == made
    told = write_all(["figure4"], request, recording=False, echo=print)
    assert [failure.run for failure in told] == ["figure4"]


def test_a_table_without_any_run_is_refused(tiny, tmp_path):
    request = request_of(tiny, runs=tmp_path / "runs", out=tmp_path / "out", fresh=True)
    with pytest.raises(ConfigError, match="no finished runs"):
        write("table3", request)


def test_all_names_every_item_once_and_a_wrong_name_none():
    assert known_items(["all", "table1"])[:2] == ["table1", "table2"]
    with pytest.raises(ConfigError, match="table9"):
        known_items(["table1", "table9"])
