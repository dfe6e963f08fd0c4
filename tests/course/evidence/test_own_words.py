"""The learner's rationales are scored by the exact judge, whatever method the run learned by."""

import json

import pytest

from mi_cot_lib import RunConfig
from mi_cot_lib.course.evidence import own_words as module
from mi_cot_lib.course.evidence.own_words import draw_judged, judged_words, show_own_words, told
from mi_cot_lib.course.own_run import own_run
from mi_cot_lib.course.widgets.explorer.questions import asked
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.files import from_json, write_json
from mi_cot_lib.report.runs import Run
from mi_cot_lib.training.record import PREDICTIONS, RECORD, read_record

SIZES = {"train": 32, "valid": 8, "test": 12, "unseen": 4}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a function that trains a run of seconds by a method, once."""
    root, runs = (tmp_path_factory.mktemp(name) for name in ("data", "runs"))
    write_dataset("nano_cqa", root, sizes=SIZES)
    steps = {"max_steps": 2, "eval_every": 2, "data_root": str(root)}
    return lambda method: own_run(RunConfig(dataset="nano_cqa", method=method, **steps), runs)


def rewritten(folder, target, text):
    """Copy a run with every rationale replaced by `text`; a function of the line's question number."""
    target.mkdir()
    lines = (folder / PREDICTIONS).read_text("utf-8").splitlines()
    answers = [from_json(line) for line in lines]
    for answer in answers:
        if answer["rationale"] is not None:
            answer["rationale"] = text(answer["id"])
    (target / PREDICTIONS).write_text("\n".join(map(json.dumps, answers)) + "\n", "utf-8")
    write_json(target / RECORD, {**read_record(folder), "run": target.name})
    return target


def test_the_teachers_right_rationales_are_good_and_nonsense_is_not(trained, tmp_path):
    folder = trained("dss")
    run = Run.of(read_record(folder))
    gold = {one.id: one.gold for one in asked(run, range(SIZES["test"]), folder.parent)}
    good = judged_words(rewritten(folder, tmp_path / "good", lambda name: gold.get(name, "")))
    assert len(good) == SIZES["test"] and (good["score"] == 5).all() and (good["why"] == "").all()
    bad = judged_words(rewritten(folder, tmp_path / "bad", lambda name: "<b>no</b> words of it."))
    assert (bad["score"] <= 2).all() and (bad["why"] != "").all()
    assert (good["right"].to_numpy() == run.outcomes().astype(bool)).all()


def test_every_rationale_is_drawn_once(trained):
    judged = judged_words(trained("dss"))
    axes = draw_judged(judged).axes[0]
    assert sum(bar.get_height() for bar in axes.patches) == len(judged)
    assert f"{len(judged)} rationales" in told(judged)


def test_a_run_without_rationales_says_so(trained, monkeypatch):
    folder = trained("finetune")
    assert judged_words(folder).empty
    shown = []
    monkeypatch.setattr(module, "display", shown.append)
    show_own_words(folder)
    (said,) = shown
    assert "finetune, which writes no rationales" in said.data
