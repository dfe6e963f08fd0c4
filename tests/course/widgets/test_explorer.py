"""The explorer shows what records hold, marks what differs, and lets its controls limit each other."""

import json
import re
from random import Random

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib import load_split
from mi_cot_lib.course.widgets import run_explorer
from mi_cot_lib.course.widgets.explorer.cards import marked
from mi_cot_lib.course.widgets.explorer.questions import (
    ONLY_OTHER,
    ONLY_THIS,
    WRONG,
    asked,
    words_of,
)
from mi_cot_lib.course.widgets.explorer.view import draw_runs, told
from mi_cot_lib.course.widgets.records import Catalogue, read_runs
from mi_cot_lib.data.exact_judge.judge import judge_rationale
from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.worlds import anli, cqa, esnli, svamp
from mi_cot_lib.errors import DataError

CQA = "nano_cqa"
KIT = Catalogue.of(read_runs(None))
SPITEFUL = "<script>alert('x')</script> & so on"


def controls_of(widget):
    names = ("dataset", "method", "seed", "other", "which", "page")
    return dict(zip(names, widget.children, strict=False)), widget.children[-1]


def put_run(folder, name, seed=0, data=None, written=()):
    """Lay a run of the kit's, of some seed and data, into a folder of runs, with some of its answers."""
    record = json.loads(json.dumps(KIT.runs[CQA, name, 0].record))
    record["config"]["seed"], record["run"] = seed, f"{CQA}-{name}-{seed}"
    record["data"]["sha256"] = data or record["data"]["sha256"]
    home = folder / record["run"]
    home.mkdir(parents=True)
    (home / "run.json").write_text(json.dumps(record))
    lines = [
        {
            "id": f"{CQA}/test/{place}", "gold": "", "predicted": label, "correct": False,
            "rationale": rationale, "candidates": None, "scores": None, "log_probability": -1.0,
            "tokens": 3,
        }
        for place, label, rationale in written
    ]  # fmt: skip
    if lines:
        (home / "predictions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    put_run(runs, "DSS", written=[(7, "<i>fork</i>", SPITEFUL), (9, "bowl", None)])
    put_run(runs, "DSS", seed=1)
    put_run(runs, "MI", seed=1)
    return runs


TEXTS = st.lists(st.sampled_from(["a", "b", "<i>", "&", "10.0", "x."]), max_size=12)


@given(TEXTS, TEXTS)
def test_marks_give_both_texts_back(ours, its):
    soup = BeautifulSoup(marked(" ".join(ours), " ".join(its)), "html.parser")
    for tag, wanted in (("del", its), ("ins", ours)):
        copy = BeautifulSoup(str(soup), "html.parser")
        for one in copy.find_all(tag):
            one.decompose()
        assert copy.get_text().split() == wanted
    assert {one.name for one in soup.find_all()} <= {"ins", "del"}


def test_only_the_words_that_differ_are_marked():
    soup = BeautifulSoup(
        marked("So it is 8 * 7 = 20 hats.", "So it is 8 * 7 = 56 hats."), "html.parser"
    )
    assert [one.get_text() for one in soup.find_all("ins")] == ["56"]
    assert [one.get_text() for one in soup.find_all("del")] == ["20"]
    # Not by colour alone.
    assert "line-through" in soup.find("del")["style"] and "bold" in soup.find("ins")["style"]


@pytest.mark.parametrize("world", [svamp, cqa, esnli, anli])
def test_a_gold_rationale_is_the_worlds_own(world):
    dataset = f"nano_{world.__name__.rpartition('.')[2]}"
    own = {one.right.rationale for one in world.items(8_000, Random(f"{dataset}/test/0"))}
    for one in asked(KIT.runs[dataset, "DSS", 0], [0, 1, 2, 999, 1_000, 7_900], None):
        assert one.gold in own
        example = Example(one.id, one.input, one.label, one.teacher, None)
        assert judge_rationale(dataset, example, one.gold).score == 5, one.gold


def test_questions_and_the_teachers_rationales_are_the_data_sets():
    places = [0, 331, 7_999]
    examples = [load_split(CQA, "test")[place] for place in places]
    found = asked(KIT.runs[CQA, "DSS", 0], places, None)
    for one, example in zip(found, examples, strict=True):
        assert (one.id, one.input, one.label) == (example.id, example.input, example.label)
        assert one.teacher == example.rationale


def test_questions_are_told_apart_by_who_answered_them_rightly():
    dss, mi = (KIT.runs[CQA, name, 0] for name in ("DSS", "MI"))
    widget = run_explorer()
    controls, view = controls_of(widget)
    controls["dataset"].value, controls["method"].value, controls["other"].value = CQA, "MI", "DSS"
    pairs = list(zip(mi.record["correct"]["test"], dss.record["correct"]["test"], strict=True))
    for which, pair in ((ONLY_THIS, ("1", "0")), (ONLY_OTHER, ("0", "1"))):
        controls["which"].value = which
        wanted = {f"{CQA}/test/{place}" for place, one in enumerate(pairs) if one == pair}
        assert f"{len(wanted):,} test questions: {which}" in view.value
        soup = BeautifulSoup(view.value, "html.parser")
        shown = [one.get_text() for one in soup.find_all("code") if "/test/" in one.get_text()]
        assert shown and set(shown) <= wanted
        sides = [
            one.get_text()
            for one in soup.select("div li")
            if re.match("(MI|DSS): [✓✗]", one.get_text())
        ]
        marks = {"1": "✓ right", "0": "✗ wrong"}
        assert len(sides) == 2 * len(shown)
        for name, bit in zip(("MI", "DSS"), pair, strict=True):
            assert all(marks[bit] in one for one in sides if one.startswith(name))


def test_those_with_kept_words_come_first_and_what_is_not_kept_is_said():
    widget = run_explorer()
    assert "its words are not kept" not in widget.still
    controls, view = controls_of(widget)
    controls["dataset"].value, controls["method"].value, controls["other"].value = CQA, "DSS", ""
    sample = KIT.runs[CQA, "DSS", 0].record["samples"][0]
    assert f"<code>{sample['id']}</code>" in view.value and sample["rationale"] in view.value
    assert "its words for 50, 50 of them with a rationale" in view.value
    controls["method"].value = "Finetuning"
    assert "none of its words" in view.value and "its words are not kept" in view.value


def test_every_control_moves_the_view():
    widget = run_explorer()
    controls, view = controls_of(widget)
    assert widget.still == view.value and 'alt="' in view.value
    for name, value in (
        ("page", 2),
        ("which", WRONG),
        ("other", "Finetuning"),
        ("dataset", CQA),
        ("method", "MI, KL divergence"),
    ):
        before = view.value
        controls[name].value = value
        assert view.value != before, name


def test_controls_offer_only_what_there_is(folder):
    controls, view = controls_of(run_explorer(runs=folder))
    assert controls["dataset"].options == (("nano-CQA", CQA),)
    controls["method"].value = "DSS"
    assert [value for _, value in controls["seed"].options] == [0, 1]
    before = view.value
    controls["seed"].value = 1
    assert view.value != before
    assert controls["other"].options == (("none", ""), ("MI", "MI"))
    controls["other"].value = "MI"
    controls["which"].value, controls["page"].value = ONLY_THIS, 3
    # Of seed 0 there is no MI run, so nothing to disagree with, and other questions to begin with.
    controls["seed"].value = 0
    assert controls["other"].value == "" and controls["which"].value == "all"
    assert controls["page"].value == 1 and ONLY_THIS not in dict(controls["which"].options).values()
    controls["method"].value = "MI"
    assert controls["seed"].options == (("1", 1),)


def test_what_a_student_wrote_is_never_markup(folder):
    controls, view = controls_of(run_explorer(runs=folder))
    controls["method"].value, controls["seed"].value = "DSS", 0
    assert "its words for 2, 1 of them with a rationale" in view.value
    soup = BeautifulSoup(view.value, "html.parser")
    assert not soup.find_all("script") and "<i>fork</i>" not in view.value
    assert SPITEFUL in soup.get_text() and "“<i>fork</i>”" in soup.get_text()


def test_questions_of_other_data_are_not_shown(folder, tmp_path):
    put_run(tmp_path, "DSS", data="0" * 64)
    _, view = controls_of(run_explorer(runs=tmp_path))
    assert "made from other data" in view.value and "✓ right" in view.value
    assert "Answer Choices" not in view.value
    # Nor do they stand beside those of today's.
    put_run(tmp_path, "MI")
    controls, _ = controls_of(run_explorer(runs=tmp_path))
    assert controls["other"].options == (("none", ""),)


def test_runs_that_differ_in_nothing_that_has_a_name_are_told_apart():
    run = KIT.runs[CQA, "DSS", 0]
    twin = type(run)(run.setting, 0, {**run.record, "run": "nano_cqa-dss-nano-seed0-abc"})
    assert [name for _, name, _ in Catalogue.of([run, twin]).runs] == ["DSS", "DSS (abc)"]
    # The kit's own are told apart by their settings alone, said in words.
    assert {"DSS, the teacher's labels", "MI, KL divergence"} <= set(KIT.names("nano_esnli"))
    assert len(KIT.runs) == len(read_runs(None)) and not any("(" in name for _, name, _ in KIT.runs)


def test_curves_have_a_panel_a_term_and_tell_two_runs_apart_in_grey():
    both = {name: KIT.runs[CQA, name, 0] for name in ("Finetuning", "MI")}
    figure = draw_runs(both)
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Label loss", "Rationale loss", "MI loss", "Validation accuracy",
    ]  # fmt: skip
    assert all(axes.get_xlabel() == "training step" and axes.get_ylabel() for axes in figure.axes)
    looks = {(line.get_linestyle(), line.get_marker()) for line in figure.axes[-1].lines[::2]}
    assert len(looks) == 2
    accuracy = figure.axes[-1].lines[0].get_ydata()
    curve = both["Finetuning"].record["curves"]["validation"]["accuracy"]
    assert accuracy == pytest.approx([100 * value for value in curve])
    kept = both["MI"].record["metrics"]["selected_step"]
    assert f"at step {kept:,}, which was kept" in told("MI", both["MI"])
    assert len(draw_runs({"Finetuning": both["Finetuning"]}).axes) == 2


def test_a_folder_without_runs_or_with_an_unfit_one_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match="make reproduce"):
        run_explorer(runs=tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "run.json").write_text('{"run": "old", "config": {}, "metrics": {}}')
    with pytest.raises(DataError, match="old lacks correct, curves, data; the same `mi-cot run`"):
        run_explorer(runs=tmp_path)


def test_words_are_of_the_test_set_alone(folder, tmp_path):
    (run,) = (one for one in read_runs(folder) if one.seed == 0)
    assert {place: one.label for place, one in words_of(run, folder).items()} == {
        7: "<i>fork</i>", 9: "bowl",
    }  # fmt: skip
    assert len(words_of(run, tmp_path)) == 50
