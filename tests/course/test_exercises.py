"""Exercises and solutions are what their masters make, are of a learner's size, and each has its check."""

import nbformat
import pytest

from mi_cot_lib.course import checks
from mi_cot_lib.course.exercises import (
    FOLDED_SOLUTION,
    MASTER,
    SOLUTIONS,
    build,
    build_all,
    exercises_folder,
    without_outputs,
)
from mi_cot_lib.errors import DataError

FOLDER = exercises_folder()
MADE = build_all(FOLDER)
NOTEBOOKS = pytest.mark.parametrize(
    "path", MADE, ids=lambda path: f"{path.parent.name}/{path.stem}"
)


def texts(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


@NOTEBOOKS
def test_a_committed_notebook_is_what_its_master_makes(path):
    assert without_outputs(nbformat.read(path, as_version=4)) == without_outputs(MADE[path])


def test_there_is_no_notebook_without_a_master_and_no_check_without_an_exercise():
    there = {*FOLDER.glob("*.ipynb"), *(FOLDER / SOLUTIONS).glob("*.ipynb")}
    assert there == MADE.keys()
    for folder in (FOLDER, FOLDER / SOLUTIONS):
        asked = [
            cell.metadata["exercise"]
            for path, notebook in MADE.items()
            if path.parent == folder
            for cell in notebook.cells
            if "exercise" in cell.metadata
        ]
        assert sorted(asked) == sorted(checks.CHECKS)


@NOTEBOOKS
def test_an_exercise_is_not_written_yet_and_a_solution_passes(path):
    said = [
        output.data["text/plain"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "data" in output and cell.source.startswith("checks.")
    ]
    marks = {"✓"} if path.parent.name == SOLUTIONS else {"✗"}
    assert said and {text[0] for text in said} == marks
    assert marks == {"✓"} or all("not written yet" in text for text in said)


@NOTEBOOKS
def test_what_is_read_is_short(path):
    words = [
        len(text.split("<summary>Solution")[0].split()) for text in texts(MADE[path], "markdown")
    ]
    assert sum(words) / len(words) <= 90 and max(words) <= 220
    assert all(len(text.splitlines()) <= 25 for text in texts(MADE[path], "code"))


def test_an_exercise_shows_hints_what_to_see_and_the_solution_with_its_reason_all_folded():
    exercise = MADE[FOLDER / "02_student_and_two_tasks.ipynb"]
    cells = {cell.metadata.get("exercise"): place for place, cell in enumerate(exercise.cells)}
    place = cells["max_pool"]
    asked, check, solution = (exercise.cells[place + step] for step in (-1, 1, 2))
    assert "Difficulty ●●○○○ (2 of 5) · importance ●●●●● (5 of 5) · 10 minutes" in asked.source
    assert (
        all(f"<summary>Hint {n}</summary>" in asked.source for n in (1, 2))
        and "You should see" in asked.source
    )
    assert check.source == "checks.max_pool(max_pool)"
    assert solution.metadata["tags"] == [FOLDED_SOLUTION]
    assert "<summary>Solution</summary>" in solution.source and "amax(1)" in solution.source
    assert "who shares its batch" in solution.source and "who shares its batch" not in asked.source
    assert "amax" not in exercise.cells[place].source


def test_an_exercise_without_a_solution_is_refused(tmp_path):
    master = tmp_path / MASTER / "01_x.md"
    master.parent.mkdir()
    text = (FOLDER / MASTER / "11_measuring_mi.md").read_text(encoding="utf-8")
    master.write_text(text.replace(":tags: [solution]", ":tags: [other]"), encoding="utf-8")
    with pytest.raises(DataError, match=r"01_x\.md, exercise infonce: no cell is tagged solution"):
        build(master)
