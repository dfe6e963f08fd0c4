"""A run's folder and record: what everything after training reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mi_cot_lib.errors import DataError
from mi_cot_lib.files import from_json, write_json
from mi_cot_lib.machine import repository_root
from mi_cot_lib.student.folder import IN_RUN

RECORD = "run.json"
PREDICTIONS = "predictions.jsonl"
STUDENT = IN_RUN
# Held by whoever makes or completes the run.
LOCK = ".lock"
# Raised by whoever changes what a configuration's numbers come out as: older records are then refused.
RESULTS_VERSION = 2


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write `run.json` last and in one move: its presence means that the run is complete."""
    write_json(folder / RECORD, record, indent=1, sort_keys=True)


def is_complete(folder: Path) -> bool:
    """Tell whether a run's folder holds a finished run: a whole record, not only a file of that name."""
    try:
        read_record(folder)
    except DataError:
        return False
    return True


def read_record(folder: Path) -> dict[str, Any]:
    """Read one run's `run.json`; DataError where it is missing or broken, with the file."""
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
    """Read the records of all finished runs in a folder, in the order of their names, or raise DataError.

    A record holds `run` (the folder's name), `config`, `metrics` (accuracies from 0 to 1), `curves` (by
    measure, losses in nats), `correct` (by split a 1 or 0 an item), `calibration`, `samples` (rationales),
    `flops` of training, `seconds`, `parameters`, `data`, `weights_sha256`, `results_version`, `hardware`,
    `versions` and `git_commit`.
    """
    folder = Path(folder)
    if folder.is_file():
        raise DataError(f"{folder} is a file; name another folder.")
    if not folder.is_dir():
        raise DataError(
            f"{folder} is not a folder of runs; make one with `mi-cot run --runs {folder}`."
        )
    return [read_record(path.parent) for path in sorted(folder.glob(f"*/{RECORD}"))]


def results_folder() -> Path:
    """Return where records are committed."""
    return repository_root() / "results"


def committed_record(path: Path) -> dict[str, Any]:
    """Read one committed record, `results/RUN.json`; a DataError where it is broken."""
    try:
        record = from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not valid JSON ({error}); delete it and run again.") from error
    if not isinstance(record, dict):
        raise DataError(f"{path} is not a run's record; delete it and run again.")
    return record
