"""`mi-cot paper`, `report` and `reproduce` on the committed records."""

import json

import pytest

from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.presets import PRESETS, for_dataset
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.files import write_json
from mi_cot_lib.training.record import results_folder


def test_an_item_is_one_object_for_other_programs_and_its_files_lie_where_it_says(tmp_path, call):
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    status, out, error = call("paper", "table3", "--json", *places)
    assert status == 0, error
    (line,) = out.splitlines()
    found = json.loads(line)
    assert (found["id"], found["preset"], len(found["cells"])) == ("table3", "nano", 4)
    assert {"question", "answer", "comparisons", "cost", "missing"} <= set(found)
    made = {str(path) for path in (tmp_path / "out").iterdir()}
    assert set(found["files"]) == made and not (tmp_path / "runs").exists()


def test_what_there_is_and_what_it_would_take_is_said_and_nothing_run(tmp_path, call):
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    status, out, _ = call("paper", "table3", "figure4", "--list", "--json", *places)
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and [(row["id"], row["runs_present"]) for row in rows] == [
        ("table3", 12), ("figure4", 2),
    ]  # fmt: skip
    assert rows[0]["runs_needed"] == 12 and rows[0]["files"] == rows[0]["reasons"] == []
    status, out, _ = call("paper", "table3", "--list", "--fresh", *places)
    assert status == 0 and " 0 of  12 runs" in out
    status, out, _ = call("paper", "table3", "--plan", "--fresh", "--seeds", 1, *places)
    assert status == 0 and "Nothing is run" in out and "4 runs" in out
    plan = ("--plan", "--json", "--fresh", "--seeds", 1)
    status, out, _ = call("paper", "table3", *plan, *places)
    (planned,) = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and planned["id"] == "table3" and planned["planned"]["missing"] == []
    runs = planned["planned"]["runs"]
    assert len(runs) == 4 and set(runs[0]) == {"name", "examples", "flops", "hours"}
    for card, hours in planned["planned"]["hours"].items():
        assert hours == pytest.approx(sum(run["hours"][card] for run in runs)) and hours > 0
    assert not list(tmp_path.iterdir())


def test_the_papers_own_setting_is_a_plan_where_it_cannot_run(tmp_path, call, monkeypatch):
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    monkeypatch.delenv("MI_COT_DATA", raising=False)
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    asked = ("paper", "table1", "--preset", "paper", *places)
    status, out, error = call(*asked)
    assert status == 2 and "Nothing is run" in out and "hours on one A100" in out
    assert "missing: data svamp" in out and "table1 not made" in error
    assert call(*asked, "--plan") == (0, out, "")
    status, out, error = call(*asked, "--json")
    assert status == 2 and "data svamp train" in error
    assert "data svamp train" in json.loads(out)["planned"]["missing"]
    assert not (tmp_path / "runs").exists()


def test_finished_runs_are_reproduced_as_a_page_without_training(tmp_path, call):
    # The committed runs in folders of their own, as if they had ended by the lesser patience.
    runs, places = tmp_path / "runs", tmp_path / "out"
    preset, item = for_dataset(PRESETS["nano"], ITEMS["methods"], "nano_cqa")
    pairs = zip(runs_of(item, preset), runs_of(ITEMS["methods"], PRESETS["nano"]), strict=True)
    for brief, long in pairs:
        found = json.loads((results_folder() / f"{long.run_name}.json").read_text(encoding="utf-8"))
        found |= {"run": brief.run_name, "config": brief.to_dict()}
        assert brief.patience < long.patience
        (runs / brief.run_name).mkdir(parents=True)
        write_json(runs / brief.run_name / "run.json", found)
    status, out, error = call("reproduce", "--runs", runs, "--out", places)
    assert status == 0, error
    assert f"result:   {places / 'report.html'}" in out and str(runs) in out
    kept = json.loads((places / "methods.json").read_text(encoding="utf-8"))
    assert [one["seeds"] for one in kept["cells"]] == [5] * 8 and kept["missing"] == {}
    assert kept["answer"][0] in (places / "report.html").read_text(encoding="utf-8")


def test_a_page_without_runs_is_refused(tmp_path, call):
    places = ("--runs", tmp_path / "runs", "--out", tmp_path / "out")
    status, _, error = call("report", "--preset", "paper", *places)
    assert status == 2 and "no finished runs of preset paper" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("paper", "tabel1"), "Did you mean 'table1'"),
        (("paper", "tabel1"), "methods, all, questions."),
        (("paper", "all", "table99"), "table99"),
        (("paper", "table1", "--preset", "nanno"), "Did you mean 'nano'"),
        (("paper", "table1", "--sedes", "2"), "--seeds"),
        (("paper", "table1", "--seeds", "0"), "x>=1"),
        (("paper", "table1", "--engine", "slurm"), "slurm"),
        (("paper",), "--list"),
        (("paper", "figure4", "--judge", "m"), "OPENAI_API_KEY"),
        (("report", "--preset", "big"), "unknown preset 'big'"),
        (("reproduce", "--dataset", "nano_svmp"), "Did you mean 'nano_svamp'"),
        (("measure", "--fresh", "--preset", "big"), "unknown preset 'big'"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name_before_anything_is_run(
    tmp_path, call, monkeypatch, arguments, said
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    status, out, error = call(*arguments, "--runs", tmp_path / "runs")
    assert status == 2 and said in error, (out, error)
    assert "Traceback" not in error and not (tmp_path / "runs").exists()
