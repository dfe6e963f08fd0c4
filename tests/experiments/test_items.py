"""Items as data: which runs fill which, and what is compared; `test_committed` holds them to the records."""

import pytest

from mi_cot_lib.experiments.asked.item import BY_SIZE
from mi_cot_lib.experiments.asked.items import GROUPS, ITEMS, items_named, items_of
from mi_cot_lib.experiments.asked.presets import FAMILIES, PRESETS, for_dataset
from mi_cot_lib.experiments.asked.questions import CLAIMS
from mi_cot_lib.experiments.asked.wanted import runs_of, seeds_of, wanted_of
from mi_cot_lib.experiments.make import _OF_RUNS, _OF_SAMPLES
from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME
from mi_cot_lib.report.further import FOLDED
from mi_cot_lib.report.pictures import PICTURES
from mi_cot_lib.report.setting import title

NANO, PAPER = PRESETS["nano"], PRESETS["paper"]


@pytest.mark.parametrize("item", items_of("nano"), ids=lambda item: item.id)
def test_runs_are_settings_times_seeds_and_every_row_has_a_title_of_its_own(item):
    wanted = wanted_of(item, NANO)
    settings = {one.setting for one in wanted}
    many = len(seeds_of(item, NANO))
    if item.seeds == BY_SIZE:
        sizes = [(one.size or NANO.sizes["cqa"][-1], one.family) for one in settings]
        assert len(runs_of(item, NANO)) == sum(NANO.seeds_at(*each) for each in sizes)
    else:
        assert len(runs_of(item, NANO)) == len(settings) * many
    # A stopped call leaves whole tables of fewer seeds.
    seeds = [one.config.seed for one in wanted]
    assert seeds == sorted(seeds)
    rows = {(one.dataset, one.split, one.size, title(one, item.fields)) for one in settings}
    assert len(rows) == len(settings)


@pytest.mark.parametrize(
    ("item", "preset"),
    [(item, preset) for item in ITEMS.values() for preset in item.presets],
    ids=lambda one: one if isinstance(one, str) else one.id,
)
def test_what_an_item_names_exists_and_what_it_compares_is_trained(item, preset):
    assert set(item.pictures) <= set(PICTURES) and set(item.folded) <= set(FOLDED)
    assert item.measure in {*_OF_RUNS, *_OF_SAMPLES, "cases"}
    settings = list(dict.fromkeys(one.setting for one in wanted_of(item, PRESETS[preset])))
    if item.measure == "information":
        quantities = [one.of["quantity"] for one in item.asked]
        settings = [one.with_(quantity=name) for one in settings for name in quantities]
    for comparison in item.asked:
        pairs = list(comparison.pairs(settings))
        # Only of the kit's own texts is it known for which answer they argue.
        is_known = preset == "nano" or "teacher_accuracy" not in comparison.of
        assert (pairs or not is_known) and all(one != other for one, other in pairs)


def test_verdicts_are_of_what_was_declared_and_of_claims_alone():
    declaring = {item.id for item in ITEMS.values() if item.declared}
    assert declaring == {
        "declared", "declared_whole", "real", "folds", "table1", "methods", "question7",
    }  # fmt: skip
    # Table 1's are those of the whole sets, of the same runs.
    whole = {run.run_name for run in runs_of(ITEMS["declared_whole"], NANO)}
    settings = [one.setting for one in wanted_of(ITEMS["table1"], NANO)]
    asked = [
        {pair for one in ITEMS[name].asked for pair in one.pairs(settings)}
        for name in ("table1", "declared_whole")
    ]
    assert asked[0] <= asked[1]
    compared = {one for pair in asked[0] for one in pair}
    assert {
        one.config.run_name
        for one in wanted_of(ITEMS["table1"], NANO)
        if one.setting in compared
    } <= whole  # fmt: skip


def test_each_claim_is_asked_once_and_expects_a_verdict():
    asked = [one.claim for one in ITEMS["question7"].asked]
    assert sorted(map(str, asked)) == sorted(map(str, CLAIMS.values()))
    assert {one.expects for one in asked} == {HIGHER, LOWER, SAME}


def test_rationales_of_other_questions_are_compared_without_the_mi_loss():
    settings = list(dict.fromkeys(one.setting for one in wanted_of(ITEMS["question3"], NANO)))
    pairs = [pair for one in ITEMS["question3"].asked for pair in one.pairs(settings)]
    assert len(pairs) == 3 and {one.method for pair in pairs for one in pair} == {"dss", "finetune"}


def test_the_papers_tables_and_figures_come_first_and_groups_name_them():
    tables = [f"table{number}" for number in range(1, 9)]
    figures = [f"figure{number}" for number in range(2, 6)]
    questions = [f"question{number}" for number in range(1, 8)]
    assert list(GROUPS["all"]) == tables + figures
    assert list(GROUPS["questions"]) == questions
    asked = items_named(("table2", "questions", "question1"), "nano")
    assert [one.id for one in asked] == ["table2", *questions]


def test_the_papers_runs_have_the_papers_settings_and_a_rows_own_choice_goes_first():
    runs = runs_of(ITEMS["table4"], PAPER)
    assert {(run.max_steps, run.batch_size, run.student) for run in runs} == {(10_000, 64, "base")}
    assert {run.pool for run in runs} == {"mean", "max"}
    assert {run.dataset for run in runs} == set(FAMILIES)


def test_seeds_are_the_presets_or_as_many_as_asked_for():
    items = [ITEMS[name] for name in ("table1", "figure2", "figure4")]
    assert [len(seeds_of(item, NANO)) for item in items] == [5, 12, 1]
    assert [len(seeds_of(item, NANO, 2)) for item in items] == [2, 2, 1]


def test_an_item_is_made_on_one_data_set_alone():
    for dataset in ("nano_cqa", "svamp"):
        preset, item = for_dataset(NANO, ITEMS["methods"], dataset)
        assert {run.dataset for run in runs_of(item, preset)} == {dataset}
    # As many as its file has.
    assert {run.train_size for run in runs_of(item, preset)} == {PAPER.short["svamp"]}
    assert PAPER.short["svamp"] < 720
