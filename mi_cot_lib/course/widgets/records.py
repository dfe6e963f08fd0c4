"""The finished runs that a widget shows: those that came with the kit, or a folder's, by short names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.choices import METHODS
from mi_cot_lib.report.runs import Run
from mi_cot_lib.report.setting import Setting, title
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import PREDICTIONS, committed_record, load_runs, results_folder

# Data set, short title of the setting, seed.
Place = tuple[str, str, int]
# What both widgets read of a record.
_NEEDED = ("run", "config", "metrics", "correct", "curves", "data")


@dataclass(frozen=True)
class Catalogue:
    """Runs by what tells them apart: data set, short title of the setting, seed."""

    runs: Mapping[Place, Run]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Catalogue":
        """Order runs; of two that differ in nothing that has a name, one is called by its hash as well."""
        found: dict[Place, Run] = {}
        for run in runs:
            name = short_title(run.setting)
            if (run.setting.dataset, name, run.seed) in found:
                name = f"{name} ({run.record['run'].rpartition('-')[2]})"
            found[run.setting.dataset, name, run.seed] = run
        return cls(found)

    @property
    def first(self) -> Place:
        """The run to begin with: its words are kept, and it errs most, so that there is something to see."""
        return min(
            self.runs,
            key=lambda one: (
                "samples" not in self.runs[one].record,
                self.runs[one].record["metrics"]["test_accuracy"],
            ),
        )

    def datasets(self) -> list[str]:
        """Return the data sets that there are runs of."""
        return list(dict.fromkeys(dataset for dataset, _, _ in self.runs))

    def names(self, dataset: str) -> list[str]:
        """Return what the settings of a data set are called."""
        return list(dict.fromkeys(name for data, name, _ in self.runs if data == dataset))

    def seeds(self, dataset: str, name: str) -> list[int]:
        """Return the seeds of a setting."""
        return sorted(seed for *setting, seed in self.runs if setting == [dataset, name])

    def others(self, place: Place) -> list[str]:
        """Return the settings whose run of the same seed answered the same test questions."""
        dataset, mine, seed = place
        run = self.runs[place]
        return [
            name
            for data, name, of in self.runs
            if (data, of) == (dataset, seed) and name != mine
            if asks_the_same(run, self.runs[data, name, of])
        ]


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
    return sorted(map(Run.of, records), key=_order)


def short_title(setting: Setting) -> str:
    """Return a setting's method, and in what it differs from how the method is usually trained."""
    return title(setting, ("method", *_unusual(setting)))


def predictions_file(run: Run, runs: Path | str | None) -> Path | None:
    """Return where a run's answers are written down, each with its words; None where no such file is here."""
    if runs is None:
        return None
    path = Path(runs) / run.record["run"] / PREDICTIONS
    return path if path.is_file() else None


def asks_the_same(run: Run, other: Run) -> bool:
    """Tell whether two runs answered the same test questions."""
    return bool(
        run.record["data"]["sha256"] == other.record["data"]["sha256"]
        and len(run.record["correct"]["test"]) == len(other.record["correct"]["test"])
    )


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
