"""One notebook run apart from everything else: its own process, folder and limits, and walls where there are.

Walls are namespaces of Linux: without a network, without the class's folder, and with every process that a
notebook started gone at its end. Where the system does not permit them, a notebook runs without.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.machine import PACKAGE_ROOT

_JUDGE = "mi_cot_lib.course.classroom.judge"
# Seconds to load the kit, before a notebook's own time begins.
_LOADING = 120
_LOOK_EVERY = 0.05
# Bytes that are read of what a notebook's run tells, and letters of a message.
_MOST_TOLD, _MOST_SHOWN = 1 << 20, 2_000
_EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
# Covers what is to be hidden, up to "--". The second `unshare` makes the covers fast: who is in a deeper
# namespace cannot take them off.
_COVER = """\
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mount -t tmpfs -o ro none "$1"; else mount --bind /dev/null "$1"; fi || exit 1
    shift
done
shift
exec unshare --user --map-root-user --mount --pid --fork --kill-child "$@"
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a notebook's run may take; a ConfigError where it could take nothing.

    Attributes:
        seconds: From its first cell to its last check.
        memory_gb: Address space beyond what the kit takes itself, in GiB.
    """

    seconds: float = 120.0
    memory_gb: float = 4.0

    def __post_init__(self) -> None:
        for name in ("seconds", "memory_gb"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} must be above 0 and finite.")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a notebook.

    Attributes:
        verdicts: By exercise, whether it passed, and the message.
        notes: What else went wrong, such as a cell that raised.
    """

    verdicts: dict[str, tuple[bool, str]]
    notes: tuple[str, ...]


def has_walls(hidden: Sequence[Path]) -> bool:
    """Tell whether this system permits walls, by running an empty notebook within them.

    Raises:
        KitError: It does not run without them either.
    """
    if os.name != "posix":
        raise KitError(
            "notebooks can be run apart on Linux and macOS only; on Windows, call this in its Linux (WSL)."
        )
    with tempfile.TemporaryDirectory() as place:
        empty = Path(place) / "empty.ipynb"
        empty.write_text(_EMPTY, encoding="utf-8")
        for walls in (hidden, None) if shutil.which("unshare") else (None,):
            told, ended = _run(empty, (), Limits(seconds=_LOADING), walls)
            if told and ended == "":
                return walls is not None
    raise KitError(
        f"`python -m {_JUDGE}` does not run here: is the kit installed whole (`make setup`)?"
    )


def run_apart(
    notebook: Path, exercises: Sequence[str], limits: Limits, hidden: Sequence[Path] | None
) -> Told:
    """Run a copy of a notebook and judge its exercises; whatever it does, every exercise has a verdict.

    `hidden` are the folders and files that it must not see, None where the system permits no walls.
    """
    lines, ended = _run(notebook, exercises, limits, hidden)
    verdicts: dict[str, tuple[bool, str]] = {}
    notes, place = [], "loading the kit"
    for line in lines:
        if isinstance(line.get("at"), str):
            place = line["at"]
        elif isinstance(line.get("note"), str):
            notes.append(line["note"][:_MOST_SHOWN])
        elif line.get("exercise") in exercises and isinstance(line.get("message"), str):
            verdicts[line["exercise"]] = line.get("passed") is True, line["message"][:_MOST_SHOWN]
    lost = f"Not judged: {ended or 'it left the program'}, while {place[:_MOST_SHOWN]}."
    return Told({name: verdicts.get(name, (False, lost)) for name in exercises}, tuple(notes))


def _run(
    notebook: Path, exercises: Sequence[str], limits: Limits, hidden: Sequence[Path] | None
) -> tuple[list[dict[str, Any]], str]:
    """Run a copy of a notebook; return what it told, and why it ended before its end, if it did."""
    with (
        tempfile.TemporaryDirectory(prefix="mi-cot-class-", ignore_cleanup_errors=True) as place,
        tempfile.TemporaryFile() as told,
    ):
        shutil.copyfile(notebook, Path(place) / notebook.name)
        judge = [sys.executable, "-m", _JUDGE, notebook.name, str(told.fileno())]
        process = subprocess.Popen(
            [*_walls(hidden), *judge, str(limits.memory_gb), *exercises],
            cwd=place,
            env=_environment(place),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[told.fileno()],
            start_new_session=True,
        )
        try:
            in_time = _wait(process, told, limits.seconds)
        finally:
            # Also what a notebook that has ended left running.
            _end(process)
        return _lines(told), _how_it_ended(process.returncode, in_time, limits)


def _walls(hidden: Sequence[Path] | None) -> list[str]:
    if hidden is None:
        return []
    walls = ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", _COVER, "sh"]
    return [*walls, *(str(path.resolve()) for path in hidden if path.exists()), "--"]


def _environment(home: str) -> dict[str, str]:
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        # The kit that judges is the one that asks.
        "PYTHONPATH": str(PACKAGE_ROOT.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "HF_HUB_OFFLINE": "1",
    }


def _wait(process: subprocess.Popen[bytes], told: BinaryIO, seconds: float) -> bool:
    """Wait for the end, or until the time is up, which begins when the kit is loaded; tell which came."""
    begun, least = time.monotonic(), float(_LOADING)
    loaded = False
    while process.poll() is None:
        if not loaded and os.fstat(told.fileno()).st_size:
            begun, least, loaded = time.monotonic(), seconds, True
        if time.monotonic() - begun > least:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lines(told: BinaryIO) -> list[dict[str, Any]]:
    """Return what was told, as far as it can be read: a notebook may have written there too."""
    told.seek(0)
    found = []
    for line in told.read(_MOST_TOLD).splitlines():
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict):
            found.append(one)
    return found


def _how_it_ended(status: int, in_time: bool, limits: Limits) -> str:
    if not in_time:
        return f"it had not come to an end after {limits.seconds:g} seconds"
    if status < 0:
        return f"it was ended by signal {-status}, which may be for want of memory"
    return f"it left the program with status {status}" if status else ""
