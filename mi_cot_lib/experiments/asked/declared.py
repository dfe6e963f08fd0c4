"""What was declared beforehand, and what was changed since: sizes, seeds and the margin (`declared.toml`)."""

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS


@dataclass(frozen=True, slots=True)
class Declared:
    """What `declared.toml` holds.

    Attributes:
        margin: Smallest difference of interest, in points of accuracy.
        comparisons: What is compared on each data set, names of `comparisons.DECLARABLE`, each corrected for
            the data sets; `primary` is also compared over those that leave it `room`: on which DSS answers so
            many percent of validation.
        seeds: Of each cell that is compared at the small size, `whole_seeds` on the whole set;
            `other_seeds` of cells of other tables.
        short: Training examples of the size at which rationales matter most, by column.
        weights: Of the MI loss, by its form: with which it validated best, for question 1.
        equal_operations: Steps in which finetuning takes no fewer operations than DSS did, `short` and
            `whole`, by column.
    """

    date: datetime.date
    reason: str
    margin: float
    comparisons: tuple[str, ...]
    primary: str
    room: tuple[float, float]
    seeds: int
    whole_seeds: int
    other_seeds: int
    short: Mapping[str, int]
    weights: Mapping[str, float]
    equal_operations: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class DeclaredReal:
    """What `declared_real.toml` holds, of the preset `real-small`.

    Attributes:
        margin: Smallest difference of interest, in points of accuracy.
        seeds: Of each cell that is compared, `other_seeds` of cells of other tables; `at_most` by column
            where there are fewer.
        drawn: Training examples by column where each run draws so many.
        training: Fields of `RunConfig` of every run, as validation chose them; `changes` by column.
    """

    date: datetime.date
    reason: str
    margin: float
    seeds: int
    other_seeds: int
    at_most: Mapping[str, int]
    drawn: Mapping[str, int]
    training: Mapping[str, Any]
    changes: Mapping[str, Mapping[str, Any]]


# With the paper's students, of 10,000: what a step of DSS takes is less than three times finetuning's.
_PAPER_STEPS = 30_000


def equal_steps(dataset: str, student: str, size: int | None) -> int:
    """Return in how many steps finetuning takes no fewer operations than DSS; the size of all is None."""
    if student not in BUILT_IN_WIDTHS:
        return _PAPER_STEPS
    return DECLARED.equal_operations["short" if size else "whole"][dataset_spec(dataset).family]


def equal_operations(dataset: str, student: str, size: int | None) -> dict[str, Any]:
    """Return the fields of `RunConfig` with which finetuning takes so many steps, its rate falling to 0."""
    steps = equal_steps(dataset, student, size)
    return {"max_steps": steps, "schedule": "linear", "patience": 0}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


DECLARED = Declared(**_read("declared.toml"))
REAL = DeclaredReal(**_read("declared_real.toml"))
