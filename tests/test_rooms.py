"""A room of the library imports only from rooms before it in the order; the checker is itself checked."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import mi_cot_lib

PACKAGE = Path(__file__).resolve().parents[1] / "mi_cot_lib"
ROOMS = [
    "data", "student", "objective", "training", "evaluation", "report", "experiments", "course",
]  # fmt: skip
# What sees everything: the command line and the package's public names.
ABOVE_THE_ROOMS = {"__init__", "cli", "cli_class", "cli_options", "cli_paper", "cli_student"}
LEAVES = {"errors", "machine", "files"}
# What a leaf, and the room that stands beside the row, may import of the library.
ALONE = {
    "errors": {"errors"},
    "machine": {"machine", "errors"},
    "files": {"files", "errors"},
    "measure": {"measure", "errors"},
}
_NETWORKS = {"student", "objective", "training", "evaluation", "experiments", "course"}
# A third-party library and the only rooms that may import it.
ONLY_IN = {
    "torch": _NETWORKS | {"machine", "measure"},
    "transformers": _NETWORKS,
    "matplotlib": {"report", "course"},
    "seaborn": {"report"},
    "papermill": {"experiments"},
    "distributed": {"experiments"},
    "ray": {"experiments"},
    "ipywidgets": {"course"},
    "playwright": {"course"},
}
MOST_MODULES = 12


def imported_names(source: str, module: tuple[str, ...], is_package: bool):
    """Yield (line, dotted name) of every import in a source text, relative ones resolved."""
    package = module if is_package else module[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            stem = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                yield node.lineno, f"{stem}.{alias.name}"


def allowed_of(room: str) -> set[str]:
    """Return what of the library a room may import."""
    if room in ALONE:
        return ALONE[room]
    return {*LEAVES, "measure", *ROOMS[: ROOMS.index(room) + 1]}


def violations(source: str, relative: Path) -> list[str]:
    """Say file:line of every import that breaks the order; `relative` starts at the package."""
    parts = relative.with_suffix("").parts
    room = parts[0]
    if room in ABOVE_THE_ROOMS:
        return []
    is_package = parts[-1] == "__init__"
    module = ("mi_cot_lib", *(parts[:-1] if is_package else parts))
    found = []
    for line, name in imported_names(source, module, is_package):
        top, _, rest = name.partition(".")
        if top == "mi_cot_lib":
            target = rest.partition(".")[0]
            if target not in allowed_of(room):
                found.append(f"{relative.as_posix()}:{line}: {room} imports {name}")
        elif room not in ONLY_IN.get(top, {room}):
            found.append(f"{relative.as_posix()}:{line}: {room} imports {top}")
    return found


def test_no_room_imports_from_one_after_it():
    sources = sorted(PACKAGE.rglob("*.py"))
    assert sources
    found = [
        line for path in sources for line in violations(path.read_text(), path.relative_to(PACKAGE))
    ]
    assert not found, "\n".join(found)


def test_every_folder_is_a_room_and_every_module_beside_them_a_leaf_or_above_them():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == {*ROOMS, "measure"}
    assert {path.stem for path in PACKAGE.glob("*.py")} == LEAVES | ABOVE_THE_ROOMS


def test_no_folder_holds_more_than_twelve_modules():
    found = Counter(
        path.parent.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.stem != "__init__"
    )
    assert {folder: n for folder, n in found.items() if n > MOST_MODULES} == {}


@pytest.mark.parametrize("room", ["data", "report"])
def test_a_room_without_torch_loads_without_it(room):
    modules = [
        ".".join(("mi_cot_lib", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in sorted((PACKAGE / room).rglob("*.py"))
    ]
    code = f"import sys, {', '.join(modules)}\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("file", "source", "line"),
    [
        ("data/a.py", "def f():\n    import torch\n", 2),
        ("data/a.py", "import numpy\nimport torch.nn.functional as F\n", 2),
        ("data/a.py", "from mi_cot_lib import student\n", 1),
        ("data/worlds/a.py", "\n\nfrom ...objective import mi\n", 3),
        ("data/__init__.py", "from ..student import load\n", 1),
        ("training/a.py", "import matplotlib.pyplot as plt\n", 1),
        ("errors.py", "from mi_cot_lib.data.specs import DATASETS\n", 1),
        ("experiments/a.py", "from mi_cot_lib.course.widgets import controlled\n", 1),
        ("measure/a.py", "from mi_cot_lib.files import write_json\n", 1),
    ],
)
def test_checker_says_file_and_line_of_a_broken_rule(file, source, line):
    (message,) = violations(source, Path(file))
    assert message.startswith(f"{file}:{line}: ")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("training/a.py", "from mi_cot_lib.objective.mi import mi_loss\nimport torch\n"),
        ("data/worlds/a.py", "from ..example import Example\nfrom mi_cot_lib.errors import x\n"),
        ("course/theory/a.py", "from mi_cot_lib.report.pictures.canvas import new_figure\n"),
        ("cli.py", "from mi_cot_lib.experiments import x\n"),
        ("machine.py", "from mi_cot_lib.errors import DataError\n"),
    ],
)
def test_checker_accepts_what_the_order_allows(file, source):
    assert violations(source, Path(file)) == []


@pytest.mark.parametrize("name", mi_cot_lib.__all__)
def test_a_public_name_loads(name):
    assert getattr(mi_cot_lib, name).__name__ == name
