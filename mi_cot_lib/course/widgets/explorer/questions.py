"""What the run explorer shows of a run: which test questions it answered rightly, and what was written."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from mi_cot_lib.course.widgets.records import predictions_file
from mi_cot_lib.data.layout import RawRow, read_split
from mi_cot_lib.data.load import resolve_data_root
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.data.teacher.parse import parse_teacher_output
from mi_cot_lib.data.worlds.write import SIZES, write_dataset
from mi_cot_lib.errors import DataError
from mi_cot_lib.evaluation.predict import read_predictions
from mi_cot_lib.experiments.running.sources import data_fingerprint
from mi_cot_lib.report.runs import Run
from mi_cot_lib.training.config import RunConfig

# Rows of a test set that are generated: the first page needs few, which take less time. In some worlds a row
# depends on how many there are; then all are generated.
_GENERATED = (1_000, SIZES["test"])
ALL, RIGHT, WRONG = "all", "right", "wrong"
ONLY_THIS, ONLY_OTHER = "right, the other wrong", "wrong, the other right"


@dataclass(frozen=True)
class Words:
    """What a student wrote: a label, and its rationale where it was asked for one, else empty."""

    label: str
    rationale: str


@dataclass(frozen=True)
class Asked:
    """A test question, with what argues for an answer to it.

    Attributes:
        teacher: The teacher's rationale, None where its text could not be read.
        gold: Why the gold label is right, None where no one knows: in data that are not built in.
    """

    id: str
    input: str
    label: str
    teacher: str | None
    gold: str | None


def answered(run: Run, other: Run | None = None) -> Mapping[str, np.ndarray]:
    """Return the places in the test set, from 0, of the questions by how this run, and another, answered."""
    right = run.outcomes().astype(bool)
    found = {ALL: np.full(len(right), True), RIGHT: right, WRONG: ~right}
    if other is not None:
        its = other.outcomes().astype(bool)
        found |= {ONLY_THIS: right & ~its, ONLY_OTHER: ~right & its}
    return {name: np.flatnonzero(chosen) for name, chosen in found.items()}


def words_of(run: Run, runs: Path | str | None) -> Mapping[int, Words]:
    """Return what a student wrote, by the question's place in the test set, as far as it was kept.

    The folder of a run keeps each answer, a record alone those of a sample, or none.
    """
    path = predictions_file(run, runs)
    if path is not None:
        return _written(path)
    samples = run.record.get("samples", ())
    return {_place(one["id"]): Words(one["predicted"], one["rationale"]) for one in samples}


def asked(run: Run, places: Sequence[int], runs: Path | str | None) -> list[Asked]:
    """Return the test questions in some places, which are those that the run was asked.

    Raises:
        KitError: The data are not on this machine, or are others than the run's.
    """
    dataset, root = run.setting.dataset, run.record["config"].get("data_root")
    # A test of the kit holds the records that come with it to its data, and to look takes seconds.
    if runs is not None and _fingerprint(dataset, root) != run.record["data"]["sha256"]:
        raise DataError(
            f"{run.record['run']} was made from other data than are there now, so its questions cannot be "
            "shown; the same `mi-cot run` makes it again."
        )
    rows = _rows(dataset, root)
    return [_asked(dataset, place, rows[place]) for place in places]


@lru_cache(maxsize=16)
def _written(path: Path) -> Mapping[int, Words]:
    return {
        _place(one.id): Words(one.predicted, one.rationale or "")
        for one in read_predictions(path)
        if one.split == "test"
    }


@cache
def _fingerprint(dataset: str, data_root: str | None) -> str:
    return data_fingerprint(RunConfig(dataset=dataset, data_root=data_root))


@cache
def _rows(dataset: str, data_root: str | None) -> list[RawRow]:
    return read_split(resolve_data_root(dataset, data_root), dataset, "test")


@cache
def _rightly_taught(dataset: str, rows: int) -> list[RawRow]:
    # No file keeps why a gold label is right; a teacher that never errs argues so for the same questions.
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_dataset(dataset, root, teacher_accuracy=1.0, sizes={"test": rows})
        return read_split(root, dataset, "test")


def _asked(dataset: str, place: int, row: RawRow) -> Asked:
    teacher = _rationale(dataset, row)
    return Asked(
        f"{dataset}/test/{place}", row.input, row.label, teacher, _gold(dataset, place, row)
    )


def _gold(dataset: str, place: int, row: RawRow) -> str | None:
    if not dataset_spec(dataset).built_in:
        return None
    for rows in _GENERATED:
        # A folder of the reader's own may hold other questions under a built-in name.
        if place < rows and (taught := _rightly_taught(dataset, rows)[place]).input == row.input:
            # A teacher that runs on into its answer leaves the full stop off.
            return f"{(_rationale(dataset, taught) or '').rstrip('.,')}."
    return None


def _rationale(dataset: str, row: RawRow) -> str | None:
    return parse_teacher_output(dataset, row.teacher_text, row.choices, row.input).rationale


def _place(name: str) -> int:
    return int(name.rpartition("/")[2])
