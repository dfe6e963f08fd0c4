"""A run's folder and record: what everything after training reads."""

import json
import math
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from joblib import cpu_count

from mi_cot_lib.environment import PACKAGE_ROOT
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.student.names import IN_RUN

RECORD = "run.json"
PREDICTIONS = "predictions.jsonl"
STUDENT = IN_RUN
# Raised by whoever changes what a configuration's numbers come out as: older records are then refused.
RESULTS_VERSION = 1
_VERSIONED = ("torch", "transformers", "datasets", "accelerate", "tokenizers", "numpy")


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write `run.json` last and in one move: its presence means that the run is complete."""
    write_json(folder / RECORD, record, indent=1, sort_keys=True)


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line, in one move."""
    lines = [
        _to_json(row, path, f"[{number}]", ensure_ascii=False) for number, row in enumerate(rows)
    ]
    write_atomically(path, "".join(lines))


def write_json(path: Path, values: Any, **layout: Any) -> None:
    """Write a file of JSON, which has no NaN and no infinity, in one move.

    Args:
        path: The file.
        values: What to write.
        layout: As `json.dumps` takes it.

    Raises:
        KitError: A number is not finite; the message says where it stands, and nothing is written.
    """
    write_atomically(path, _to_json(values, path, "", **layout))


def from_json(text: str) -> Any:
    """Read JSON, which has no NaN and no infinity.

    Raises:
        ValueError: It is none.
    """

    def refuse(constant: str) -> None:
        raise ValueError(f"it holds {constant}")

    def finite(digits: str) -> float:
        number = float(digits)
        # 1e999 is JSON, and read as infinity.
        if math.isinf(number):
            refuse(digits)
        return number

    return json.loads(text, parse_constant=refuse, parse_float=finite)


def _to_json(values: Any, path: Path, place: str, **layout: Any) -> str:
    try:
        return json.dumps(values, allow_nan=False, **layout) + "\n"
    except ValueError:
        wrong = [f"{where} is {number}" for where, number in _not_finite(values, place)]
        raise KitError(
            f"{path}: {wrong[0]}, which is no result, and nothing was written; something before it has "
            "overflowed, such as a student's training."
        ) from None


def _not_finite(values: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(values, float) and not math.isfinite(values):
        yield place.lstrip("."), values
    elif isinstance(values, Mapping):
        for name, value in values.items():
            yield from _not_finite(value, f"{place}.{name}")
    elif isinstance(values, list | tuple):
        for row, value in enumerate(values):
            yield from _not_finite(value, f"{place}[{row}]")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the whole of it or none.

    Raises:
        OSError: The disk does not take it; names the file, and leaves nothing of it.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            # Some disks take a name before its content, and say only now that they are full.
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def refuse_unwritable(folder: Path, advice: str) -> None:
    """Refuse a folder that cannot be written, there or still to be made, before work is put into it.

    Args:
        folder: Where something is to be written.
        advice: What to do instead.

    Raises:
        DataError: The message names the folder, what the system said, and the advice.
    """
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise DataError(f"cannot write to {place}: {error.strerror}. {advice}") from error


def is_complete(folder: Path) -> bool:
    """Tell whether a run's folder holds a finished run: a whole record, not only a file of that name."""
    try:
        read_record(folder)
    except DataError:
        return False
    return True


def read_record(folder: Path) -> dict[str, Any]:
    """Read one run's `run.json`.

    Raises:
        DataError: It is missing or broken; the message says which file.
    """
    path = folder / RECORD
    try:
        record = from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder} holds no {RECORD}: the run has not finished.") from None
    except ValueError as error:
        raise DataError(
            f"{path} is not valid JSON ({error}); the same `mi-cot run` makes it again."
        ) from error
    if not isinstance(record, dict) or not {"run", "config", "metrics"} <= record.keys():
        raise DataError(
            f"{path} is not a run's record: it lacks run, config or metrics; the same `mi-cot run` "
            "makes it again."
        )
    return record


def load_runs(folder: str | Path) -> list[dict[str, Any]]:
    """Read the records of all finished runs in a folder.

    Args:
        folder: A folder of runs, each in a folder of its own with a `run.json`.

    Returns:
        The records in the order of their folders' names: `run` (the folder's name), `config`,
        `metrics` (accuracies from 0 to 1), `history` (a row a logged step, losses in nats), `seconds`,
        `data`, `hardware`, `versions`, `git_commit`.

    Raises:
        DataError: The folder is missing, or a record in it is broken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        known = "a file" if folder.exists() else "not a folder of runs"
        advice = (
            "name another folder"
            if folder.exists()
            else f"make one with `mi-cot run --runs {folder}`"
        )
        raise DataError(f"{folder} is {known}; {advice}.")
    return [read_record(path.parent) for path in sorted(folder.glob(f"*/{RECORD}"))]


def library_versions() -> dict[str, str]:
    """Return the versions on which a result may depend."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONED}}


def hardware() -> dict[str, Any]:
    """Return processor, cores and device, without the machine's name."""
    processor = cpuinfo_line("model name") or platform.machine()
    return {
        "processor": processor,
        "cores": cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def describe_hardware(found: Mapping[str, Any]) -> str:
    """Say in words what `hardware` found."""
    return (
        f"{found.get('processor', 'unknown processor')}, {found.get('cores', '?')} cores, device "
        f"{found.get('device', '?')}"
    )


def cpuinfo_line(name: str) -> str | None:
    """Return what Linux says of the first core under a name, None elsewhere."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.split(":")[0].strip() == name:
                return line.split(":", 1)[1].strip()
    return None


def git_commit() -> str | None:
    """Return the checkout's commit, with `+` where files differ from it; None outside a checkout."""
    git = ["git", "-C", str(PACKAGE_ROOT)]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(
            [*git, "status", "--porcelain", "--untracked-files=no", "--", "."],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + ("+" if changed else "")
