"""The teacher's guide speaks of every exercise, of chapters that are there, and of the time there is."""

import re

import jupytext
import pytest

from mi_cot_lib.course.checks import CHECKS
from mi_cot_lib.course.exercises import MASTER, exercises_folder

GUIDE = exercises_folder().parent / "teaching.md"
TEXT = GUIDE.read_text(encoding="utf-8")


def section(heading):
    """Return a section's text, up to the next of its level."""
    (found,) = re.findall(
        rf"^## {re.escape(heading)}.*?$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL
    )
    return found


def rows(text):
    """Return the cells of each row of the tables in a text, without headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [one for one in cells if not set("".join(one)) <= set("-: ")]


def minutes_of():
    """Return what each exercise's master says of its minutes."""
    cells = [
        cell
        for path in (exercises_folder() / MASTER).glob("*.md")
        for cell in jupytext.read(path).cells
    ]
    return {
        cell.metadata["exercise"]: cell.metadata["minutes"]
        for cell in cells
        if "exercise" in cell.metadata
    }


def test_the_chapters_and_notebooks_that_it_names_exist():
    links = re.findall(r"\]\(([\w/]+\.ipynb)\)", TEXT)
    assert {link for link in links if not (GUIDE.parent / link).is_file()} == set()
    chapters = {path.name for path in GUIDE.parent.glob("*.ipynb")}
    assert chapters <= set(links)
    asked = {f"exercises/{path.name}" for path in exercises_folder().glob("*.ipynb")}
    assert asked <= set(links)


def test_every_exercise_has_what_goes_wrong_with_why_and_a_question():
    told = [row for row in rows(section("What goes wrong")) if row[0] != "exercise"]
    named = [row[0].strip("`") for row in told if row[0]]
    assert sorted(named) == sorted(CHECKS)
    assert all(len(row) == 4 and all(row[1:]) and row[3].endswith("?") for row in told)


def test_a_headings_exercises_are_those_of_its_notebook():
    for stem, part in re.findall(
        r"^### \[.*\]\(exercises/(\w+)\.ipynb\)$(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL
    ):
        master = jupytext.read(exercises_folder() / MASTER / f"{stem}.md")
        asked = [x.metadata["exercise"] for x in master.cells if "exercise" in x.metadata]
        named = [row[0].strip("`") for row in rows(part) if row[0] not in ("", "exercise")]
        assert named == asked


@pytest.mark.parametrize(("heading", "total"), [("90 minutes", 90), ("Half a day", 240)])
def test_a_plan_takes_its_time_and_gives_each_exercise_what_its_master_asks(heading, total):
    plan = [row for row in rows(section(heading)) if row[0].isdigit()]
    assert sum(int(row[0]) for row in plan) == total
    minutes = minutes_of()
    asked = {row[2].strip("`"): int(row[0]) for row in plan if row[2]}
    assert len(asked) >= 3 and asked == {name: minutes[name] for name in asked}


def test_headings_of_chapters_that_the_plans_stop_at_are_there():
    titles = re.findall(r"“([^”]+)” is (?:on the screen|understood)", TEXT)
    titles += re.findall(r"sliders of “([^”]+)”", TEXT)
    assert len(titles) >= 5
    chapters = "\n".join(path.read_text("utf-8") for path in GUIDE.parent.glob("*.ipynb"))
    assert [title for title in titles if f"# {title}\\n" not in chapters] == []


def test_questions_come_with_answers_and_the_rubric_adds_up():
    questions = re.split(r"^\d+\. ", section("Questions"), flags=re.MULTILINE)[1:]
    assert 8 <= len(questions) <= 10
    for question in questions:
        assert re.match(r"\*\*.+\?\*\*\s.{80,}", question, re.DOTALL), question
    rubric = section("Final project").split("### Rubric")[1]
    assert sum(int(percent) for percent in re.findall(r"\| (\d+)% \|", rubric)) == 100
