"""What was declared is what the search on validation found, and the search knows no seed of a table."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mi_cot_lib.experiments.asked.declared import DECLARED
from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.asked.pilot import (
    CONTROL,
    METHODS,
    ON_REAL_DATA,
    SEARCHES,
    SEEDS,
    is_older,
    pilot_path,
    place,
    size_configs,
)
from mi_cot_lib.experiments.asked.presets import FAMILIES, PRESETS
from mi_cot_lib.experiments.asked.wanted import runs_of
from mi_cot_lib.experiments.running.sources import sources_of
from mi_cot_lib.training.config import RunConfig

NANO = PRESETS["nano"]


@pytest.fixture(scope="module")
def found():
    frame = pd.DataFrame(json.loads(pilot_path().read_text(encoding="utf-8")))
    families = {dataset: family for family, dataset in NANO.datasets.items()}
    return frame.assign(family=frame["dataset"].map(families))


def test_the_search_is_whole_and_of_seeds_that_no_table_has(found):
    # What is on real data is in a file of its own.
    searches = [make for name, make in SEARCHES.items() if name not in ON_REAL_DATA]
    wanted = [place(config) for make in searches for config in make()]
    there = found[list(wanted[0])].astype(object).where(found[list(wanted[0])].notna(), None)
    key = str
    assert sorted(there.to_dict("records"), key=key) == sorted(wanted, key=key)
    assert {config.method for config in size_configs()} == {*METHODS} == {"finetune", "dss"}
    seeds = {config.seed for item in ITEMS.values() for config in runs_of(item, NANO)}
    assert not seeds & {*SEEDS} and max(seeds) < DECLARED.seeds


@pytest.mark.parametrize("family", FAMILIES)
def test_the_search_is_of_todays_data_and_student(found, family):
    sources = sources_of(RunConfig(dataset=NANO.datasets[family], student=NANO.large, method="dss"))
    rows = found[found["family"] == family].to_dict("records")
    assert rows and not any(is_older(row, sources) for row in rows)
    assert is_older({**rows[0], "data_sha256": "0" * 64}, sources)


def test_the_declared_size_is_where_rationales_helped_most_of_those_with_room(found):
    means = 100 * found.pivot_table("accuracy", ["family", "size"], "method")
    for family in FAMILIES:
        sizes = means.loc[family].drop(NANO.sizes[family][-1])
        sizes = sizes[sizes["dss"] <= DECLARED.room[1]]
        assert DECLARED.short[family] == (sizes["dss"] - sizes["finetune"]).idxmax()


def test_rationales_help_on_three_sets_and_those_of_other_questions_keep_less_than_half(found):
    means = 100 * found.pivot_table("accuracy", ["family", "size"], "method")
    helped = []
    for family in FAMILIES:
        cell = means.loc[family, DECLARED.short[family]]
        gain, left = (cell[side] - cell["finetune"] for side in ("dss", CONTROL))
        if gain >= 3 and left < gain / 2:
            helped.append(family)
    assert len(helped) >= 3, helped


def seeds_to_be_the_same(spread):
    """Return with how many seeds two one-sided tests find no difference four times out of five."""
    rng = np.random.default_rng(0)
    for seeds in range(2, 100):
        drawn = rng.normal(0, spread, (20_000, seeds))
        half = stats.sem(drawn, axis=1) * stats.t.isf(0.05, seeds - 1)
        if (abs(drawn.mean(axis=1)) + half < DECLARED.margin).mean() >= 0.8:
            return seeds


def test_the_numbers_of_the_reason_are_those_of_the_search(found):
    both = found[found["method"].isin(["dss", "finetune"])]
    values = 100 * both.pivot_table("accuracy", ["family", "size", "seed"], "method")
    spreads = (values["dss"] - values["finetune"]).groupby(["family", "size"]).std()
    short = spreads[[(family, DECLARED.short[family]) for family in FAMILIES]].to_numpy()
    least, most, typical = short.min(), short.max(), np.median(short)
    assert f"{least:.1f} to {most:.1f} points" in DECLARED.reason
    assert f"typically by {typical:.1f}" in DECLARED.reason
    together = np.sqrt((short**2).sum()) / len(short)
    for spread, said in ((typical, "17 seeds"), (together, "and 7 of all"), (most, "take 45")):
        assert said in DECLARED.reason
        seeds = int(re.search(r"\d+", said).group())
        assert abs(seeds_to_be_the_same(spread) - seeds) <= 1


def test_the_declared_weight_of_a_form_is_the_one_that_validated_best(found):
    means = found[found["method"] == "mi"].groupby(["form", "weight"])["accuracy"].mean()
    best = {form: means[form].idxmax() for form in means.index.unique("form")}
    assert best == DECLARED.weights


def test_finetuning_at_equal_operations_takes_no_fewer_than_dss(found):
    found = found.assign(a_step=found["tflop"] / found["steps"])
    for family in FAMILIES:
        for name, size in (("short", DECLARED.short[family]), ("whole", NANO.sizes[family][-1])):
            cell = found[(found["family"] == family) & (found["size"] == size)]
            by_method = cell.groupby("method")[["tflop", "a_step"]].mean()
            longest = DECLARED.equal_operations[name][family] * by_method["a_step"]["finetune"]
            assert longest >= by_method["tflop"]["dss"]


def test_the_declaration_says_when_and_why():
    assert DECLARED.date.year == 2026 and len(DECLARED.reason.split()) > 30
    assert 0 < DECLARED.margin <= 1 and DECLARED.seeds >= 10
    assert NANO.margin == DECLARED.margin and ITEMS["declared"].margin is None
