"""The course holds together: its links, how chapters open and close, and how short their code is."""

import ast
import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
_LINK = re.compile(r"\]\((?P<notebook>[\w-]+\.ipynb)?(?:#(?P<heading>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)


# Lines of a cell's imports, and of a function: as many as a picture needs.
MOST_IMPORTS, MOST_LINES = 12, 12


def sources(name: str, kind: str) -> list[str]:
    cells = json.loads((NOTEBOOKS / name).read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def prose(name: str) -> list[str]:
    return sources(name, "markdown")


def trees(name: str) -> list[ast.Module]:
    return [ast.parse(text.replace("%matplotlib inline", "")) for text in sources(name, "code")]


def lines_of(nodes: list[ast.stmt]) -> int:
    return sum((node.end_lineno or 0) - node.lineno + 1 for node in nodes)


def functions(name: str) -> list[ast.FunctionDef]:
    nodes = (node for tree in trees(name) for node in ast.walk(tree))
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


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


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_opens_with_its_question_and_closes_with_what_was_shown(name):
    first, *rest = prose(name)
    for word in ("**Question.**", "**You need**", "**Time**"):
        assert word in first, word
    (closing,) = [text for text in rest if "## Shown, and not shown" in text]
    assert "**Shown**" in closing and "**Not shown**" in closing


@pytest.mark.parametrize("name", NAMES)
def test_a_chapters_code_is_short(name):
    for tree in trees(name):
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert lines_of(imports) <= MOST_IMPORTS, ast.unparse(imports[0])
    for function in functions(name):
        assert lines_of([function]) <= MOST_LINES, function.name


def test_no_function_is_defined_in_two_chapters():
    names = [function.name for name in NAMES for function in functions(name)]
    assert len(names) == len(set(names)), sorted(names)


@pytest.mark.parametrize("name", NAMES)
def test_controls_stand_with_what_they_show_by_default(name):
    cells = json.loads((NOTEBOOKS / name).read_text("utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code" and "controlled(" in "".join(cell["source"]):
            (bundle,) = [output["data"] for output in cell["outputs"] if "data" in output]
            assert bundle.keys() & {"image/png", "text/html"}, "".join(cell["source"])
