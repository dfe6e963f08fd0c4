"""What is committed is of the current data, student and settings, and says what the runs say."""

import pytest

from mi_cot_lib.analysis.shortcuts import bag_of_words_accuracy
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.environment import repository_root
from mi_cot_lib.reproduce.comparison import (
    COMMAND,
    RESULTS_END,
    RESULTS_START,
    central_comparison,
    read_records,
    recorded_folder,
    results_section,
    write_comparison,
)
from mi_cot_lib.reproduce.sources import sources_of
from mi_cot_lib.reproduce.student_card import card_configs, read_card
from mi_cot_lib.training.config import RunConfig

BUILT_IN = [name for name, spec in DATASETS.items() if spec.built_in]


@pytest.fixture(scope="module")
def records():
    return read_records(recorded_folder())


@pytest.fixture(scope="module")
def weights() -> str:
    return sources_of(RunConfig(dataset="nano_svamp"))["weights_sha256"]


def data_of(name: str) -> str:
    return sources_of(RunConfig(dataset=name))["data_sha256"]


def test_the_recorded_comparison_is_of_the_current_grid_data_and_student(records, weights):
    grid = {config.run_name for config in central_comparison("nano_svamp", 3)}
    assert {record["run"] for record in records} == grid, "run `make reproduce` and `make record`"
    assert {record["data"]["sha256"] for record in records} == {data_of("nano_svamp")}
    assert {record["weights_sha256"] for record in records} == {weights}


def test_the_recorded_table_and_figures_are_of_the_recorded_runs(records, tmp_path):
    write_comparison(records, tmp_path, COMMAND)
    for name in ("table.csv", "table.md", "accuracy.json", "curves.json", "records.json"):
        assert (recorded_folder() / name).read_text() == (tmp_path / name).read_text(), name
    for name in ("accuracy.png", "curves.png", "index.html"):
        assert (recorded_folder() / name).stat().st_size > 10_000, name


def test_readme_gives_the_recorded_results(records):
    text = (repository_root() / "README.md").read_text(encoding="utf-8")
    assert text.split(RESULTS_START)[1].split(RESULTS_END)[0] == results_section(records)


def test_recorded_test_accuracies_are_of_whole_test_sets(records):
    for record in records:
        assert record["metrics"]["test_n"] == 2000
        right = record["metrics"]["test_accuracy"] * 2000
        assert right == pytest.approx(round(right), abs=1e-9)


def test_the_student_card_is_of_the_current_data_student_and_settings(weights):
    card = read_card()
    assert [entry["run"] for entry in card.values()] == [c.run_name for c in card_configs()]
    assert {entry["weights_sha256"] for entry in card.values()} == {weights}
    for name, entry in card.items():
        assert entry["data_sha256"] == data_of(name), name


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_student_is_well_above_a_bag_of_words(name):
    entry = read_card()[name]
    bag = bag_of_words_accuracy(name, load_split(name, "train"), load_split(name, "test"))
    assert entry["bag_of_words"] == pytest.approx(bag, abs=0.01)
    assert entry["accuracy"] >= bag + 0.15


def test_the_student_lands_where_its_course_needs_it():
    card = read_card()
    assert 0.45 <= card["nano_svamp"]["accuracy"] <= 0.90
    for name in ("nano_esnli", "nano_cqa"):
        assert card[name]["accuracy"] >= card[name]["chance"] + 0.15, name


def strings_in(value):
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


def test_records_hold_no_path_of_a_machine(records):
    texts = list(strings_in([records, read_card()]))
    assert "nano_svamp" in texts
    assert not [text for text in texts if "/" in text or "\\" in text]


def test_records_say_what_they_were_made_with(records):
    for record in records:
        assert set(record["hardware"]) == {"processor", "cores", "threads", "device"}
        assert record["versions"].keys() >= {"torch", "transformers", "python"}
        assert record["git_commit"]
