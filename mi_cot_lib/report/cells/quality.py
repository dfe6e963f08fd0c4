"""Judged rationales and their relation to right answers (Tables 7 and 8)."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mi_cot_lib.measure.over_seeds import Estimate, mean_interval
from mi_cot_lib.report.setting import TEACHER, Setting

# Scores of one sampled item, one a repeat; None is a malformed answer of the judge.
Scores = tuple[int | None, ...]
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class JudgedSample:
    """The sampled rationales of one run, or the teacher's for the same items, with the judge's scores.

    Attributes:
        setting: Of the run; its method is `teacher` where the texts are the teacher's own.
        seed: Of the run; 0 for the teacher.
        items: By sampled item `id`, `rationale`, and of a student `predicted` and `correct`, of the teacher
            `input` and gold `label`.
        scores: As many as items.
        bleu: Corpus BLEU against the teacher's, 0 to 100; NaN for those.
        rouge: Mean ROUGE-L F against the teacher's, 0 to 100; likewise.
        cosine: Mean cosine of embeddings with the teacher's, -1 to 1; NaN where no embedder was named.
    """

    setting: Setting
    seed: int
    items: Sequence[Mapping[str, Any]]
    scores: Sequence[Scores]
    bleu: float = float("nan")
    rouge: float = float("nan")
    cosine: float = float("nan")


def item_means(sample: JudgedSample) -> np.ndarray:
    """Return each item's mean over well-formed repeats, (items,); NaN where there is none."""
    means = []
    for scores in sample.scores:
        known = [score for score in scores if score is not None]
        means.append(float(np.mean(known)) if known else float("nan"))
    return np.array(means)


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
        means = [item_means(sample) for sample in group]
        known = [values[~np.isnan(values)] for values in means]
        known = [values for values in known if len(values)]
        over_seeds = (
            mean_interval([float(values.mean()) for values in known])
            if known
            else Estimate(float("nan"), None, None, 0)
        )
        first = np.array(
            [s[0] for sample in group for s in sample.scores if s[0] is not None], dtype=float
        )
        answers = [score for sample in group for scores in sample.scores for score in scores]
        rows.append(
            {
                "setting": setting,
                "value": over_seeds.mean,
                "sd": _mean([values.std(ddof=1) for values in known if len(values) > 1]),
                "low": over_seeds.low,
                "high": over_seeds.high,
                "first_mean": float(first.mean()) if len(first) else float("nan"),
                "first_sd": float(first.std(ddof=1)) if len(first) > 1 else float("nan"),
                "items": len(group[0].items),
                "seeds": len(group),
                "repeats": len(group[0].scores[0]),
                "malformed": sum(score is None for score in answers) / len(answers),
                "bleu": float(np.mean([sample.bleu for sample in group])),
                "rouge": float(np.mean([sample.rouge for sample in group])),
                "cosine": float(np.mean([sample.cosine for sample in group])),
            }
        )
    return pd.DataFrame(rows).astype({"low": float, "high": float})


def quality_by_seed(samples: Sequence[JudgedSample]) -> dict[Setting, dict[int, float]]:
    """Return the mean quality of each seed, by setting; NaN where no score is well-formed."""
    return {
        setting: {sample.seed: _mean(item_means(sample)) for sample in group}
        for setting, group in _by_setting(_of_students(samples)).items()
    }


def correlation_by_seed(
    samples: Sequence[JudgedSample],
) -> dict[Setting, dict[int, float]]:
    """Return Pearson's r of each seed, by setting; NaN where one of the two does not vary."""
    return {
        setting: {sample.seed: _correlation(*_pair(sample)) for sample in group}
        for setting, group in _by_setting(_of_students(samples)).items()
    }


def correlation_cells(samples: Sequence[JudgedSample]) -> pd.DataFrame:
    """Correlate judged quality and correctness of the label (Table 8, Pearson).

    Returns:
        `setting`, `value` (mean over seeds), `low`, `high` (95% percentile bootstrap over the sampled
        items of that mean), `p_first` (Pearson's p of the first seed, the paper's procedure),
        `significant` (seeds with p < 0.05), `seeds` (those in which both vary; without variation there
        is no correlation), `of_seeds`, `items`.
    """
    rows = []
    for setting, group in _by_setting(_of_students(samples)).items():
        pairs = [_pair(sample) for sample in group]
        known = [(x[~np.isnan(x)], y[~np.isnan(x)]) for x, y in pairs]
        each = [
            stats.pearsonr(x, y) if len(x) > 2 and np.ptp(x) and np.ptp(y) else None
            for x, y in known
        ]
        tests = [test for test in each if test is not None]
        low, high = _over_items(pairs)
        rows.append(
            {
                "setting": setting,
                "value": float(np.mean([t.statistic for t in tests])) if tests else float("nan"),
                "low": low,
                "high": high,
                "p_first": float("nan") if each[0] is None else float(each[0].pvalue),
                "significant": sum(t.pvalue < 0.05 for t in tests),
                "seeds": len(tests),
                "of_seeds": len(group),
                "items": len(group[0].items),
            }
        )
    return pd.DataFrame(rows)


def _pair(sample: JudgedSample) -> tuple[np.ndarray, np.ndarray]:
    """Return quality and correctness of each item."""
    return item_means(sample), np.array([bool(item["correct"]) for item in sample.items], float)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    known = [float(value) for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _of_students(samples: Sequence[JudgedSample]) -> list[JudgedSample]:
    return [sample for sample in samples if sample.setting.method != TEACHER]


def _by_setting(samples: Sequence[JudgedSample]) -> dict[Setting, list[JudgedSample]]:
    cells: dict[Setting, list[JudgedSample]] = {}
    for sample in samples:
        cells.setdefault(sample.setting, []).append(sample)
    return cells


def _over_items(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    def mean_correlation(chosen: np.ndarray) -> float:
        found = [_correlation(x[chosen], y[chosen]) for x, y in pairs]
        return _mean(found)

    if np.isnan(mean_correlation(np.arange(len(pairs[0][0])))):
        return float("nan"), float("nan")
    with warnings.catch_warnings():
        # A resample without variation has no correlation; scipy warns of it, and it is left out below.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        drawn = stats.bootstrap(
            (np.arange(len(pairs[0][0])),),
            mean_correlation,
            n_resamples=RESAMPLES,
            vectorized=False,
            method="percentile",
            rng=np.random.default_rng(0),
        ).bootstrap_distribution
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x[~np.isnan(x)], y[~np.isnan(x)]
    return (
        float(np.corrcoef(x, y)[0, 1]) if len(x) > 2 and np.ptp(x) and np.ptp(y) else float("nan")
    )
