"""The course holds together: its links, how chapters open and close, and how short their code is."""

import ast
import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
CHAPTERS = [name for name in NAMES if name[0].isdigit()]
_LINK = re.compile(r"\]\((?P<notebook>[\w-]+\.ipynb)?(?:#(?P<heading>[^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)


# Lines of a cell's imports, and of a function: as many as a picture needs.
MOST_IMPORTS, MOST_LINES = 12, 12
# Lines of a cell of code; words of a cell of text on average, what is folded away not counted.
MOST_CODE, MOST_WORDS = 25, 60
_FOLDED = re.compile("<details>.*?</details>", re.DOTALL)


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


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opens_with_its_question_and_closes_with_what_was_shown(name):
    first, *rest = prose(name)
    for word in ("**Question.**", "**Afterwards you can**", "**You need**", "**Time**"):
        assert word in first, word
    closing = "\n\n".join(rest)[-4_000:]
    places = [
        closing.index(part)
        for part in ("## Shown, and not shown", "**Shown**", "**Not", "**Keep**", "## Exercises")
    ]
    assert places == sorted(places)
    keep = closing[places[-2] : places[-1]]
    assert re.findall(r"^(\d)\. ", keep, re.MULTILINE) == ["1", "2", "3"]


def test_the_first_chapter_tells_how_long_each_takes():
    (table,) = [text for text in prose(CHAPTERS[0]) if "| minutes |" in text]
    rows = re.findall(
        r"^\| \[?(\d\d).* \| (\d+) \| (?:\[(\d+)\]\(.+\), (\d+))? ?\|$", table, re.MULTILINE
    )
    told = {chapter: minutes for chapter, minutes, *_ in rows}
    for chapter, _, *exercises in rows:
        asked = [
            int(one)
            for master in (NOTEBOOKS / "exercises" / "master").glob(f"{chapter}*.md")
            for one in re.findall(r'"minutes": (\d+)', master.read_text("utf-8"))
        ]
        assert exercises == ([str(len(asked)), str(sum(asked))] if asked else ["", ""]), chapter
    assert told == {
        name[:2]: re.search(r"\*\*Time\*\*: (\d+)\s+minutes", prose(name)[0])[1]
        for name in CHAPTERS
    }


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_leads_to_its_exercises(name):
    if (NOTEBOOKS / "exercises" / name).exists():
        assert any(f"](exercises/{name})" in text for text in prose(name)[-4:])


@pytest.mark.parametrize("name", NAMES)
def test_texts_and_cells_of_code_are_short(name):
    words = [len(_FOLDED.sub("", text).split()) for text in prose(name)]
    assert sum(words) / len(words) <= MOST_WORDS
    assert all(len(text.splitlines()) <= MOST_CODE for text in sources(name, "code"))


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_sentence_of_a_chapter_is_the_papers_and_ours_at_once(name):
    """A quotation stands in a block of its own and says where in the paper it is."""
    for text in prose(name):
        for block in re.findall(r"(?:^>.*\n?)+", text, re.MULTILINE):
            assert re.search(r"\*\(.+\)\*|— \*.+\*", block), block


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_learner_moves_or_changes_something_every_ten_minutes(name):
    code, text = "\n".join(sources(name, "code")), "\n".join(prose(name))
    moved = re.findall(r"course\.(?:widgets|evidence)\S* import|controlled\(", code)
    changed = re.findall(r"\*\*Change|\b(?:Change|Move) (?:`|the\b|it\b)|\bRaise ", text)
    (minutes,) = re.findall(r"\*\*Time\*\*:\s+(\d+)", text)
    assert len(moved) + len(changed) >= int(minutes) // 10


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_picture_has_words(name):
    cells = json.loads((NOTEBOOKS / name).read_text("utf-8"))["cells"]
    for output in (one for cell in cells for one in cell.get("outputs", ())):
        data = output.get("data", {})
        assert "image/png" not in data, "a picture is shown as a Picture, which has words"
        for picture in re.findall("<img[^>]*>", "".join(data.get("text/html", ""))):
            assert re.search('alt="[^"]{20,}"', picture)


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
        if cell["cell_type"] == "code" and re.search(
            "controlled[(]|course.widgets import", "".join(cell["source"])
        ):
            (bundle,) = [output["data"] for output in cell["outputs"] if "data" in output]
            assert "text/html" in bundle, "".join(cell["source"])


@pytest.mark.parametrize("name", NAMES)
def test_no_state_of_controls_is_kept_which_a_page_could_show_with_a_network_only(name):
    assert "widgets" not in json.loads((NOTEBOOKS / name).read_text("utf-8"))["metadata"]
