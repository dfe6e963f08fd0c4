"""Ids of items stand in one list, sentences in templates, and there are no more lines than there were."""

import ast
from pathlib import Path

import pytest

from mi_cot_lib.experiments.asked.items import ITEMS
from mi_cot_lib.experiments.page import END, START

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mi_cot_lib"
# What is also the name of a part of a record or of a measure, or what a command of its own makes.
OTHER_MEANING = {"architectures", "declared", "information", "methods", "overlap", "real"}
# Where they are listed, and two tables of the paper's own print that a chapter reads.
NAME_ITEMS = {
    *(f"experiments/asked/{name}.py" for name in ("paper", "questions", "comparisons", "items")),
    "course/paper_checks.py",
}
# A sentence is a literal of so many words.
SENTENCE = 8
# What there may be at most, in lines of Python and in modules. They only get fewer.
COURSE = PACKAGE / "course"
MOST = {"mi_cot_lib": (23_560, 180), "mi_cot_lib/course": (8_760, 77), "tests": (20_700, 173)}


def literals(tree: ast.AST, skipped: set[int]):
    """Yield (line, text) of every literal, an f-string as one without what is filled in."""
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values if isinstance(part, ast.Constant)}
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            yield node.lineno, " ".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_reason(node: ast.AST) -> bool:
    """Tell whether a node says why something is refused, or names an item."""
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.FunctionDef):
        return node.name.lstrip("_").startswith("unfit")
    return isinstance(node, ast.keyword) and node.arg in ("title", "question")


def sentences(source: str) -> list[int]:
    """Return the lines of the literals that are sentences, but for docstrings, errors and items."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if _is_docstring(node) or _is_reason(node):
            skipped |= {id(inner) for inner in ast.walk(node)}
    return [
        line
        for line, text in literals(tree, skipped)
        if sum(any(letter.isalpha() for letter in word) for word in text.split()) >= SENTENCE
    ]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 'one two three four five six seven eight'", [1]),
        ("x = f'one two three {y} four five six seven eight'", [1]),
        ("x = f'one two three {y} four five six seven'", []),
        ("def f():\n    '''one two three four five six seven eight'''\n", []),
        ("raise KitError('one two three four five six seven eight')", []),
        ("def unfit(r):\n    return 'one two three four five six seven eight'\n", []),
        ("Item(title='one two three four five six seven eight')", []),
        ("note('one two three four five six seven eight')", [1]),
    ],
)
def test_a_sentence_is_found(source, lines):
    assert sentences(source) == lines


def test_sentences_stand_in_templates_and_data_files():
    found = {}
    for room in ("report", "experiments"):
        for path in sorted((PACKAGE / room).rglob("*.py")):
            if lines := sentences(path.read_text("utf-8")):
                found[path.relative_to(PACKAGE).as_posix()] = lines
    assert found == {}


def test_items_are_named_in_their_list_alone():
    found = [
        f"{path.relative_to(PACKAGE).as_posix()}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in literals(ast.parse(path.read_text("utf-8")), set())
        if text in ITEMS.keys() - OTHER_MEANING
    ]
    assert [one for one in found if one.partition(":")[0] not in NAME_ITEMS] == []


@pytest.mark.parametrize("folder", MOST)
def test_there_are_no_more_lines_and_modules_than_there_were(folder):
    paths = [
        path
        for path in (ROOT / folder).rglob("*.py")
        # What is taught has a number of its own.
        if COURSE not in path.parents or folder != PACKAGE.name
    ]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in paths)
    most_lines, most_modules = MOST[folder]
    assert lines <= most_lines and len(paths) <= most_modules, (lines, len(paths))


def test_readme_says_what_this_is_at_once_and_is_short():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1_000
    assert max(map(len, text.splitlines())) <= 200
    opening = " ".join(text.split()[:120])
    assert all(part in opening for part in ("![", "make reproduce", "make test", "minutes"))
    generated = text[text.index(START) : text.index(END)]
    assert len(generated.splitlines()) <= 40
