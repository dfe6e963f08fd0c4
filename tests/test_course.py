"""The course holds together: every link from notebook to notebook leads to a heading that is there."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
_LINK = re.compile(r"\]\((?P<notebook>[\w-]+\.ipynb)?(?:#(?P<heading>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)


def prose(name: str) -> list[str]:
    cells = json.loads((NOTEBOOKS / name).read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def headings(name: str) -> set[str]:
    """Return a notebook's headings as JupyterLab and nbconvert name them in links."""
    return {found.replace(" ", "-") for text in prose(name) for found in _HEADING.findall(text)}


@pytest.mark.parametrize("name", NAMES)
def test_links_between_notebooks_lead_to_their_headings(name):
    for text in prose(name):
        for link in _LINK.finditer(text):
            target = link["notebook"] or name
            assert target in NAMES, f"{name}: {link[0]}"
            if link["heading"]:
                assert link["heading"] in headings(target), f"{name}: {link[0]}"


def test_every_disagreement_of_the_released_code_leads_to_the_cells_that_show_it():
    (table,) = [text for text in prose("00_start_here.ipynb") if "| 1 | " in text]
    rows = re.findall(r"^\| (\d+) \|.*\| (.+) \|$", table, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 15))
    assert all(_LINK.search(shown) for _, shown in rows)
