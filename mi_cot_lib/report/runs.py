"""Finished runs in their places: which run stands for which setting and seed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.setting import Setting

Record = Mapping[str, Any]
# A setting's runs by seed.
Cells = dict[Setting, dict[int, "Run"]]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run in its place.

    Attributes:
        setting: What was trained and asked.
        seed: Its seed.
        record: What `run.json` holds.
    """

    setting: Setting
    seed: int
    record: Record

    def outcomes(self) -> np.ndarray:
        """Return which items of its split were answered rightly, `(items,)` of 0 and 1."""
        split = self.setting.split
        bits = (
            self.calibration()["correct"] if split == "outside" else self.record["correct"][split]
        )
        return np.array([int(bit) for bit in bits])

    def accuracy(self) -> float:
        """Return the share of right answers in percent."""
        return 100 * float(self.outcomes().mean())

    def calibration(self) -> Record:
        """Return confidences and outcomes on its test set."""
        if self.setting.split == "outside":
            return self.record["outside"][self.setting.dataset]
        return self.record["calibration"]


def by_setting(runs: Iterable[Run]) -> Cells:
    """Group runs by setting, and by seed in it, in the order in which settings first occur.

    Raises:
        ConfigError: A setting has a seed twice, or runs of different data, weights or versions.
    """
    cells: Cells = {}
    for run in runs:
        cell = cells.setdefault(run.setting, {})
        if run.seed in cell:
            raise ConfigError(f"seed {run.seed} of {run.record['run']} occurs twice.")
        cell[run.seed] = run
    for setting, cell in cells.items():
        _refuse_mixed([run.record for run in cell.values()])
        cells[setting] = dict(sorted(cell.items()))
    return cells


def answers_to(split: str, runs: Sequence[Run]) -> list[Run]:
    """Return the same runs as answers to another split, those that have answered it."""
    return [
        Run(run.setting.with_(split=split), run.seed, run.record)
        for run in runs
        if split in run.record["correct"]
    ]


def _refuse_mixed(records: Sequence[Record]) -> None:
    for name, of in (
        ("data", lambda r: r["data"]["sha256"]),
        ("weights", lambda r: r["weights_sha256"]),
        ("version of the kit's numbers", lambda r: r["results_version"]),
    ):
        if len({of(record) for record in records}) > 1:
            runs = ", ".join(record["run"] for record in records)
            raise ConfigError(f"runs of one place differ in {name}: {runs}.")
