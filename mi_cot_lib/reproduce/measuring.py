"""Trained students measured one by one: which are there, which are measured already, and the records.

A record holds one student's numbers and what they were made from: the run's configuration, fingerprints
of the trained weights and of the items, and the protocol. One that was made from something else is made
again where the student is on this machine, and does not count where it is not.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mi_cot_lib.analysis.mutual_information.students import Part, Protocol, measure
from mi_cot_lib.data.example import Example
from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError, KitError
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.reproduce.cells import COMPARED
from mi_cot_lib.reproduce.grid import cells_of, config_of, seeds_of
from mi_cot_lib.reproduce.paper_runs import Failure, Fingerprints
from mi_cot_lib.reproduce.presets import Preset
from mi_cot_lib.reproduce.sources import fingerprint, refuse_other_sources, weights_fingerprint
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

# The tables whose rows DSS and MI differ in the MI term alone, with the larger and the smaller student.
TABLES = ("table1", "table2")
STUDENTS = "students"
# Raised by whoever changes what numbers a student's features or measure give.
MEASURE_VERSION = 2

Record = dict[str, Any]


@dataclass
class Found:
    """What there is of the wanted students.

    Attributes:
        measured: Records that count, in the order of the runs.
        absent: Runs without a usable record whose student is not on this machine: by name, why.
        failures: Students that are here and could not be measured.
        made: Names of the records that this call has made.
    """

    measured: list[Record] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


def wanted_runs(
    preset: Preset, tables: Sequence[str] = TABLES, seeds: int | None = None
) -> dict[str, RunConfig]:
    """Return the runs to measure by name: DSS and MI of each table, data set and seed.

    Args:
        preset: On what.
        tables: Of `TABLES`.
        seeds: Instead of the preset's.
    """
    configs = [
        config_of(cell, preset, seed)
        for table in tables
        for seed in seeds_of(table, preset, seeds)
        for cell in cells_of(table, preset)
        if cell.row in COMPARED
    ]
    return {config.run_name: config for config in configs}


def measure_students(
    runs: dict[str, RunConfig],
    folder: Path | None,
    out: Path,
    protocol: Protocol,
    on_student: Callable[[str], None] | None = None,
) -> Found:
    """Measure every student that is on this machine and has no current record, and gather all records.

    Args:
        runs: From `wanted_runs`.
        folder: Folder of run folders; None only gathers records.
        out: Folder of results; records lie in `students/` in it, and each is written as it is made.
        protocol: How.
        on_student: Called with the run's name before each, measured or not.
    """
    found, items, now = Found(), _Items(protocol), Fingerprints()
    for name, config in runs.items():
        if on_student:
            on_student(name)
        try:
            known = read(out / STUDENTS / f"{name}.json")
            if folder is not None and record.is_complete(folder / name):
                if sources := now.of(config):
                    refuse_other_sources(folder / name, sources)
                made_from, student, run = _sources(folder / name, config, protocol, items)
                if known is None or _facts(known) != made_from:
                    known = _measured(student, run, config, protocol, items, made_from)
                    write(out / STUDENTS / f"{name}.json", known)
                    found.made.append(name)
            elif why := _unfit(known, config, protocol, items):
                found.absent[name] = why
                continue
        except KitError as error:
            found.failures.append(Failure(name, str(error)))
            continue
        assert known is not None
        found.measured.append(known)
    return found


def read(path: Path) -> Record | None:
    """Read one record; None where there is none.

    Raises:
        DataError: The file is broken.
    """
    if not path.is_file():
        return None
    try:
        kept = record.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(
            f"{path} is not valid JSON ({error}); delete it and measure again."
        ) from error
    if not isinstance(kept, dict) or "measured" not in kept:
        raise DataError(f"{path} is no record of a measured student; delete it and measure again.")
    return kept


def write(path: Path, kept: Record) -> None:
    """Write one record, in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    record.write_json(path, kept, indent=1, sort_keys=True)


class _Items:
    """The items of each data set that students are measured on, each data set read once."""

    def __init__(self, protocol: Protocol) -> None:
        self._counts = {"train": protocol.train_items, "test": protocol.test_items}
        self._known: dict[str, tuple[list[Example], list[Example]]] = {}

    def of(self, config: RunConfig) -> tuple[list[Example], list[Example]]:
        if config.dataset not in self._known:
            train, test = (
                load_split(config.dataset, split, config.data_root)[:count]
                for split, count in self._counts.items()
            )
            self._known[config.dataset] = train, test
        return self._known[config.dataset]

    def sha256(self, config: RunConfig) -> str:
        train, test = self.of(config)
        return fingerprint([*train, *test])


def _facts(kept: Record) -> Record:
    """Return what a record was made from, as `_sources` does for what is there now."""
    names = ("run", "config", "protocol", "items_sha256", "student_sha256", "measure_version")
    return {name: kept.get(name) for name in names}


def _wanted(config: RunConfig, protocol: Protocol, items: _Items) -> Record:
    return {
        "run": config.run_name,
        "config": {**config.to_dict(), "data_root": None},
        "protocol": protocol.to_dict(),
        "items_sha256": items.sha256(config),
        "measure_version": MEASURE_VERSION,
    }


def _sources(
    folder: Path, config: RunConfig, protocol: Protocol, items: _Items
) -> tuple[Record, Student, Record]:
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    student = load_student(str((folder / record.STUDENT).resolve()))
    facts = _wanted(config, protocol, items)
    facts["student_sha256"] = weights_fingerprint(student)
    return facts, student, record.read_record(folder)


def _unfit(kept: Record | None, config: RunConfig, protocol: Protocol, items: _Items) -> str:
    """Say why a record cannot stand for a student that is not here; an empty text where it can."""
    if kept is None:
        return "not measured yet"
    facts = _facts(kept)
    for name, value in _wanted(config, protocol, items).items():
        if facts[name] != value:
            return f"its record is of another {name.removesuffix('_sha256').replace('_', ' ')}"
    return ""


def _measured(
    student: Student,
    run: Record,
    config: RunConfig,
    protocol: Protocol,
    items: _Items,
    made_from: Record,
) -> Record:
    model: torch.nn.Module = student.model
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    start = time.perf_counter()
    fitted, reported = (_part(student, examples, config) for examples in items.of(config))
    written = time.perf_counter()
    numbers = measure(fitted, reported, protocol)
    return {
        **made_from,
        "measured": numbers,
        "accuracy": run["metrics"]["test_accuracy"],
        "results_version": run["results_version"],
        "seconds": {
            "features": round(written - start, 1),
            "fits": round(time.perf_counter() - written, 1),
        },
        "hardware": record.hardware(),
        "versions": record.library_versions(),
    }


def _part(student: Student, examples: list[Example], config: RunConfig) -> Part:
    found = student_features(
        student,
        examples,
        max_input_tokens=config.max_input_tokens,
        max_new_tokens=config.max_new_tokens,
        max_rationale_tokens=config.max_target_tokens,
    )
    labels = [example.label for example in examples]
    return Part(found.label.pooled, found.rationale.pooled, labels, found.label.texts)
