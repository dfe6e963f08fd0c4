"""Which record may stand for a run, where records are looked for, and what is said of those that may not."""

import dataclasses
import json

import pytest

from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.presets import PRESETS
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.information import MEASURE_VERSION, Protocol, unfit_information
from mi_cot_lib.experiments.records import (
    Fingerprints,
    Places,
    commit,
    find,
    unfit,
)
from mi_cot_lib.experiments.running.run_record import curves_of
from mi_cot_lib.training.record import results_folder

NANO, TABLE3 = PRESETS["nano"], ITEMS["table3"]
CONFIG = runs_of(TABLE3, NANO)[0]
NAME = CONFIG.run_name


@pytest.fixture
def record():
    return json.loads((results_folder() / f"{NAME}.json").read_text(encoding="utf-8"))


@pytest.fixture
def places(tmp_path, known):
    return Places(tmp_path / "runs", tmp_path / "results", known)


def put(places, record, committed=True):
    """Lay a record where it is looked for; a string is written as it is."""
    path = places.results / f"{NAME}.json" if committed else places.runs / NAME / "run.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: None, ""),
        (lambda r: r["config"].update(data_root="elsewhere"), ""),
        (lambda r: r.update(results_version=0), "version 0"),
        (lambda r: r.pop("results_version"), "version None"),
        (lambda r: r.pop("correct"), "lacks correct"),
        (lambda r: r.pop("weights_sha256"), "lacks weights_sha256"),
        (lambda r: r.update(run="another"), "is of another run, another"),
        (lambda r: r["config"].update(max_steps=7), "is of another run"),
        (lambda r: r["data"].update(sha256="0"), "other data"),
        (lambda r: r.update(weights_sha256="0"), "other weights"),
    ],
)
def test_a_record_may_stand_for_its_run_and_for_no_other(record, change, said):
    known = {"data_sha256": record["data"]["sha256"], "weights_sha256": record["weights_sha256"]}
    change(record)
    found = unfit(record, CONFIG, ("correct",), known)
    assert said in found and bool(said) == bool(found)


def test_what_is_not_on_this_machine_is_not_compared_and_told(record, places, monkeypatch):
    assert unfit({**record, "weights_sha256": "0"}, CONFIG, (), None) == ""
    # Real data, which this folder does not hold.
    paper = dataclasses.replace(PRESETS["paper"], data_root=places.runs)
    config = runs_of(TABLE3, paper, 1)[0]
    kept = {**record, "run": config.run_name, "config": config.to_dict()}
    path = places.results / f"{config.run_name}.json"
    path.parent.mkdir()
    path.write_text(json.dumps(kept))
    found = find(TABLE3, paper, dataclasses.replace(places, now=Fingerprints()), 1)
    assert found.unchecked == {config.run_name} and len(found.runs) == 1


def test_a_broken_own_run_does_not_hide_the_committed_record(record, places):
    put(places, record)
    put(places, "{", committed=False)
    found = find(TABLE3, NANO, places, 1)
    assert [run.record["run"] for run in found.runs] == [NAME] and NAME not in found.missing


def test_a_readers_own_run_goes_before_the_committed_one_if_it_fits(record, places):
    put(places, record)
    put(places, {**record, "seconds": {"total": 1.0}}, committed=False)
    (run,) = find(TABLE3, NANO, places, 1).runs
    assert run.record["seconds"] == {"total": 1.0}
    fresh = dataclasses.replace(places, results=None, runs=places.runs / "other")
    assert find(TABLE3, NANO, fresh, 1).missing[NAME] == "absent"
    # One that does not fit leaves the place to it.
    put(places, {**record, "results_version": 0}, committed=False)
    found = find(TABLE3, NANO, places, 1)
    assert [run.record["run"] for run in found.runs] == [NAME] and NAME not in found.missing


def test_a_committed_run_keeps_what_other_items_asked_of_it(record, places):
    path = places.results / f"{NAME}.json"
    outside = {name: {"data_sha256": "1"} for name in ("nano_anli", "nano_esnli")}
    asked = {**record, "information": {"measure_version": 1}, "outside": outside}
    own = {**record, "seconds": {"total": 1.0}}
    put(places, own, committed=False)
    for change, said in (
        ({}, {**asked, **own}),
        # Asked of a student of another start.
        ({"weights_sha256": "0"}, own),
    ):
        put(places, {**asked, **change})
        commit(find(TABLE3, NANO, places, 1), places.results, TABLE3.needs)
        assert json.loads(path.read_text(encoding="utf-8")) == said
    put(places, asked)
    put(places, {**own, "outside": {"nano_anli": {}}}, committed=False)
    commit(find(TABLE3, NANO, places, 1), places.results, TABLE3.needs)
    assert json.loads(path.read_text())["outside"] == {**outside, "nano_anli": {}}
    # One's own that may not stand for the run.
    put(places, asked)
    put(places, {**own, "results_version": 0}, committed=False)
    commit(find(TABLE3, NANO, places, 1), places.results, TABLE3.needs)
    assert json.loads(path.read_text(encoding="utf-8")) == asked


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("broken", ["", "{", "[]", '{"run": NaN}'])
def test_a_record_that_is_not_whole_is_missing_with_the_reason(places, committed, broken):
    put(places, broken, committed)
    found = find(TABLE3, NANO, places, 1)
    assert not found.runs and NAME in found.missing[NAME]
    assert found.missing[NAME] != "absent"


def test_answers_out_of_domain_belong_to_the_run_that_gave_them(places):
    item = dataclasses.replace(ITEMS["table6"], families="nli")
    config = runs_of(item, NANO, 1)[0]
    kept = json.loads((results_folder() / f"{config.run_name}.json").read_text())
    path = places.results / f"{config.run_name}.json"
    path.parent.mkdir()
    other = "other questions of nano_anli"
    for change, said in (
        (lambda outside: None, ""),
        (lambda outside: outside["nano_anli"].update(data_sha256="0"), other),
        (lambda outside: outside.pop("nano_anli"), "lacks answers to nano_anli"),
    ):
        change(kept["outside"])
        path.write_text(json.dumps(kept))
        found = find(item, NANO, places, 1)
        assert said in found.missing.get(config.run_name, "")
        assert len(found.runs) == (0 if said else 2)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, "not measured yet"),
        ({"protocol": {}, "measure_version": MEASURE_VERSION}, "another protocol"),
        ({"protocol": Protocol().to_dict(), "measure_version": 0}, "another measure version"),
        ({"protocol": Protocol().to_dict(), "measure_version": MEASURE_VERSION}, ""),
    ],
)
def test_what_was_measured_counts_by_the_same_protocol_only(kept, said):
    found = unfit_information({"information": kept} if kept else {}, Protocol())
    assert said in found and bool(said) == bool(found)


def test_curves_keep_training_and_validation_apart_and_leave_out_terms_that_are_not_there():
    history = [
        {"step": 10, "loss": 1.23456, "loss_prediction": 1.0},
        {"step": 20, "eval_accuracy": 0.5},
        {"step": 20, "loss": 0.5, "loss_prediction": 0.25},
    ]
    assert curves_of(history) == {
        "training": {"step": [10, 20], "loss": [1.235, 0.5], "loss_prediction": [1.0, 0.25]},
        "validation": {"step": [20], "accuracy": [0.5]},
    }
