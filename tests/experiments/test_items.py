"""Items as data: which runs fill which, what they share, and what is compared."""

import pytest

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.experiments.items import (
    GROUPS,
    ITEMS,
    MI_WEIGHTS,
    SPOILED,
    SPOILED_SHARES,
    items_named,
)
from mi_cot_lib.experiments.make import _OF_RUNS, _OF_SAMPLES
from mi_cot_lib.experiments.presets import (
    FAMILIES,
    PRESETS,
    for_dataset,
    runs_of,
    seeds_of,
    wanted_of,
)
from mi_cot_lib.report.pictures import PICTURES
from mi_cot_lib.report.setting import title
from mi_cot_lib.report.tables import FOLDED

NANO, PAPER = PRESETS["nano"], PRESETS["paper"]


def names(item, preset=NANO):
    return {config.run_name for config in runs_of(ITEMS[item], preset)}


@pytest.mark.parametrize("item", ITEMS)
def test_runs_are_as_many_as_its_settings_times_its_seeds(item):
    wanted = wanted_of(ITEMS[item], NANO)
    count = len({one.setting for one in wanted}) * len(seeds_of(ITEMS[item], NANO))
    assert len(names(item)) == len(runs_of(ITEMS[item], NANO)) == count
    # A stopped call leaves whole tables of fewer seeds.
    seeds = [one.config.seed for one in wanted]
    assert seeds == sorted(seeds)


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.id)
def test_every_row_has_a_title_of_its_own(item):
    settings = {one.setting.with_(dataset="", size=None) for one in wanted_of(item, NANO)}
    assert len({title(one, item.fields) for one in settings}) == len(settings)


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.id)
def test_what_an_item_names_exists_and_what_it_declares_is_trained(item):
    assert set(item.pictures) <= set(PICTURES) and set(item.folded) <= set(FOLDED)
    assert item.measure in {*_OF_RUNS, *_OF_SAMPLES, "cases"}
    settings = list(dict.fromkeys(one.setting for one in wanted_of(item, NANO)))
    if item.measure == "information":
        quantities = [one.of["quantity"] for one in item.declared]
        settings = [one.with_(quantity=name) for one in settings for name in quantities]
    for comparison in item.declared:
        pairs = list(comparison.pairs(settings))
        assert pairs and all(one != other for one, other in pairs)


def test_the_papers_tables_and_figures_come_first_and_groups_name_them():
    tables = [f"table{number}" for number in range(1, 9)]
    figures = [f"figure{number}" for number in range(2, 6)]
    questions = [f"question{number}" for number in range(1, 7)]
    assert list(GROUPS["all"]) == tables + figures
    assert list(GROUPS["questions"]) == questions
    asked = items_named(("table2", "questions", "question1"))
    assert [one.id for one in asked] == ["table2", *questions]


@pytest.mark.parametrize(
    ("item", "shared"),
    [
        *((item, 1) for item in ("table6", "table7", "table8", "figure4", "figure5", "question5")),
        *((item, 1 / 2) for item in ("table4", "table5")),
        ("table3", 0),
    ],
)
def test_items_share_the_runs_of_table_1_that_they_can(item, shared):
    assert len(names(item) & names("table1")) == shared * len(names(item))


def test_questions_start_from_the_small_students_of_table_2():
    compared = [run for run in runs_of(ITEMS["table2"], NANO) if run.method in ("dss", "mi")]
    columns = [NANO.swept, NANO.swept, NANO.taught, NANO.swept, FAMILIES]
    for number, families in zip((1, 2, 3, 4, 6), columns, strict=True):
        on = {run.run_name for run in compared if dataset_spec(run.dataset).family in families}
        assert on and on <= names(f"question{number}"), number


def test_the_largest_size_of_a_curve_is_the_whole_set():
    for figure, table in (("figure2", "table1"), ("figure3", "table2")):
        runs = runs_of(ITEMS[figure], NANO)
        whole = {run.run_name for run in runs if run.train_size is None}
        assert whole <= names(table) and len(whole) == 2 * len(FAMILIES) * NANO.curve_seeds
        assert len({run.train_size for run in runs}) == 5


def test_nli_students_answer_the_other_nli_set_and_no_other_does():
    outside = {one.config.dataset: one.outside for one in wanted_of(ITEMS["table6"], NANO)}
    assert outside == {
        "nano_esnli": "nano_anli", "nano_anli": "nano_esnli", "nano_cqa": None, "nano_svamp": None,
    }  # fmt: skip
    assert {one.outside for one in wanted_of(ITEMS["table1"], NANO)} == {None}


def test_the_grid_of_weights_lies_on_the_simplex_of_the_two_tasks():
    runs = runs_of(ITEMS["question2"], NANO)
    assert {run.alpha1 + run.alpha2 for run in runs} == {1.0}
    assert {run.objective.alpha3 for run in runs} == set(MI_WEIGHTS)
    assert {one.setting.split for one in wanted_of(ITEMS["question2"], NANO)} == {"valid"}


def test_foreign_rationales_are_compared_with_none_and_labels_are_hidden_where_they_are_named():
    control = ITEMS["question3"].declared[0]
    assert SPOILED[0] == control.of["change"] == "other_rationales"
    runs = runs_of(ITEMS["question3"], NANO)
    assert {run.change_share for run in runs if run.teacher_change != "none"} == set(SPOILED_SHARES)
    hidden = {
        run.dataset
        for run in runs_of(ITEMS["question6"], NANO)
        if run.teacher_change == "label_hidden"
    }
    assert hidden == {"nano_cqa"}


def test_the_papers_runs_have_the_papers_settings_and_a_rows_own_choice_goes_first():
    runs = runs_of(ITEMS["table4"], PAPER)
    assert {(run.max_steps, run.batch_size, run.student) for run in runs} == {(10_000, 64, "base")}
    assert {run.pool for run in runs} == {"mean", "max"}
    assert {run.dataset for run in runs} == set(FAMILIES)


def test_seeds_are_the_presets_or_as_many_as_asked_for():
    items = [ITEMS[name] for name in ("table1", "figure2", "figure4")]
    assert [len(seeds_of(item, NANO)) for item in items] == [5, 3, 1]
    assert [len(seeds_of(item, NANO, 2)) for item in items] == [2, 2, 1]


def test_an_item_is_made_on_one_data_set_alone():
    for dataset in ("nano_cqa", "svamp"):
        preset, item = for_dataset(NANO, ITEMS["methods"], dataset)
        assert {run.dataset for run in runs_of(item, preset)} == {dataset}
