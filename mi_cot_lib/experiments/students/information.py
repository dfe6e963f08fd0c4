"""Mutual information of one trained student, measured and kept in its run's record."""

import time
from pathlib import Path
from typing import Any

import torch

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.evaluation.features import student_features
from mi_cot_lib.experiments.running.sources import fingerprint, weights_fingerprint
from mi_cot_lib.experiments.students.mutual_information.protocol import Part, Protocol, measure
from mi_cot_lib.machine import hardware, library_versions
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import STUDENT

Record = dict[str, Any]
# Raised by whoever changes what numbers a student's features or measure give.
MEASURE_VERSION = 2


def unfit_information(record: Record, protocol: Protocol) -> str:
    """Say why what was measured of a run's student does not count; an empty text where it does."""
    kept = record.get("information")
    if kept is None:
        return "its student was not measured yet"
    wanted = {"protocol": protocol.to_dict(), "measure_version": MEASURE_VERSION}
    for name, value in wanted.items():
        if kept[name] != value:
            return f"its student was measured with another {name.replace('_', ' ')}"
    return ""


def measured(folder: Path, config: RunConfig, protocol: Protocol) -> Record:
    """Measure a finished run's student; sums in another order can end a fit at another step.

    Args:
        folder: The run's.
        config: The run's.
        protocol: How.
    """
    torch.set_num_threads(1)
    student = load_student(str((folder / STUDENT).resolve()))
    model: torch.nn.Module = student.model
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    splits = {"train": protocol.train_items, "test": protocol.test_items}
    items = [load_split(config.dataset, s, config.data_root)[:n] for s, n in splits.items()]
    start = time.perf_counter()
    fitted, reported = (_part(student, examples, config) for examples in items)
    written = time.perf_counter()
    numbers = measure(fitted, reported, protocol)
    return {
        "protocol": protocol.to_dict(),
        "measure_version": MEASURE_VERSION,
        "items_sha256": fingerprint([*items[0], *items[1]]),
        "student_sha256": weights_fingerprint(student),
        "measured": numbers,
        "seconds": {
            "features": round(written - start, 1),
            "fits": round(time.perf_counter() - written, 1),
        },
        "hardware": hardware(),
        "versions": library_versions(),
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
