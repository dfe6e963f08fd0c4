"""Accuracy by setting: mean over seeds with its interval, what it cost, and which labels are known."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.data.specs import ALL_FOLDS
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.runs import Run, Values, by_seed, by_setting, over_seeds
from mi_cot_lib.report.setting import Setting

# A label of which a student recalls less than this share is not one that it knows.
KNOWN = 0.6


def accuracy_cells(runs: Sequence[Run]) -> pd.DataFrame:
    """Average accuracy over seeds, one row a setting.

    Returns:
        Columns `setting`, `value`, `low`, `high` (percent: mean over seeds and 95% t interval), `seeds`,
        `items`, `minutes` (median of a run's wall time: a machine may be busy), `tflop` and `steps` (means of
        a run: operations of training in 10^12, optimiser steps), `converged`: runs that patience ended, and
        `unfinished`: those whose steps were over before.

    Raises:
        ConfigError: There are no runs, or a setting's runs do not belong together.
    """
    if not runs:
        raise ConfigError("no finished runs to make this from.")
    return pd.DataFrame(
        [
            {
                "setting": setting,
                **over_seeds(run.accuracy() for run in group.values()),
                "seeds": len(group),
                "items": _items(setting, group),
                "minutes": np.median([run.record["seconds"]["total"] for run in group.values()])
                / 60,
                "tflop": np.mean([run.record["flops"] for run in group.values()]) / 1e12,
                "steps": np.mean([run.record["metrics"]["steps"] for run in group.values()]),
                "converged": sum(run.record["metrics"]["converged"] for run in group.values()),
                "unfinished": sum(map(_is_unfinished, group.values())),
            }
            for setting, group in by_setting(runs).items()
        ]
    )


def _items(setting: Setting, group: Mapping[int, Run]) -> int:
    """Return how many questions were asked: each fold has its own."""
    each = [len(run.outcomes()) for run in group.values()]
    return sum(each) if _is_fold(setting) else each[0]


def _is_unfinished(run: Run) -> bool:
    return run.record["config"]["patience"] > 0 and not run.record["metrics"]["converged"]


def answers_to(split: str, runs: Sequence[Run]) -> list[Run]:
    """Return the runs as answers to another split, those that have answered it, each once."""
    found = {
        (run.setting.with_(split=split), run.seed): run.record
        for run in runs
        if split in run.record["correct"]
    }
    return [Run(setting, seed, record) for (setting, seed), record in found.items()]


def accuracy_by_seed(runs: Sequence[Run]) -> Values:
    """Return of each seed and test item 100 if it was answered rightly, else 0, by setting.

    Of a fold, whose items no other has, it is the accuracy.
    """
    return by_seed(
        runs, lambda run: run.accuracy() if _is_fold(run.setting) else 100.0 * run.outcomes()
    )


def _is_fold(setting: Setting) -> bool:
    return setting.dataset == ALL_FOLDS.name


def recall_cells(runs: Sequence[Run], golds: Mapping[str, list[str]]) -> pd.DataFrame:
    """Average each gold label's recall over seeds: two thirds may be one label known and two guessed.

    `golds` hold, by data set with a closed set of labels, the gold label of each test item, in order.

    Returns:
        One row a setting: `setting`, each label's recall in percent (mean over seeds), `least` (of any label
        in any seed), `unknown` (seeds in which a label's recall is below 60%) and `seeds`.
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
        rows.append(
            {
                "setting": setting,
                **dict(zip(labels, (100 * recalls.mean(axis=0)).tolist(), strict=True)),
                "least": 100 * float(recalls.min()),
                "unknown": int((recalls.min(axis=1) < KNOWN).sum()),
                "seeds": len(group),
            }
        )
    return pd.DataFrame(rows)
