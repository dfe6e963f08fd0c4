"""Accuracy by setting: mean over seeds with its interval, what it cost, and which labels are known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import mean_interval
from mi_cot_lib.report.runs import Run, by_setting

# Two recalls that add up to 1, this much more or less, are those of a guess between two labels.
GUESSING = 0.1


def accuracy_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Average accuracy over seeds, one row a setting.

    Returns:
        Columns `setting`, `value`, `low`, `high` (percent: mean over seeds and 95% t interval), `seeds`,
        `items`, `minutes` and `tflop` (means of a run: wall time, and operations of training in 10^12).

    Raises:
        ConfigError: There are no runs, or a setting's runs do not belong together.
    """
    if not runs:
        raise ConfigError("no finished runs to make this from.")
    rows = []
    for setting, group in by_setting(runs).items():
        estimate = mean_interval([run.accuracy() for run in group.values()])
        records = [run.record for run in group.values()]
        rows.append(
            {
                "setting": setting,
                "value": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "seeds": len(records),
                "items": len(next(iter(group.values())).outcomes()),
                "minutes": float(np.mean([one["seconds"]["total"] for one in records])) / 60,
                "tflop": float(np.mean([one["flops"] for one in records])) / 1e12,
            }
        )
    return pd.DataFrame(rows).astype({name: float for name in ("value", "low", "high")})


def accuracy_by_seed(runs: Sequence[Run]) -> dict:
    """Return the accuracy of each seed in percent, by setting."""
    return {
        setting: {seed: run.accuracy() for seed, run in group.items()}
        for setting, group in by_setting(runs).items()
    }


def recall_cells(runs: Sequence[Run], golds: dict[str, list[str]]) -> pd.DataFrame:
    """Average each gold label's recall over seeds: two thirds may be one label known and two guessed.

    Args:
        runs: Answers to test sets.
        golds: By data set with a closed set of labels, the gold label of each test item, in order.

    Returns:
        One row a setting of those data sets: `setting`, each label's recall in percent (mean over seeds),
        `guessing` (seeds in which the two least recalled labels' recalls add up to 1 ± 0.1) and `seeds`.
    """
    rows = []
    for setting, group in by_setting(runs).items():
        if setting.dataset not in golds or setting.split != "test":
            continue
        gold = np.array(golds[setting.dataset])
        labels = list(dict.fromkeys(golds[setting.dataset]))
        recalls = np.array(
            [[run.outcomes()[gold == label].mean() for label in labels] for run in group.values()]
        )
        two_least = np.sort(recalls, axis=1)[:, :2].sum(axis=1)
        rows.append(
            {
                "setting": setting,
                **dict(zip(labels, (100 * recalls.mean(axis=0)).tolist(), strict=True)),
                "guessing": int((abs(two_least - 1) <= GUESSING).sum()),
                "seeds": len(group),
            }
        )
    return pd.DataFrame(rows)
