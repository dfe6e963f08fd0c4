"""Judged rationales: their quality, its relation to right answers (Tables 7, 8), and cases (Figures 4, 5)."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from mi_cot_lib.measure.over_items import resampled
from mi_cot_lib.report.runs import JudgedSample, Values, over_seeds
from mi_cot_lib.report.setting import TEACHER, WORDING, Setting


class Case(NamedTuple):
    """One sampled item: by which rule it was chosen, its id, and what two students wrote about it.

    `answers` are by method: `predicted`, `correct`, `rationale`, `score`.
    """

    title: str
    id: str
    answers: dict[str, dict[str, Any]]


def quality_cells(samples: Sequence[JudgedSample]) -> pd.DataFrame:
    """Average judged quality, one row a setting (Table 7).

    Returns:
        `setting`, `value` (1 to 5, over items, then seeds), `sd` (between items, mean over
        seeds; the paper's ±), `low`, `high` (95% t interval over seeds), `first_mean` and `first_sd` (of
        all first repeats: the paper's rows without self-consistency), `items`, `seeds`, `repeats`,
        `malformed` (share of answers), `bleu`, `rouge`, `cosine`.
    """
    rows = []
    for setting, group in _by_setting(samples).items():
        means = [_item_means(sample) for sample in group]
        found = over_seeds(values.mean() for values in means)
        answers = pd.DataFrame([scores for one in group for scores in one.scores], dtype=float)
        rows.append(
            {
                "setting": setting,
                "value": found["value"],
                "sd": pd.Series([values.std() for values in means]).mean(),
                "low": found["low"],
                "high": found["high"],
                "first_mean": answers[0].mean(),
                "first_sd": answers[0].std(),
                "items": len(group[0].items),
                "seeds": len(group),
                "repeats": len(group[0].scores[0]),
                "malformed": answers.isna().to_numpy().mean(),
                "bleu": np.mean([sample.bleu for sample in group]),
                "rouge": np.mean([sample.rouge for sample in group]),
                "cosine": np.mean([sample.cosine for sample in group]),
            }
        )
    return pd.DataFrame(rows)


def quality_by_seed(samples: Sequence[JudgedSample]) -> Values:
    """Return the mean quality of each seed, by setting; NaN where no score is well-formed."""
    return _by_seed(samples, lambda sample: float(_item_means(sample).mean()))


def correlation_by_seed(samples: Sequence[JudgedSample]) -> Values:
    """Return Pearson's r of each seed, by setting; NaN where one of the two does not vary."""
    return _by_seed(samples, lambda sample: _correlation(*_pair(sample)))


def correlation_cells(samples: Sequence[JudgedSample]) -> pd.DataFrame:
    """Correlate judged quality and correctness of the label (Table 8, Pearson).

    Returns:
        `setting`, `value` (mean over seeds), `low`, `high` (95% percentile bootstrap over the sampled
        items of that mean), `p_first` (Pearson's p of the first seed, the paper's procedure),
        `significant` (seeds with p < 0.05), `seeds` (those in which both vary; without variation there
        is no correlation), `of_seeds`, `items`.
    """
    rows = []
    for setting, group in students_by_setting(samples).items():
        pairs = [_pair(sample) for sample in group]
        each = pd.Series([_correlation(*pair) for pair in pairs])
        known = [_varying(*pair) for pair in pairs]
        p = pd.Series([stats.pearsonr(*pair).pvalue if pair else np.nan for pair in known])
        rows.append(
            {
                "setting": setting,
                "value": each.mean(),
                **dict(zip(("low", "high"), _over_items(pairs), strict=True)),
                "p_first": p[0],
                "significant": (p < 0.05).sum(),
                "seeds": each.count(),
                "of_seeds": len(group),
                "items": len(group[0].items),
            }
        )
    return pd.DataFrame(rows)


def choose_cases(samples: Sequence[JudgedSample], about: str) -> list[Case]:
    """Choose cases by rules that were fixed beforehand: of the first seed's items the first that fits.

    The samples are of DSS and MI on one data set, and `about` is `labels` or `rationales`: whose label is
    right, or whose rationale is judged higher. A rule that no item fits is left out, and there are none where
    a method has no run.
    """
    first: dict[str, JudgedSample] = {}
    for sample in sorted(samples, key=lambda one: one.seed):
        if sample.setting.method != TEACHER:
            first.setdefault(sample.setting.method, sample)
    if not {"dss", "mi"} <= first.keys():
        return []
    answers = {
        method: [
            {**item, "score": score}
            for item, score in zip(sample.items, _item_means(sample).tolist(), strict=True)
        ]
        for method, sample in first.items()
    }
    items = [dict(zip(answers, each, strict=True)) for each in zip(*answers.values(), strict=True)]
    cases = []
    rules = WORDING["cases"][about]
    for rule, better, worse in zip(rules, ("mi", "dss"), ("dss", "mi"), strict=True):
        chosen = next((one for one in items if _fits(about, one[better], one[worse])), None)
        if chosen is not None:
            cases.append(Case(rule, chosen[better]["id"], chosen))
    return cases


def _fits(about: str, better: Mapping[str, Any], worse: Mapping[str, Any]) -> bool:
    if about == "labels":
        return better["correct"] and not worse["correct"]
    return better["correct"] and worse["correct"] and better["score"] > worse["score"]


def _item_means(sample: JudgedSample) -> pd.Series:
    """Return each item's mean over well-formed repeats; NaN where there is none."""
    return pd.DataFrame(sample.scores, dtype=float).mean(axis=1)


def _pair(sample: JudgedSample) -> tuple[np.ndarray, np.ndarray]:
    """Return quality and correctness of each item."""
    correct = [bool(item["correct"]) for item in sample.items]
    return _item_means(sample).to_numpy(), np.array(correct, float)


def students_by_setting(
    samples: Sequence[JudgedSample],
) -> dict[Setting, list[JudgedSample]]:
    """Group students' samples by setting, in the order in which settings first occur."""
    return _by_setting([one for one in samples if one.setting.method != TEACHER])


def _by_setting(samples: Sequence[JudgedSample]) -> dict[Setting, list[JudgedSample]]:
    cells: dict[Setting, list[JudgedSample]] = {}
    for sample in samples:
        cells.setdefault(sample.setting, []).append(sample)
    return cells


def _by_seed(samples: Sequence[JudgedSample], value_of: Callable[[JudgedSample], float]) -> Values:
    return {
        setting: {sample.seed: value_of(sample) for sample in group}
        for setting, group in students_by_setting(samples).items()
    }


def _over_items(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Resample the shared items: 95% interval of the mean over seeds of Pearson's r."""

    def mean_correlation(chosen: np.ndarray) -> float:
        return float(pd.Series([_correlation(x[chosen], y[chosen]) for x, y in pairs]).mean())

    n = len(pairs[0][0])
    if np.isnan(mean_correlation(np.arange(n))):
        return np.nan, np.nan
    with warnings.catch_warnings():
        # A resample without variation has no correlation; scipy warns of it, and it is left out below.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        drawn = resampled(n, mean_correlation, "percentile").bootstrap_distribution
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def _varying(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the items whose quality is known; None where too few are, or one side does not vary."""
    known = ~np.isnan(x)
    x, y = x[known], y[known]
    return (x, y) if len(x) > 2 and np.ptp(x) and np.ptp(y) else None


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    pair = _varying(x, y)
    return float(np.corrcoef(*pair)[0, 1]) if pair else float("nan")
