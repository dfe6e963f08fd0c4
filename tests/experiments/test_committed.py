"""What is committed is of the current data, students and settings, and says what its records say."""

import dataclasses
import json

import pytest
from bs4 import BeautifulSoup

from mi_cot_lib.data.load import load_split
from mi_cot_lib.experiments.asked.item import NANO, REAL_SMALL, STORY
from mi_cot_lib.experiments.asked.items import FIRST, ITEMS, items_of
from mi_cot_lib.experiments.asked.presets import PRESETS
from mi_cot_lib.experiments.asked.wanted import runs_of, wanted_of
from mi_cot_lib.experiments.page import END, PAGE, SECTIONS
from mi_cot_lib.experiments.records import find
from mi_cot_lib.experiments.request import request_of
from mi_cot_lib.experiments.student_card import bag_of_words_accuracy, card_configs, card_path
from mi_cot_lib.machine import repository_root
from mi_cot_lib.report.cells.accuracy import recall_cells
from mi_cot_lib.report.export import to_object
from mi_cot_lib.report.text import interval
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import results_folder

BUILT_IN = PRESETS[NANO]
ITEMS_OF = [(preset, item.id) for preset in SECTIONS for item in items_of(preset)]
# Quickly made; all others are made by the same function.
CHEAP = [
    *((NANO, item) for item in ("table3", "table5", "figure5", "question5", "information")),
    *((REAL_SMALL, item) for item in ("real", "folds", "table6")),
]
# All but the story of one data set, which is what was declared of all.
ON_PAGE = [(preset, item) for preset, item in ITEMS_OF if ITEMS[item].kind != STORY]


@pytest.fixture(scope="module")
def requested(tmp_path_factory, known):
    """Look at what is committed only, not at what was run in this checkout."""

    def of(preset):
        request = request_of(preset, runs=tmp_path_factory.mktemp("no-runs"))
        return dataclasses.replace(request, places=dataclasses.replace(request.places, now=known))

    return {preset: of(preset) for preset in SECTIONS}


@pytest.fixture(scope="module")
def recorded(requested):
    return requested[NANO]


def kept_of(preset, item):
    """Return what is committed of an item."""
    return json.loads((folder_of(preset) / f"{item}.json").read_text(encoding="utf-8"))


def folder_of(preset):
    return repository_root() / "figures" / "paper" / preset


def needed_of(*presets):
    """Return the names of the runs that the items of some presets need."""
    return {
        one.run_name
        for preset in presets
        for item in items_of(preset)
        for one in runs_of(item, PRESETS[preset])
    }


def test_results_hold_a_record_of_each_run_that_an_item_needs_and_no_other():
    assert {path.stem for path in results_folder().iterdir()} == needed_of(*SECTIONS)


@pytest.mark.parametrize(("preset", "item"), ITEMS_OF)
def test_every_record_is_of_the_current_data_students_and_settings(preset, item, requested):
    found = find(ITEMS[item], PRESETS[preset], requested[preset].places)
    assert found.missing == {}
    # Real data, and a student that was fetched, need not be here.
    assert found.unchecked == set() or not PRESETS[preset].is_built_in


def test_records_are_small_and_say_what_they_were_made_with():
    for path in results_folder().iterdir():
        assert path.stat().st_size < 150_000, path.name
        text = path.read_text(encoding="utf-8")
        record = json.loads(text)
        assert record["config"]["data_root"] is None and record["git_commit"]
        assert set(record["hardware"]) == {"processor", "cores", "threads", "device"}
        assert record["versions"].keys() >= {"torch", "transformers", "python"}


def records_of(*items):
    """Return the committed records of some items, each once."""
    names = {one.run_name for item in items for one in runs_of(ITEMS[item], BUILT_IN)}
    return [
        json.loads((results_folder() / f"{name}.json").read_text("utf-8")) for name in sorted(names)
    ]


def test_few_runs_of_table_1_reached_the_cap_while_they_still_gained():
    records = records_of("table1")
    unfinished = [one["run"] for one in records if not one["metrics"]["converged"]]
    assert len(unfinished) <= 0.05 * len(records), unfinished


@pytest.mark.parametrize("item", ["table1", "table2"])
def test_students_of_tables_1_and_2_know_each_label(item, recorded):
    made = recorded.result(item)
    cells = recall_cells(made.runs, made.golds)
    # On both inference sets four methods.
    assert len(cells) == 8 and (cells["least"] >= 60).all() and not cells["unknown"].any()


def test_rationales_help_on_three_sets_and_those_of_other_questions_keep_less_than_half(recorded):
    gains = {
        (one.setting.dataset, one.setting.change): one
        for one in recorded.result("declared").declared.itertuples()
        if one.setting.split == "test" and one.setting.method == "dss"
        if (one.against.method, one.against.steps) == ("finetune", None)
    }
    helped = []
    for dataset in BUILT_IN.datasets.values():
        gain, left = (gains[dataset, change] for change in ("none", "other_rationales"))
        if gain.difference >= 3 and gain.low > 0 and left.difference < gain.difference / 2:
            assert gain.seeds == left.seeds >= 10
            helped.append(dataset)
    assert len(helped) >= 3, helped


@pytest.mark.parametrize(("preset", "item"), CHEAP)
def test_a_committed_item_is_what_its_records_make(preset, item, requested):
    kept = kept_of(preset, item)
    assert kept == to_object(requested[preset].result(item), kept["files"])
    assert all((folder_of(preset) / name).is_file() for name in kept["files"])


@pytest.mark.parametrize(("preset", "item"), ON_PAGE)
def test_a_committed_item_is_whole_and_has_the_presets_seeds(preset, item):
    kept = kept_of(preset, item)
    assert kept["missing"] == {} and kept["preset"] == preset
    assert kept["cost"]["Runs"] == f"{len(runs_of(ITEMS[item], PRESETS[preset])):,}"
    # The teacher's texts have no seeds; a correlation has those in which both sides vary.
    cells = [one for one in kept["cells"] if one["setting"]["method"] != "teacher"]
    seeds = {one.get("of_seeds", one["seeds"]) for one in cells}
    repetitions = {}
    for one in wanted_of(ITEMS[item], PRESETS[preset]):
        repetitions.setdefault(one.setting, set()).add(one.repetition)
    # A case study has runs to show, and no cells.
    wanted = {len(own) for own in repetitions.values()} if kept["measure"] != "cases" else set()
    assert seeds == wanted


@pytest.mark.parametrize("preset", SECTIONS)
def test_page_and_readme_show_what_is_committed(preset):
    shown = SECTIONS[preset]
    page = (folder_of(preset) / PAGE).read_text(encoding="utf-8")
    readme = (repository_root() / "README.md").read_text(encoding="utf-8")
    section = readme.split(shown.start)[1].split(END)[0]
    for item in (item for of, item in ON_PAGE if of == preset):
        assert f'id="{item}"' in page, item
    first = kept_of(preset, shown.first)
    answered = BeautifulSoup(page, "html.parser").find(id=shown.first).get_text()
    assert first["answer"][0] in answered
    unwrapped = " ".join(section.split())
    assert all(one in unwrapped for one in first["answer"][: len(first["primary"]) or None])


def test_readme_shows_on_every_data_set_and_split_what_answers_one_of_the_three_questions():
    readme = (repository_root() / "README.md").read_text(encoding="utf-8")
    section = readme.split(SECTIONS[NANO].start)[1].split(END)[0]
    comparisons = kept_of(NANO, FIRST)["comparisons"]
    shown = [one for one in comparisons if one["declared"] and one["question"]]
    assert len(shown) == 24
    assert all(interval(*one["interval"], 1, signed=True) in section for one in shown)


def test_the_student_card_is_of_the_current_data_student_and_settings(known):
    card = json.loads(card_path().read_text(encoding="utf-8"))
    assert [entry["run"] for entry in card.values()] == [one.run_name for one in card_configs()]
    for name, entry in card.items():
        now = known.of(RunConfig(dataset=name))
        assert {key: entry[key] for key in now} == now, name
        # Well above a bag of words, and where its course needs it.
        assert max(entry["bag_of_words"], entry["chance"]) + 0.15 <= entry["accuracy"] <= 0.97
        # Fitted in seconds; equations and choices take a minute.
        if name in ("nano_esnli", "nano_anli"):
            bag = bag_of_words_accuracy(name, load_split(name, "train"), load_split(name, "test"))
            assert entry["bag_of_words"] == pytest.approx(bag, abs=0.01)
