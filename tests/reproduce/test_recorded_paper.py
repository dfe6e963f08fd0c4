"""The committed tables and figures are of the committed records, and those of the current kit."""

import json

import pytest

from mi_cot_lib.environment import repository_root
from mi_cot_lib.reproduce.grid import runs_of
from mi_cot_lib.reproduce.paper import request_of, write_available
from mi_cot_lib.reproduce.paper_grid import ITEMS
from mi_cot_lib.reproduce.paper_readme import END, START, paper_section
from mi_cot_lib.reproduce.paper_runs import find, recorded_folder
from mi_cot_lib.reproduce.presets import PRESETS
from mi_cot_lib.reproduce.question_grid import QUESTIONS

NANO = PRESETS["nano"]
FOLDER = recorded_folder(NANO)
COMMITTED = [item for item in (*ITEMS, *QUESTIONS) if (FOLDER / f"{item}.json").is_file()]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Look at what is committed only, not at what was run in this checkout."""
    nothing = tmp_path_factory.mktemp("no-runs")
    return request_of(NANO, runs=nothing, out=tmp_path_factory.mktemp("out"))


@pytest.fixture(scope="module")
def made(recorded):
    """Make every item once, which takes minutes."""
    items, records, failures = write_available(recorded)
    assert failures == []
    return items, records


@pytest.mark.parametrize("item", COMMITTED)
def test_a_committed_item_is_of_complete_and_current_runs(item, recorded):
    assert find(item, NANO, recorded.places).missing == {}


@pytest.mark.parametrize("item", COMMITTED)
@pytest.mark.usefixtures("made")
def test_a_committed_item_is_what_its_records_make(item, recorded):
    for kind in ("md", "csv", "tex", "json"):
        name = f"{item}.{kind}"
        assert (FOLDER / name).read_text() == (recorded.out / name).read_text(), name
    assert (FOLDER / f"{item}.png").stat().st_size > 10_000


def test_every_question_that_can_be_answered_is_committed(recorded):
    answered = [item for item in QUESTIONS if not find(item, NANO, recorded.places).missing]
    assert [item for item in COMMITTED if item in QUESTIONS] == answered


def test_no_record_is_of_a_run_that_nothing_needs():
    known = {run.run_name for item in [*ITEMS, *QUESTIONS] for run in runs_of(item, NANO)}
    kept = {path.stem.partition("--on-")[0] for path in (FOLDER / "records").glob("*.json")}
    assert kept <= known


def test_records_are_small_and_name_no_place():
    for path in (FOLDER / "records").glob("*.json"):
        assert path.stat().st_size < 150_000, path.name
        assert json.loads(path.read_text())["config"]["data_root"] is None


def test_readme_gives_the_recorded_results(made):
    text = (repository_root() / "README.md").read_text(encoding="utf-8")
    written = text.split(START)[1].split(END)[0]
    if not set(COMMITTED) >= set(ITEMS):
        pytest.skip("README's section is written when every item is recorded")
    assert written == paper_section(*made)


def test_the_report_shows_every_committed_item():
    page = (FOLDER / "report.html").read_text(encoding="utf-8")
    for item in COMMITTED:
        title = json.loads((FOLDER / f"{item}.json").read_text())["title"].replace("'", "&#39;")
        assert title in page, item


def test_seeds_are_as_many_as_the_preset_says():
    for item in COMMITTED:
        cells = json.loads((FOLDER / f"{item}.json").read_text())["numbers"].get("cells", [])
        # The teacher's own rationales have no seeds.
        seeds = {cell["seeds"] for cell in cells if cell["row"] != "gold" and "r" not in cell}
        wanted = NANO.curve_seeds if item in ("figure2", "figure3") else NANO.seeds
        assert all(count >= wanted for count in seeds), item
