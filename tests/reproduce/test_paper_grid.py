"""The paper as data: which runs fill which table, and where each setting comes from."""

import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.reproduce.grid import cells_of, item_named, runs_of
from mi_cot_lib.reproduce.paper_grid import ITEMS
from mi_cot_lib.reproduce.paper_numbers import (
    ACCURACY,
    CALIBRATION,
    CORRELATION,
    JUDGED,
    SETTINGS,
    impossible_cells,
)
from mi_cot_lib.reproduce.presets import FAMILIES, PRESETS, TRAIN_ROWS, preset_named
from mi_cot_lib.training.config import RunConfig

NANO = PRESETS["nano"]


def names(item, preset=NANO):
    return {config.run_name for config in runs_of(item, preset)}


def test_the_items_are_the_papers_tables_and_figures():
    assert list(ITEMS) == [
        *(f"table{number}" for number in range(1, 9)),
        *(f"figure{number}" for number in range(2, 6)),
    ]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=str)
def test_every_cell_has_its_seeds_and_no_run_stands_for_two_cells(preset):
    for item in ITEMS:
        cells = cells_of(item, preset)
        runs = runs_of(item, preset)
        seeds = {"figure2": preset.curve_seeds, "figure3": preset.curve_seeds}.get(
            item, preset.seeds
        )
        # A case study looks at the first seed.
        seeds = 1 if item in ("figure4", "figure5") else seeds
        assert len(runs) == len(cells) * seeds
        assert len({run.run_name for run in runs}) == len(runs), item


@pytest.mark.parametrize("item", ["table6", "table7", "table8", "figure4", "figure5"])
def test_what_looks_at_table_1s_students_trains_none_of_its_own(item):
    assert names(item) <= names("table1")


def test_variants_share_the_runs_of_the_default():
    table1 = names("table1")
    for item in ("table4", "table5"):
        assert len(names(item) & table1) == len(FAMILIES) * NANO.seeds
    assert not names("table3") & table1


def test_the_largest_size_of_a_curve_is_the_whole_set():
    for figure, table in (("figure2", "table1"), ("figure3", "table2")):
        whole = {run.run_name for run in runs_of(figure, NANO) if run.train_size is None}
        assert whole <= names(table)
        assert len(whole) == 2 * len(FAMILIES) * NANO.curve_seeds
        assert len({cell.size for cell in cells_of(figure, NANO)}) >= 5


def test_a_stopped_call_leaves_whole_tables_of_fewer_seeds():
    seeds = [run.seed for run in runs_of("table1", NANO)]
    assert seeds == sorted(seeds)


def test_real_sizes_of_the_training_sets_are_those_of_the_files(shared):
    from mi_cot_lib.data.load import load_split

    for name in ("cqa", "svamp"):
        assert len(load_split(name, "train", shared / "dss")) == TRAIN_ROWS[name]


def test_the_papers_settings_are_the_defaults_of_a_t5_run():
    # Precision is fixed here and elsewhere the hardware's.
    config = RunConfig(dataset="svamp", student="base", precision="bf16")
    assert {one.field: getattr(config, one.field) for one in SETTINGS} == {
        one.field: one.value for one in SETTINGS
    }
    assert all(one.source for one in SETTINGS)


def test_the_papers_runs_have_the_papers_settings_and_a_cells_own_choice_goes_first():
    for run in runs_of("table4", PRESETS["paper"]):
        assert (run.max_steps, run.batch_size, run.student) == (10_000, 64, "base")
    assert {run.pool for run in runs_of("table4", PRESETS["paper"])} == {"mean", "max"}


def test_seven_of_the_papers_eight_calibration_cells_are_impossible():
    found = impossible_cells()
    assert len(found) == 7
    assert ("dss", "anli1") not in {(method, family) for method, family, *_ in found}


def test_the_papers_numbers_have_a_value_for_every_cell_of_its_tables():
    for item in ("table1", "table3", "table4", "table5"):
        assert {(c.row, c.column) for c in cells_of(item, PRESETS["paper"])} == {
            (row, column) for row, columns in ACCURACY[item].items() for column in columns
        }
    # The paper's Table 2 leaves single-task out.
    assert set(ACCURACY["table2"]) == {"finetune", "dss", "mi"}
    for numbers in (CALIBRATION, CORRELATION):
        assert all(set(FAMILIES) <= set(columns) for columns in numbers.values())
    assert all(set(columns) == set(FAMILIES) for columns in JUDGED.values())


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'table1'"):
        item_named("tabel1")
    with pytest.raises(ConfigError, match="nano, paper"):
        preset_named("big")
