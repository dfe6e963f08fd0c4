"""Exercises in a real JupyterLab: a solution that is pasted passes, a wrong answer gets its message."""

import re

import nbformat
import pytest

from mi_cot_lib.course import checks
from mi_cot_lib.course.classroom.handout import handed_out
from mi_cot_lib.course.classroom.pages import PAGES
from mi_cot_lib.course.exercises import SOLUTIONS, exercises_folder
from mi_cot_lib.course.seen.lab import running_lab

FOLDER = exercises_folder()
# A wrong answer, and what its message holds, where the check judges answers instead of knowing wrong ways.
JUDGED = {
    "faults": ("def faults():\n    return {2, 3, 13}", "Line 3 is right"),
    "fooled": ("def fooled():\n    return np.eye(2), np.eye(2)", "sum to 1"),
}


def answers(path):
    """Return a notebook's answers: by exercise, the source of its cell."""
    cells = nbformat.read(path, as_version=4).cells
    return {cell.metadata["exercise"]: cell.source for cell in cells if "exercise" in cell.metadata}


def paste(page, place, source):
    page.locator(f".jp-Notebook .jp-Cell:nth-child({place + 1}) .cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def misconception(exercise):
    """Return an answer that takes a known wrong way, and the message that names it."""
    source = f"{exercise} = checks.CHECKS['{exercise}'].misconceptions[0].answer"
    return source, checks.CHECKS[exercise].misconceptions[0].message


def verdicts(cells):
    """Return what checks said, by exercise."""
    said = {}
    for cell in cells:
        if named := re.fullmatch(r"checks\.(\w+)\(\w+\)", cell["source"].strip()):
            (output,) = cell["outputs"]
            said[named[1]] = output["data"]["text/plain"]
    return said


@pytest.mark.parametrize("name", [path.name for path in sorted(FOLDER.glob("*.ipynb"))])
def test_a_pasted_solution_passes_and_a_wrong_answer_gets_its_message(lab, watch, name):
    page = watch(lab.url, viewport={"width": 1280, "height": 900}).page
    places = {
        cell["metadata"]["exercise"]: place
        for place, cell in enumerate(nbformat.read(FOLDER / name, as_version=4).cells)
        if "exercise" in cell["metadata"]
    }
    with lab.opened(page, f"exercises/{name}"):
        for exercise, source in answers(FOLDER / SOLUTIONS / name).items():
            paste(page, places[exercise], source)
        said = verdicts(lab.run_all(page))
        assert said.keys() == places.keys() and all(text.startswith("✓") for text in said.values())
        # What is seen says so too.
        assert page.get_by_text("✓ right").count() == len(places)

        wrong = {one: JUDGED.get(one) or misconception(one) for one in places}
        for exercise, (source, _) in wrong.items():
            paste(page, places[exercise], source)
        said = verdicts(lab.run_all(page))
        for exercise, (_, message) in wrong.items():
            assert said[exercise].startswith("✗") and message in said[exercise]
        assert page.get_by_text("✗ not yet").count() == len(places)


def test_a_handed_out_link_leads_to_the_chapter_in_its_style(watch, tmp_path):
    (tmp_path / "01_data.html").write_text('<link rel="stylesheet" href="a.css"><p>the chapter')
    (tmp_path / "a.css").write_text("p { color: rgb(1, 2, 3) }")
    script = PAGES.get_template("setup.sh.jinja").render(first="01_data.ipynb", has_book=True)
    (option,) = re.findall(r"(--\S+=)book", script)
    with running_lab(tmp_path, f"{option}{tmp_path}") as lab:
        nbformat.write(handed_out(with_book=True)["01_data.ipynb"], lab.folder / "given.ipynb")
        page = watch(lab.url).page
        with lab.opened(page, "given.ipynb"):
            with page.expect_popup() as opened:
                page.get_by_role("link", name="01", exact=True).click()
            text = opened.value.get_by_text("the chapter")
            assert text.evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
