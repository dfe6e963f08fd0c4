"""What was declared is what the search on validation found, and the search knows no seed of a table."""

import json

import pandas as pd
import pytest

from mi_cot_lib.experiments.asked.declared import DECLARED
from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.pilot import METHODS, SEEDS, pilot_configs, pilot_path
from mi_cot_lib.experiments.asked.presets import FAMILIES, PRESETS, runs_of

NANO = PRESETS["nano"]


@pytest.fixture(scope="module")
def found():
    frame = pd.DataFrame(json.loads(pilot_path().read_text(encoding="utf-8")))
    families = {dataset: family for family, dataset in NANO.datasets.items()}
    return frame.assign(family=frame["dataset"].map(families))


def test_the_search_is_whole_and_of_seeds_that_no_table_has(found):
    wanted = {
        (c.dataset, c.train_size or NANO.sizes["cqa"][-1], c.method, c.seed)
        for c in pilot_configs()
    }
    there = found[["dataset", "size", "method", "seed"]].itertuples(index=False, name=None)
    assert sorted(there) == sorted(wanted)
    assert set(found["method"]) == set(METHODS) == {"finetune", "dss"}
    seeds = {config.seed for item in ITEMS.values() for config in runs_of(item, NANO)}
    assert not seeds & {*SEEDS} and max(seeds) < DECLARED.seeds


def test_the_declared_size_is_where_rationales_helped_most(found):
    gains = found.pivot_table("accuracy", ["family", "size"], "method")
    gains = gains["dss"] - gains["finetune"]
    for family in FAMILIES:
        sizes = gains[family].drop(NANO.sizes[family][-1])
        assert DECLARED.short[family] == sizes.idxmax()


def test_finetuning_at_equal_operations_takes_no_fewer_than_dss(found):
    found = found.assign(a_step=found["tflop"] / found["steps"])
    for family in FAMILIES:
        for name, size in (("short", DECLARED.short[family]), ("whole", NANO.sizes[family][-1])):
            cell = found[(found["family"] == family) & (found["size"] == size)]
            by_method = cell.groupby("method")[["tflop", "a_step"]].mean()
            longest = DECLARED.equal_operations[name] * by_method["a_step"]["finetune"]
            assert longest >= by_method["tflop"]["dss"]


def test_the_declaration_says_when_and_why():
    assert DECLARED.date.year == 2026 and len(DECLARED.reason.split()) > 30
    assert 0 < DECLARED.margin <= 1 and DECLARED.seeds >= 10
    assert ITEMS["declared"].margin == DECLARED.margin
