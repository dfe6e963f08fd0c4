"""The preset of real data: which items it has, which runs they share, and how folds become repetitions."""

import json

import pandas as pd
import pytest

from mi_cot_lib.data.specs import ALL_FOLDS, FOLDS
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.experiments.asked.declared import REAL
from mi_cot_lib.experiments.asked.items import ITEMS, items_named, items_of
from mi_cot_lib.experiments.asked.pilot import ON_REAL_DATA, SEARCHES, STEPS, pilot_path, place
from mi_cot_lib.experiments.asked.presets import PRESETS
from mi_cot_lib.experiments.asked.wanted import wanted_of

PRESET = PRESETS["real-small"]


def wanted(name):
    return wanted_of(ITEMS[name], PRESET)


def test_it_has_the_tables_that_its_runs_can_fill_and_no_others():
    assert [item.id for item in items_of(PRESET.name)] == [
        "real", "folds", "table1", "table4", "table5", "table6", "table7", "table8", "figure4",
        "overlap",
    ]  # fmt: skip
    assert all(wanted(item.id) for item in items_of(PRESET.name))
    assert not wanted("table2") and not wanted_of(ITEMS["real"], PRESETS["nano"])
    made = "but with --preset nano or --preset paper; there: .*table1"
    with pytest.raises(ConfigError, match=f"table2 is not made on real-small {made}"):
        items_named(("table2",), PRESET.name)
    assert [one.id for one in items_named(("all",), PRESET.name)][-1] == "figure4"


def test_each_column_has_its_own_number_of_seeds_and_of_training_examples():
    seeds = {}
    for one in wanted("real"):
        seeds.setdefault(one.config.dataset, set()).add(one.config.seed)
        assert one.config.train_size == REAL.drawn.get(one.config.dataset)
        # In a table the whole of a column is one row, drawn or not.
        assert one.setting.size is None
    assert {name: len(own) for name, own in seeds.items()} == {"svamp": 5, "cqa": 3}


def test_all_methods_are_trained_alike():
    for item in items_of(PRESET.name):
        for one in wanted(item.id):
            values = one.config.to_dict()
            declared = {**REAL.training, **REAL.changes.get(one.config.dataset, {})}
            assert {name: values[name] for name in declared} == declared
            assert values["student"] == "smollm2"


def test_folds_are_the_repetitions_of_one_cell():
    found = wanted("folds")
    assert {one.setting.dataset for one in found} == {ALL_FOLDS.name}
    cells = {one.setting: [] for one in found}
    for one in found:
        cells[one.setting].append(one.repetition)
        assert one.config.dataset == f"svamp_fold{one.repetition}"
    assert len(cells) == 3
    assert all(sorted(own) == list(range(FOLDS)) for own in cells.values())


def test_its_items_share_runs():
    names = {one.config.run_name for one in wanted("table1")}
    assert {one.config.run_name for one in wanted("table7")} < names
    ours = {one.config.run_name for one in wanted("real")}
    assert len(ours - names) == len(ours) // 4


@pytest.fixture(scope="module")
def searched():
    return pd.DataFrame(json.loads(pilot_path("rates").read_text(encoding="utf-8")))


def test_the_search_is_whole_and_of_a_seed_that_no_table_has(searched):
    wanted = [place(config) for name in ON_REAL_DATA for config in SEARCHES[name]()]
    there = searched[list(wanted[0])].astype(object)
    there = there.where(there.notna(), None).to_dict("records")
    assert sorted(there, key=str) == sorted(wanted, key=str)
    assert {*searched["method"]} == {"finetune", "dss"}
    assert not {*searched["seed"]} & {one.config.seed for one in wanted_of(ITEMS["real"], PRESET)}


def test_the_rate_validated_best_and_twice_as_many_steps_are_taken_where_they_gained_more_than_the_margin(
    searched,
):
    short = searched[searched["steps"] == STEPS]
    by_rate = short.groupby("rate")["accuracy"].mean()
    rate = REAL.training["learning_rate"]
    assert by_rate.idxmax() == rate
    for dataset, own in short[short["rate"] == rate].groupby("dataset"):
        longer = searched[(searched["dataset"] == dataset) & (searched["steps"] == 2 * STEPS)]
        # Of what had stopped rising no longer run was made.
        gained = 100 * (longer["accuracy"].mean() - own["accuracy"].mean()) > REAL.margin
        declared = {**REAL.training, **REAL.changes.get(dataset, {})}["max_steps"]
        assert declared == (2 * STEPS if gained else STEPS), dataset
