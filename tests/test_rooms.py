"""A room of the library imports only from rooms to its left; the checker is itself checked."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "mi_cot_lib"
ROOMS = ["data", "student", "objective", "training", "evaluation", "analysis", "reproduce"]
# What sees everything: the command line and the package's public names.
ABOVE_THE_ROOMS = {"__init__", "cli", "cli_data", "cli_measure", "cli_paper"}
LEAVES = {"errors", "environment"}
# A third-party library and the only rooms that may import it.
ONLY_IN = {
    "torch": {"student", "objective", "training", "evaluation", "analysis", "reproduce"},
    "transformers": {"student", "objective", "training", "evaluation", "analysis", "reproduce"},
    "matplotlib": {"analysis"},
    "seaborn": {"analysis"},
    "papermill": {"reproduce"},
}


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
            allowed = target == room or target in LEAVES
            if room in ROOMS and target in ROOMS:
                allowed = ROOMS.index(target) <= ROOMS.index(room)
            if not allowed:
                found.append(f"{relative.as_posix()}:{line}: {room} imports {name}")
        elif room not in ONLY_IN.get(top, {room}):
            found.append(f"{relative.as_posix()}:{line}: {room} imports {top}")
    return found


def test_no_room_imports_from_its_right():
    sources = sorted(PACKAGE.rglob("*.py"))
    assert sources
    found = [
        line for path in sources for line in violations(path.read_text(), path.relative_to(PACKAGE))
    ]
    assert not found, "\n".join(found)


def test_every_folder_of_the_package_is_a_room():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders - ABOVE_THE_ROOMS == set(ROOMS)


@pytest.mark.parametrize(
    ("file", "source", "line"),
    [
        ("data/a.py", "import json\nfrom mi_cot_lib.training.run import run\n", 2),
        ("data/a.py", "def f():\n    import torch\n", 2),
        ("data/worlds/a.py", "import numpy\nimport torch.nn.functional as F\n", 2),
        ("data/a.py", "from mi_cot_lib import student\n", 1),
        ("data/worlds/a.py", "\n\nfrom ...objective import mi\n", 3),
        ("data/__init__.py", "from ..student import load\n", 1),
        ("objective/a.py", "if True:\n    from mi_cot_lib.evaluation import score\n", 2),
        ("training/a.py", "import matplotlib.pyplot as plt\n", 1),
        ("reproduce/a.py", "import matplotlib\n", 1),
        ("errors.py", "from mi_cot_lib.data.specs import DATASETS\n", 1),
        ("analysis/a.py", "from mi_cot_lib.cli import main\n", 1),
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
        ("data/__init__.py", "from .specs import DATASETS\n"),
        ("analysis/a.py", "from matplotlib.figure import Figure\n"),
        ("cli.py", "from mi_cot_lib.reproduce import x\n"),
        ("environment.py", "from mi_cot_lib.errors import DataError\n"),
    ],
)
def test_checker_accepts_what_the_order_allows(file, source):
    assert violations(source, Path(file)) == []
