"""What runs logged while they trained: losses, gradients, and validation at the step that was selected."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.report.cells.accuracy import answers_to
from mi_cot_lib.report.runs import Run, by_setting, over_seeds

# By what is drawn, the part of a record's curves that it is read from.
LOGGED = {
    "loss_prediction": "training",
    "loss_generation": "training",
    "loss_mi": "training",
    "accuracy": "validation",
}
_NORM = "grad_norm_"


def tradeoff_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Set validation accuracy beside the rationale loss on validation, of the step that was selected.

    Returns:
        One row a setting: `setting`, `value`, `low`, `high` (percent: mean over seeds and 95% t interval),
        `loss` (nats a rationale token: mean over seeds), `seeds`, and `best`: no other setting of the data
        set is better in one and as good in the other.
    """
    frame = pd.DataFrame(
        [
            {
                "setting": setting,
                **over_seeds(run.accuracy() for run in group.values()),
                "loss": np.mean([_selected_loss(run) for run in group.values()]),
                "seeds": len(group),
            }
            for setting, group in by_setting(answers_to("valid", runs)).items()
        ]
    )
    frame["best"] = False
    for _, cells in frame.groupby([one.dataset for one in frame["setting"]]):
        for index, cell in cells.iterrows():
            as_good = (cells["value"] >= cell["value"]) & (cells["loss"] <= cell["loss"])
            better = (cells["value"] > cell["value"]) | (cells["loss"] < cell["loss"])
            frame.loc[index, "best"] = not (as_good & better).any()
    return frame


def gradient_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Average the gradient norm of each weighted loss term over seeds, at each logged step.

    Returns:
        Columns `setting`, `step`, `term` (`prediction`, `generation`, `mi`), `value` (mean over seeds, no
        unit), `low`, `high` (least and greatest of the seeds) and `seeds`.
    """
    names = dict.fromkeys(name for run in runs for name in run.record["curves"]["training"])
    terms = {name: "training" for name in names if name.startswith(_NORM)}
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
    return found.assign(**found[["value", "low", "high"]].mul(percent, axis=0))


def progress_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Say what a comparison would have said, had all training ended at a step.

    Of each seed counts the best validation until then, which a run that has ended keeps.

    Returns:
        One row a setting and validated step: `setting`, `step`, `tflop` (mean operations until then, in
        10^12), `value`, `low`, `high` (percent: mean over seeds and 95% t interval).
    """
    rows = []
    for setting, group in by_setting(answers_to("valid", runs)).items():
        curves = [run.record["curves"]["validation"] for run in group.values()]
        best = [np.maximum.accumulate(curve["accuracy"]) for curve in curves]
        for step in sorted({step for curve in curves for step in curve["step"]}):
            until = [np.searchsorted(curve["step"], step, "right") for curve in curves]
            spent = [
                run.record["flops"] * min(1.0, step / run.record["metrics"]["steps"])
                for run in group.values()
            ]
            values = [100 * one[count - 1] for one, count in zip(best, until, strict=True) if count]
            row = {"setting": setting, "step": step, "tflop": np.mean(spent) / 1e12}
            rows.append({**row, **over_seeds(values)})
    return pd.DataFrame(rows)


def _over_seeds(runs: Sequence[Run], parts: Mapping[str, str]) -> pd.DataFrame:
    # A run that answers several splits was trained once.
    trained = {run.record["run"]: run for run in reversed(runs)}
    points = [
        (run.setting, name, step, value)
        for run in reversed(trained.values())
        for name, part in parts.items()
        if name in (logged := run.record["curves"][part])
        for step, value in zip(logged["step"], logged[name], strict=True)
    ]
    columns = ["setting", "name", "step", "of_seed"]
    # Settings are no values to sort by.
    grouped = pd.DataFrame(points, columns=columns).groupby(columns[:3], sort=False)["of_seed"]
    return grouped.agg(value="mean", low="min", high="max", seeds="count").reset_index()


def _selected_loss(run: Run) -> float:
    curve = run.record["curves"]["validation"]
    step = run.record["metrics"]["selected_step"]
    return float(curve["loss_generation"][curve["step"].index(step)])
