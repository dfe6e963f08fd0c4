"""What runs logged while they trained: losses, gradients, and validation at the step that was selected."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.measure.over_seeds import mean_interval
from mi_cot_lib.report.runs import Run, answers_to, by_setting

# By what is drawn, the part of a record's curves and the name in it that it is read from.
LOGGED = {
    "loss_prediction": ("training", "loss_prediction"),
    "loss_generation": ("training", "loss_generation"),
    "loss_mi": ("training", "loss_mi"),
    "accuracy": ("validation", "accuracy"),
}
_NORM = "grad_norm_"


def tradeoff_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Set validation accuracy beside the rationale loss on validation, of the step that was selected.

    Args:
        runs: With both tasks, whatever split they answer.

    Returns:
        One row a setting: `setting`, `value`, `low`, `high` (percent: mean over seeds and 95% t interval),
        `loss` (nats a rationale token: mean over seeds), `seeds`, and `best`: no other setting of the data
        set is better in one and as good in the other.
    """
    rows = []
    for setting, group in by_setting(answers_to("valid", runs)).items():
        estimate = mean_interval([run.accuracy() for run in group.values()])
        rows.append(
            {
                "setting": setting,
                "value": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "loss": float(np.mean([_selected_loss(run) for run in group.values()])),
                "seeds": len(group),
            }
        )
    frame = pd.DataFrame(rows).astype({"low": float, "high": float})
    frame["best"] = False
    for _, cells in frame.groupby([one.dataset for one in frame["setting"]]):
        for index, cell in cells.iterrows():
            as_good = (cells["value"] >= cell["value"]) & (cells["loss"] <= cell["loss"])
            better = (cells["value"] > cell["value"]) | (cells["loss"] < cell["loss"])
            frame.loc[index, "best"] = not (as_good & better).any()
    return frame


def gradient_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Average the gradient norm of each weighted loss term over seeds, at each logged step.

    Args:
        runs: The logged steps of a setting's runs are the same.

    Returns:
        Columns `setting`, `step`, `term` (`prediction`, `generation`, `mi`), `value` (mean over seeds, no
        unit), `low`, `high` (least and greatest of the seeds) and `seeds`.
    """
    terms = {
        name: ("training", name)
        for run in runs
        for name in run.record["curves"]["training"]
        if name.startswith(_NORM)
    }
    found = _over_seeds(runs, terms)
    return found.assign(name=found["name"].str.removeprefix(_NORM)).rename(columns={"name": "term"})


def training_curves(runs: Sequence[Run]) -> pd.DataFrame:
    """Average each loss term and the validation accuracy over seeds, at each logged step.

    Returns:
        Columns `setting`, `step`, `name` (of `LOGGED`), `value` (mean over seeds: nats a token, nats of the
        MI term before its weight, or percent), `low`, `high` (least and greatest) and `seeds`.
    """
    found = _over_seeds(runs, LOGGED)
    percent = np.where(found["name"] == "accuracy", 100.0, 1.0)
    numbers = ["value", "low", "high"]
    return found.assign(**found[numbers].mul(percent, axis=0))


def _over_seeds(runs: Sequence[Run], names: dict[str, tuple[str, str]]) -> pd.DataFrame:
    columns = ["setting", "name", "step", "of_seed"]
    points = pd.DataFrame(_points(_once(runs), names), columns=columns)
    # Settings are no values to sort by.
    return (
        points.groupby(["setting", "name", "step"], sort=False)["of_seed"]
        .agg(value="mean", low="min", high="max", seeds="count")
        .reset_index()
    )


def _points(runs: Iterable[Run], names: dict[str, tuple[str, str]]) -> Iterator[tuple[Any, ...]]:
    for run in runs:
        for name, (part, key) in names.items():
            logged = run.record["curves"][part]
            if key in logged:
                for step, value in zip(logged["step"], logged[key], strict=True):
                    yield run.setting, name, step, value


def _once(runs: Sequence[Run]) -> list[Run]:
    """Keep one of the answers that a run gave to several splits: it was trained once."""
    return list({run.record["run"]: run for run in reversed(runs)}.values())[::-1]


def _selected_loss(run: Run) -> float:
    curve = run.record["curves"]["validation"]
    step = run.record["metrics"]["selected_step"]
    return float(curve["loss_generation"][curve["step"].index(step)])
