"""The finished runs that a widget shows: those that came with the kit, or a folder's, by short names."""

from functools import cache
from pathlib import Path
from typing import Any

from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.choices import METHODS
from mi_cot_lib.report.runs import Run
from mi_cot_lib.report.setting import Setting, title
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import PREDICTIONS, committed_record, load_runs, results_folder

# What both widgets read of a record.
_NEEDED = ("correct", "curves", "data")


def read_runs(runs: Path | str | None) -> list[Run]:
    """Read a folder of finished runs; None are the records that came with the kit.

    The methods' usual settings come first. DataError where there is no run, or where a record lacks what
    is shown.
    """
    if runs is None:
        folder = results_folder()
        records = [committed_record(path) for path in sorted(folder.glob("*.json"))]
    else:
        folder = Path(runs)
        records = load_runs(folder)
    if not records:
        raise DataError(
            f"{folder} holds no finished run. Train some with `make reproduce`, which puts them into "
            "runs/reproduce, or one with `mi-cot run`, and name their folder: runs='runs/reproduce'."
        )
    for record in records:
        if lacking := [name for name in _NEEDED if name not in record]:
            raise DataError(
                f"{folder}: the record of {record.get('run')} lacks {', '.join(lacking)}; the same "
                "`mi-cot run` makes it again."
            )
    found = [Run(Setting.of(one["config"]), one["config"]["seed"], one) for one in records]
    return sorted(found, key=_order)


def short_title(setting: Setting) -> str:
    """Return a setting's method, and in what it differs from how the method is usually trained."""
    return title(setting, ("method", *_unusual(setting)))


def predictions_file(run: Run, runs: Path | str | None) -> Path | None:
    """Return where a run's answers are written down, each with its words; None where no such file is here."""
    if runs is None:
        return None
    path = Path(runs) / run.record["run"] / PREDICTIONS
    return path if path.is_file() else None


def _order(run: Run) -> tuple[Any, ...]:
    unusual = _unusual(run.setting)
    method = list(METHODS).index(run.setting.method)
    return run.setting.dataset, bool(unusual), method, short_title(run.setting), run.seed


@cache
def _unusual(setting: Setting) -> tuple[str, ...]:
    usual = Setting.of(RunConfig(dataset=setting.dataset, method=setting.method).to_dict())
    return tuple(
        name for name in Setting.__slots__ if getattr(setting, name) != getattr(usual, name)
    )
