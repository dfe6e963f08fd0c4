"""Items from real short runs: what is missing is made, what was made is shown, judged, and committed."""

import dataclasses
import json
import shutil

import pytest

from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.presets import PRESETS
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.information import Protocol, measured
from mi_cot_lib.experiments.judging import REPEATS, JudgeChoice
from mi_cot_lib.experiments.page import write_page
from mi_cot_lib.experiments.records import Places, commit, find, make_missing
from mi_cot_lib.experiments.request import Request, describe_status, request_of, status
from mi_cot_lib.experiments.running.run import run
from mi_cot_lib.report.export import to_object, write_item
from mi_cot_lib.report.setting import TEACHER
from tests.evaluation.conftest import server  # noqa: F401
from tests.experiments.conftest import SIZES

STEPS = {
    "max_steps": 2, "batch_size": 8, "eval_every": 2, "max_target_tokens": 24, "max_new_tokens": 8,
}  # fmt: skip
# Of two columns in the place of four.
TABLE6, TABLE7, TABLE8, QUESTION5 = (
    dataclasses.replace(ITEMS[name], families="nli", sizes="whole")
    for name in ("table6", "table7", "table8", "question5")
)
FIGURE5 = ITEMS["figure5"]


@pytest.fixture(scope="module")
def tiny(small_root):
    return dataclasses.replace(
        PRESETS["nano"], large="nano16", seeds=1, other_seeds=1, changes=STEPS, data_root=small_root
    )


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """DSS and MI on both NLI sets, trained for two steps, each asked about the other set too."""
    folder = tmp_path_factory.mktemp("paper")
    places = Places(folder / "runs", None)
    for config in runs_of(TABLE6, tiny):
        run(config, places.runs)
    assert len(find(TABLE7, tiny, places).runs) == 4
    why = set(find(TABLE6, tiny, places).missing.values())
    assert why == {f"its record lacks answers to nano_{name}" for name in ("anli", "esnli")}
    assert make_missing([TABLE6], tiny, places) == []
    return Request(tiny, places, folder / "out", JudgeChoice(None, folder / "judge.db"))


@pytest.mark.parametrize(
    ("item", "places"), [(TABLE6, 8), (TABLE7, 4), (QUESTION5, 12), (FIGURE5, 2)]
)
def test_one_run_stands_in_every_place_that_it_answers(tiny, made, item, places):
    found = find(item, tiny, made.places)
    assert found.missing == {} and len(found.runs) == places


@pytest.mark.parametrize(
    "item", [TABLE6, TABLE7, TABLE8, QUESTION5, FIGURE5], ids=lambda item: item.id
)
def test_an_item_is_written_from_its_runs(made, item):
    result = made.result(item)
    files = write_item(result, made.out, made.command(f"paper {item.id}"))
    page = files[0].read_text(encoding="utf-8")
    assert f"mi-cot paper {item.id}" in page and result.question in page
    kept = json.loads(files[3].read_text(encoding="utf-8"))
    assert kept == to_object(result, [path.name for path in files])
    assert all(path.stat().st_size > 5_000 for path in files if path.suffix == ".png")
    one = status(item, made)
    assert (one["runs_present"], one["seeds"], one["reasons"]) == (one["runs_needed"], 1, [])
    assert set(one["files"]) == {path.name for path in files if path.stem == item.id}


def test_the_teachers_rationales_are_judged_beside_the_students(made):
    result = made.result(TABLE7)
    methods = {one.method for one in result.cells["setting"]}
    assert methods == {TEACHER, "dss", "mi"} and result.judge == "the built-in world's exact judge"
    assert result.cells["value"].between(1, 5).all()
    students = [one for one in result.samples if one.setting.method != TEACHER]
    assert len(students) == 4 and all(len(one.items) == SIZES["test"] for one in students)
    assert all(0 <= one.bleu <= 100 and 0 <= one.rouge <= 100 for one in students)


def test_an_llm_judges_over_http_and_is_asked_once_for_each_answer(tiny, made, server):  # noqa: F811
    server.always = dataclasses.replace(server.always, text="2")
    asked = dataclasses.replace(made, judge=JudgeChoice("judge", made.out.parent / "llm.db"))
    esnli = dataclasses.replace(TABLE7, families=("esnli",))
    result = asked.result(esnli)
    assert set(result.cells["value"]) == {2.0} and set(result.cells["repeats"]) == {REPEATS}
    assert "judge" in result.judge
    paid = len(server.asked)
    # Students of two steps write the same text to many items, which is judged but once each repeat.
    assert 0 < paid <= 3 * SIZES["test"] * REPEATS
    assert asked.result(esnli).cells.equals(result.cells) and len(server.asked) == paid


def test_real_data_needs_a_named_judge_before_anything_is_run(tmp_path):
    with pytest.raises(ConfigError, match="--judge MODEL"):
        JudgeChoice(None, tmp_path / "unused").check(PRESETS["paper"])
    JudgeChoice(None, tmp_path / "unused").check(PRESETS["nano"])


def test_committed_records_are_small_name_no_place_and_stand_for_the_runs(tiny, made, tmp_path):
    commit(made.find(TABLE6), tmp_path / "results", TABLE6.needs)
    kept = sorted((tmp_path / "results").iterdir())
    assert [path.stem for path in kept] == sorted(one.run_name for one in runs_of(TABLE6, tiny))
    for path in kept:
        record = json.loads(path.read_text(encoding="utf-8"))
        whole = json.loads((made.places.runs / path.stem / "run.json").read_text(encoding="utf-8"))
        # Table 6 looks at no rationales.
        del whole["samples"]
        assert record == {**whole, "config": {**whole["config"], "data_root": None}}
        assert str(made.places.runs) not in path.read_text() and path.stat().st_size < 100_000
    places = Places(tmp_path / "none", tmp_path / "results", made.places.now)
    alone = dataclasses.replace(made, places=places)
    assert to_object(alone.result(TABLE6)) == to_object(made.result(TABLE6))


def test_what_is_missing_is_said(tiny, made, tmp_path):
    shutil.copytree(made.places.runs, tmp_path / "runs")
    path = next((tmp_path / "runs").glob("nano_esnli-dss-*")) / "run.json"
    path.write_text(path.read_text().replace('"results_version": 2', '"results_version": 0'))
    places = Places(tmp_path / "runs", None, made.places.now)
    request = dataclasses.replace(made, places=places, out=tmp_path / "out")
    result = request.result(TABLE6)
    assert list(result.missing) == [path.parent.name]
    assert "1 runs missing" in to_object(result)["cost"]["Incomplete"]
    one = status(TABLE6, request)
    assert (one["runs_needed"], one["runs_present"], one["files"]) == (4, 3, [])
    assert "not counted: made by version 0" in describe_status(one)
    planned = request.plan([TABLE6])
    assert [one.name for one in planned.runs] == [path.parent.name]
    written, failures = write_page(request)
    assert failures == []
    # The paper's tables are shown with what there is, questions only whole.
    assert {"table1", "table6", "figure5"} <= {one.id for one in written}
    assert not any(one.id.startswith("question") for one in written)
    assert (request.out / "report.html").is_file() and (request.out / "table6.md").is_file()


def test_a_finished_student_is_measured_by_a_protocol(tiny, tmp_path):
    write_dataset("nano_esnli", tmp_path, sizes={**SIZES, "train": 160, "test": 110})
    protocol = Protocol(train_items=160, test_items=110, components=2, probed=4, codes=4)
    config = next(one for one in runs_of(TABLE6, tiny) if one.dataset == "nano_esnli")
    config = dataclasses.replace(config, data_root=str(tmp_path))
    found = measured(run(config, tmp_path / "runs"), config, protocol)
    assert found == json.loads(json.dumps(found))
    assert found["protocol"] == protocol.to_dict() and str(tmp_path) not in json.dumps(found)
    assert set(found["measured"]["zv"]) == {"infonce", "barber_agakov", "vclub"}


def test_a_failed_run_keeps_its_notebook_and_the_others_go_on_and_are_recorded(
    tiny, small_root, tmp_path
):
    # One of the two data sets is not there.
    shutil.copytree(small_root, tmp_path / "data")
    shutil.rmtree(next((tmp_path / "data").rglob("nano_anli")))
    partial = dataclasses.replace(tiny, data_root=tmp_path / "data")
    one_row = dataclasses.replace(ITEMS["table3"], rows=ITEMS["table3"].rows[:1], declared=())
    places = Places(tmp_path / "runs", None)
    results = tmp_path / "results"
    (failure,) = make_missing([one_row], partial, places, jobs=1, results=results)
    assert "nano_anli" in failure.error and failure.run.startswith("nano_anli-dss-nano16-seed0")
    assert (places.runs / failure.run / "03_train.ipynb").is_file()
    (run_,) = find(one_row, partial, places).runs
    assert run_.setting.family == "esnli" and run_.setting.labels == "teacher"
    # Before any item is made of them: a call of days may be stopped.
    (kept,) = results.iterdir()
    assert kept.stem == run_.record["run"] and str(tmp_path) not in kept.read_text("utf-8")


def test_without_any_run_an_item_is_refused(tiny, tmp_path):
    request = Request(tiny, Places(tmp_path, None), tmp_path, JudgeChoice(None, tmp_path / "j"))
    with pytest.raises(ConfigError, match="no finished runs to make table3 from"):
        request.result("table3")
    assert write_page(request) == ([], []) and not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(
    ("choices", "options"),
    [
        ({}, ""),
        ({"preset": "paper", "embedder": "e"}, " --preset paper --embedder e"),
        ({"seeds": 2, "judge": "a b"}, " --seeds 2 --judge 'a b'"),
    ],
)
def test_a_command_names_every_choice_that_is_not_the_usual(choices, options):
    assert request_of(**choices).command("paper table7") == f"mi-cot paper table7{options}"
