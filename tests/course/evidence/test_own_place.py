"""Where a run lies among recorded ones: only its own setting counts, and what chance leaves is right."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.course.evidence import own_place as module
from mi_cot_lib.course.evidence.own_place import (
    draw_own_place,
    prepare_own_place,
    show_own_place,
    told,
)
from mi_cot_lib.course.widgets.records import read_runs
from mi_cot_lib.report.runs import Run


@pytest.fixture(scope="module")
def recorded():
    """Real records, each its own object: MI, DSS and finetuning on 250 examples, and others."""
    return [run for run in read_runs(None) if run.setting.dataset == "nano_cqa"]


@pytest.fixture(scope="module")
def mine(recorded):
    """A record as a learner's run of chapter 03 leaves it."""
    return next(r for r in recorded if r.setting.method == "mi" and r.setting.size == 250).record


def again(record, seed, right):
    """The same run of another seed, with so many right answers."""
    items = len(record["correct"]["test"])
    bits = "1" * right + "0" * (items - right)
    correct = {**record["correct"], "test": bits}
    return Run.of({**record, "config": {**record["config"], "seed": seed}, "correct": correct})


def test_a_run_stands_beside_its_own_setting_and_other_methods_of_as_many_examples(recorded, mine):
    found = prepare_own_place(mine, recorded)
    assert {"MI, 250 examples", "DSS, 250 examples", "Finetuning, 250 examples"} == set(
        found.recorded["name"]
    )
    assert found.recorded["name"].iloc[0] == found.name
    assert found.same.loc[mine["config"]["seed"]] == pytest.approx(found.value)
    assert found.differing == 0 and "every question as yours does" in told(found)
    axes = draw_own_place(found).axes[0]
    assert axes.get_xlabel() == "test accuracy (%)"
    assert axes.get_yticklabels()[0].get_text() == found.name


def test_further_seeds_lie_where_the_t_distribution_puts_one_more(mine):
    rights = (5_000, 5_100, 5_300)
    runs = [again(mine, seed, right) for seed, right in enumerate(rights, 10)]
    found = prepare_own_place(mine, runs)
    values = 100 * np.array(rights) / 8_000
    half = stats.t.ppf(0.975, 2) * values.std(ddof=1) * np.sqrt(4 / 3)
    assert found.further == pytest.approx((values.mean() - half, values.mean() + half))
    assert found.differing is None and len(found.same) == 3
    assert prepare_own_place(mine, runs[:2]).further is None


def test_answers_that_differ_from_the_recorded_ones_of_the_seed_are_counted(mine):
    seed, right = mine["config"]["seed"], sum(map(int, mine["correct"]["test"]))
    flipped = mine["correct"]["test"].translate(str.maketrans("01", "10"))
    other = Run.of({**mine, "correct": {**mine["correct"], "test": flipped}})
    found = prepare_own_place(mine, [other])
    assert found.differing == 8_000 and found.same.loc[seed] == pytest.approx(
        100 * (8_000 - right) / 8_000
    )
    assert "8,000 questions otherwise" in told(found)


@pytest.mark.parametrize(
    "changes", [{"train_size": 300}, {"alpha3": 0.7}, {"mi_form": "js"}, {"learning_rate": 5e-4}]
)
def test_without_a_record_of_the_setting_nothing_is_compared_and_the_nearest_is_named(
    recorded, mine, changes, monkeypatch
):
    changed = {**mine, "config": {**mine["config"], **changes}}
    found = prepare_own_place(changed, recorded)
    assert found.recorded.empty and found.nearest == "MI, 250 examples"
    shown = []
    monkeypatch.setattr(module, "display", shown.append)
    show_own_place(changed)
    (said,) = shown
    assert "nothing is compared. Nearest: MI, 250 examples" in said.data


def test_other_test_questions_are_no_comparison(recorded, mine):
    other = {**mine, "data": {**mine["data"], "sha256": "0" * 64}}
    found = prepare_own_place(other, recorded)
    assert found.recorded.empty and found.nearest is None and "none: no record" in told(found)
