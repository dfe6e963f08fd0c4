"""Small results from made records: which answers are right is written down, and all else follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mi_cot_lib.report.cells.accuracy import accuracy_by_seed, accuracy_cells
from mi_cot_lib.report.compare import MI_AGAINST_DSS, Comparison, compare
from mi_cot_lib.report.runs import Result, Run
from mi_cot_lib.report.setting import Setting

ITEMS = 20


def setting(method: str, dataset: str = "nano_cqa", **fields: Any) -> Setting:
    """Return a setting of the built-in student."""
    known = {"form": "released", "alpha3": 0.1} if method == "mi" else {}
    return Setting(
        dataset=dataset, method=method, student="nano", **{**known, **fields}
    ).normalised()


def run(of: Setting, seed: int, right: int, **parts: Any) -> Run:
    """Return a finished run with that many of 20 answers right; further parts replace its record's."""
    bits = "1" * right + "0" * (ITEMS - right)
    record = {
        "run": f"{hash(of.with_(split='test')):x}-{seed}",
        "results_version": 1,
        "weights_sha256": "w",
        "parameters": 1_000_000,
        "flops": 1e12,
        "git_commit": "0123456789ab",
        "data": {"sha256": "d", "train_rows": 4_000},
        "config": {
            "dataset": of.dataset, "max_steps": 40, "batch_size": 8, "learning_rate": 0.002,
            "patience": 8,
        },
        "correct": dict.fromkeys(("test", "valid", of.split), bits),
        "metrics": {
            "selected_step": 20, "steps": 30, "converged": True, "valid_accuracy": right / ITEMS,
        },
        "seconds": {"total": 60.0},
        "hardware": {"processor": "A processor", "cores": 2, "device": "cpu"},
        "versions": {"python": "3.11.7"},
        **parts,
    }  # fmt: skip
    return Run(of, seed, record)


def result(
    right: Mapping[Setting, Sequence[int]],
    *,
    declared: Sequence[Comparison] = (MI_AGAINST_DSS,),
    parts: Mapping[Setting, Mapping[str, Any]] | None = None,
    margin: float = 2.0,
    decided: bool = True,
    room: tuple[float, float] | None = None,
    **fields: Any,
) -> Result:
    """Return a result of accuracy, with fields in place of the usual ones.

    What is `declared` gets verdicts unless it is not `decided`.
    By setting, `right` says how many of 20 answers each seed has right, and `parts` what records hold.
    """
    runs = [
        run(of, seed, count, **(parts or {}).get(of, {}))
        for of, counts in right.items()
        for seed, count in enumerate(counts)
    ]
    usual: dict[str, Any] = {
        "id": "table1",
        "title": "A title",
        "question": "A question?",
        "measure": "accuracy",
        "margin": margin,
        "fields": ("method",),
        "built_in": True,
        "preset": "nano",
        "cells": accuracy_cells(runs),
        "compared": compare(accuracy_by_seed(runs), declared, margin, declared=decided, room=room),
        "runs": runs,
        "pictures": ("cells",),
    }
    return Result(**{**usual, **fields})


def columns(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """Return the rows of some columns."""
    return list(frame[list(names)].itertuples(index=False, name=None))
