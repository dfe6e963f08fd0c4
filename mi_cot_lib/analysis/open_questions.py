"""The open questions' numbers: answers of other splits as tests, gains over pairs, and trade-offs."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.paper_accuracy import Entry, grouped
from mi_cot_lib.analysis.statistics import mean_interval


def answers_of(entries: Sequence[Entry], split: str) -> list[Entry]:
    """Return entries whose answers to another split stand where those to the test set stood.

    Args:
        entries: Runs; those whose data has no such split are left out.
        split: Such as `unseen` or `valid`; it is added to the column's name.
    """
    found = []
    for entry in entries:
        kept = entry.record
        if split not in kept["correct"]:
            continue
        known = kept["metrics"]
        metrics = {
            **known,
            **{f"test_{name}": known[f"{split}_{name}"] for name in ("accuracy", "n")},
        }
        record = {**kept, "correct": {"test": kept["correct"][split]}, "metrics": metrics}
        found.append(replace(entry, column=f"{entry.column}_{split}", record=record))
    return found


def answers_outside(entries: Sequence[Entry], costs: Sequence[Entry]) -> list[Entry]:
    """Return records of answers to another data set as entries that can be compared like tests.

    Args:
        entries: Of `mi-cot evaluate`, with their confidences' correctness.
        costs: The runs' own entries, for what training them took.
    """
    own = {entry.record["run"]: entry.record for entry in costs}
    found = []
    for entry in entries:
        kept = entry.record
        bits = kept["calibration"]["correct"]
        metrics = {"test_accuracy": bits.count("1") / len(bits), "test_n": len(bits)}
        trained = {name: own[kept["run"]][name] for name in ("seconds", "flops")}
        record = {**kept, **trained, "correct": {"test": bits}, "metrics": metrics}
        found.append(replace(entry, record=record))
    return found


def prepare_tradeoff(entries: Sequence[Entry]) -> pd.DataFrame:
    """Set validation accuracy beside the rationale loss on validation, of the step that was selected.

    Args:
        entries: From `answers_of` validation: runs with both tasks, of rows `α1 α2 α3`.

    Returns:
        One row a cell: `row`, `column`, `accuracy`, `low`, `high` (percent: mean over seeds and 95% t
        interval), `loss` (nats a rationale token: mean over seeds), `seeds`, and `best`: no other cell of
        the column is better in one and as good in the other.
    """
    rows = []
    for (row, column, _), group in grouped(entries).items():
        records = [entry.record for entry in group.values()]
        estimate = mean_interval([100 * r["metrics"]["test_accuracy"] for r in records])
        losses = []
        for kept in records:
            curves = kept["curves"]["validation"]
            at = curves["step"].index(kept["metrics"]["selected_step"])
            losses.append(curves["loss_generation"][at])
        rows.append(
            {
                "row": row,
                "column": column,
                "accuracy": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "loss": float(np.mean(losses)),
                "seeds": len(records),
            }
        )
    frame = pd.DataFrame(rows)
    frame["best"] = False
    for _, cells in frame.groupby("column"):
        for index, cell in cells.iterrows():
            as_good = (cells["accuracy"] >= cell["accuracy"]) & (cells["loss"] <= cell["loss"])
            better = (cells["accuracy"] > cell["accuracy"]) | (cells["loss"] < cell["loss"])
            frame.loc[index, "best"] = not (as_good & better).any()
    return frame


def prepare_gradients(entries: Sequence[Entry]) -> pd.DataFrame:
    """Average the gradient norm of each weighted loss term over seeds, at each logged step.

    Args:
        entries: Runs with curves; the logged steps of a cell's runs are the same.

    Returns:
        Columns `row`, `column`, `step`, `term` (`prediction`, `generation`, `mi`), `norm` (mean over
        seeds, no unit), `low`, `high` (least and greatest of the seeds).
    """
    rows = []
    for (row, column, _), group in grouped(entries).items():
        curves = [entry.record["curves"]["training"] for entry in group.values()]
        for name in (key for key in curves[0] if key.startswith("grad_norm_")):
            values = np.array([curve[name] for curve in curves])
            for step, norms in zip(curves[0]["step"], values.T, strict=True):
                rows.append(
                    {
                        "row": row,
                        "column": column,
                        "step": step,
                        "term": name.removeprefix("grad_norm_"),
                        "norm": float(norms.mean()),
                        "low": float(norms.min()),
                        "high": float(norms.max()),
                    }
                )
    return pd.DataFrame(rows)
