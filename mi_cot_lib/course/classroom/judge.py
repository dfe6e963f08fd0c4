"""Runs one notebook and judges its exercises: a program of its own, which `apart` starts.

    python -m mi_cot_lib.course.classroom.judge NOTEBOOK FILE_NUMBER MEMORY_GB EXERCISE...

It tells what it does and finds as lines of JSON in the open file of that number.
"""

import json
import os
import re
import resource
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from mi_cot_lib.course.checks import CHECKS
from mi_cot_lib.course.checks.check import Check, Verdict
from mi_cot_lib.machine import address_space

Tell = Callable[..., None]
_GIB = 1 << 30
# Largest file that may be written.
_LARGEST_FILE = _GIB
# Left to the judge where a notebook has used up what it may.
_RESERVE = _GIB // 2
# A line of a cell that only calls checks: the kit calls its own.
_CHECK = re.compile(r"\s*(checks\.\w+\(.*\).*)?")
_SHOWN, _TOLD = 60, 300
_UNREADABLE = (
    "The file cannot be read as a notebook. Open it in JupyterLab, save it, and hand it in anew."
)


class _Shell(InteractiveShell):
    def enable_gui(self, gui: str | None = None) -> None:
        """Open no window: `%matplotlib` asks for one."""


def main() -> None:
    """Judge as the command line says."""
    notebook, number, memory, *names = sys.argv[1:]
    # Looked up now: what a learner does to the module of checks later changes nothing here.
    wanted = [CHECKS[name] for name in names]
    file = int(number)

    def tell(**said: Any) -> None:
        os.write(file, (json.dumps(said) + "\n").encode())

    _limit(float(memory))
    tell(at="reading it")
    cells = code_of(Path(notebook).read_bytes())
    if cells is None:
        for check in wanted:
            tell(exercise=check.name, passed=False, message=_UNREADABLE)
        return
    namespace, broken = run_cells(cells, tell)
    _use_reserve()
    for check in wanted:
        tell(at=f"trying {check.name}")
        verdict = judge(check, namespace, broken)
        tell(exercise=verdict.exercise, passed=verdict.passed, message=verdict.message)


def code_of(content: bytes) -> list[tuple[str, str]] | None:
    """Return the code of a notebook's cells, each with its exercise or an empty name; None if it is none.

    Read by hand: nbformat would take a second to load, for each notebook of a class.
    """
    try:
        return [
            ("".join(cell["source"]), str(cell["metadata"].get("exercise", "")))
            for cell in json.loads(content)["cells"]
            if cell["cell_type"] == "code"
        ]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def run_cells(
    cells: Sequence[tuple[str, str]], tell: Tell
) -> tuple[dict[str, Any], dict[str, str]]:
    """Run a notebook's code as Jupyter would, but for its check cells; go on after an error.

    Returns what the notebook has defined, and by name of an exercise what its cell raised.
    """
    shell = _Shell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    broken = {}
    for source, exercise in cells:
        if all(map(_CHECK.fullmatch, source.splitlines())):
            continue
        opening = _short(source.strip().partition("\n")[0], _SHOWN)
        tell(at=f"running the cell that begins with `{opening}`")
        done = shell.run_cell(source)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            tell(note=f"The cell that begins with `{opening}` raised {_named(error)}.")
            broken[exercise] = _named(error)
    return shell.user_ns, broken


def judge(check: Check, namespace: dict[str, Any], broken: dict[str, str]) -> Verdict:
    """Try the function of an exercise's name; what is not there, or leaves the check, is told."""
    if check.name not in namespace:
        why = (
            f"its cell raised {broken[check.name]}."
            if check.name in broken
            else "its cell was deleted, or it has another name."
        )
        return Verdict(check.name, False, f"The notebook defines no `{check.name}`: {why}")
    try:
        return check(namespace[check.name])
    except BaseException as error:  # A learner's function may raise what no check expects.
        return Verdict(check.name, False, f"It raised {_named(error)}.")


def _named(error: BaseException) -> str:
    return _short(traceback.format_exception_only(error)[-1], _TOLD)


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most] + "…"


def _limit(gigabytes: float) -> None:
    """Hold memory beyond what the kit has taken itself, and files, to what is allowed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    taken = address_space()
    if taken is not None:
        most = taken + int(gigabytes * _GIB)
        resource.setrlimit(resource.RLIMIT_AS, (most, most + _RESERVE))


def _use_reserve() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
