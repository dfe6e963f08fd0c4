"""The open questions' runs: which there are, which are shared, and what is compared."""

import pytest

from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.reproduce.grid import cells_of, runs_of
from mi_cot_lib.reproduce.paper import known_items
from mi_cot_lib.reproduce.paper_grid import ITEMS
from mi_cot_lib.reproduce.presets import FAMILIES, PRESETS
from mi_cot_lib.reproduce.question_grid import MI_WEIGHTS, QUESTIONS, SPOILED, SPOILED_SHARES
from mi_cot_lib.reproduce.question_items import pairs_of

NANO = PRESETS["nano"]


def names(item: str) -> set[str]:
    return {run.run_name for run in runs_of(item, NANO)}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
@pytest.mark.parametrize("item", QUESTIONS)
def test_every_question_has_five_seeds_of_each_cell_on_its_data_sets(item, preset):
    cells = cells_of(item, preset)
    own = {"question3": preset.taught, "question5": FAMILIES, "question6": FAMILIES}
    columns = {cell.column for cell in cells}
    assert columns == set(own.get(item, preset.swept))
    assert columns == set(FAMILIES) or preset.name != "paper"
    assert len({(cell.row, cell.column) for cell in cells}) == len(cells)
    runs = runs_of(item, preset)
    assert len({run.run_name for run in runs}) == len(runs) == 5 * len(cells)


@pytest.mark.parametrize("item", QUESTIONS)
def test_what_is_compared_is_trained(item):
    rows = {cell.row for cell in cells_of(item, NANO)}
    pairs = pairs_of(item, NANO)
    assert len(set(pairs)) == len(pairs)
    assert {row for pair in pairs for row in pair} <= rows


def test_every_row_has_a_title_of_its_own():
    for item in [*ITEMS, *QUESTIONS]:
        rows = {cell.row for cell in cells_of(item, NANO)}
        assert len({row_title(row) for row in rows}) == len(rows), item


def test_baselines_are_the_runs_of_the_papers_tables():
    compared = [run for run in runs_of("table2", NANO) if run.method in ("dss", "mi")]
    columns = {"question1": NANO.swept, "question2": NANO.swept, "question3": NANO.taught}
    for item, families in {**columns, "question4": NANO.swept}.items():
        on = {run.run_name for run in compared if dataset_spec(run.dataset).family in families}
        assert on and on <= names(item), item
    assert {run.run_name for run in compared} <= names("question6")
    assert names("question5") <= names("table1")


def test_the_grid_of_weights_lies_on_the_simplex_of_the_two_tasks():
    for run in runs_of("question2", NANO):
        assert run.alpha1 + run.alpha2 == pytest.approx(1)
    found = {run.objective.alpha3 for run in runs_of("question2", NANO)}
    assert found == set(MI_WEIGHTS)


def test_the_control_of_foreign_rationales_comes_first():
    assert SPOILED[0] == "other_rationales"
    (first, second, *_) = pairs_of("question3", NANO)
    assert first == ("dss other_rationales 1", "finetune")
    assert second == ("mi other_rationales 1", "finetune")
    shares = {
        run.change_share for run in runs_of("question3", NANO) if run.teacher_change != "none"
    }
    assert shares == set(SPOILED_SHARES)


def test_names_stand_for_groups():
    assert known_items(["questions"]) == list(QUESTIONS)
    assert known_items(["all"]) == list(ITEMS)
    assert known_items(["table2", "questions", "question1"]) == ["table2", *QUESTIONS]
    with pytest.raises(ConfigError, match="Did you mean 'question1'"):
        known_items(["qestion1"])
