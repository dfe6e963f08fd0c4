"""The learner's own run: made in chapter 3, looked at again in the chapters that follow."""

from pathlib import Path
from typing import Any

from filelock import FileLock

from mi_cot_lib.experiments.running.run import run
from mi_cot_lib.machine import repository_root
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import RECORD, is_complete

# What chapter 3 trains as it stands: few examples, about a minute.
OWN: dict[str, Any] = {"dataset": "nano_cqa", "method": "mi", "seed": 0, "train_size": 250}


def own_runs() -> Path:
    """Return the folder where the learner's runs are kept; DataError where there is no checkout."""
    return repository_root() / "runs" / "course"


def own_run(config: RunConfig | None = None, runs: Path | None = None) -> Path:
    """Return the folder of the learner's run, trained now where it was not; about a minute.

    Without a configuration it is the run that finished last, and `OWN` where there is none. Chapters that
    run at the same time wait for each other.

    Raises:
        KitError: The configuration cannot be trained.
    """
    runs = runs or own_runs()
    runs.mkdir(parents=True, exist_ok=True)
    with FileLock(runs / ".lock"):
        finished = [path for path in runs.iterdir() if path.is_dir() and is_complete(path)]
        if config is None and finished:
            return max(finished, key=lambda path: (path / RECORD).stat().st_mtime)
        return run(config or RunConfig.from_dict(OWN), runs)
