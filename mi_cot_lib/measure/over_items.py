"""Two students on the same test items: is one right more often than chance explains?

These tests speak of test items that might have been drawn instead, for students as they are trained;
`over_seeds.paired_difference` speaks of training again. Neither covers the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats import contingency_tables

from mi_cot_lib.errors import ConfigError

# The smallest p is twice this number's inverse, and Holm multiplies it by the number of comparisons.
RESAMPLES = 10_000
# Of a statistic that is no mean, which takes longer.
STATISTIC_RESAMPLES = 1_000

Answers = Sequence[float] | np.ndarray


@dataclass(frozen=True, slots=True)
class McNemar:
    """An exact McNemar test: the items that one student alone answers rightly, and the two-sided p.

    p is 1 where they never differ.
    """

    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True, slots=True)
class PairedBootstrap:
    """A difference of two shares of right answers on the same items, the first minus the second.

    `low` and `high` are the 95% percentile interval over resampled items. `p` is two-sided: twice the smaller
    share of resamples on one side of 0, and no less than the exact sign test could give for as many items
    that differ.
    """

    difference: float
    low: float
    high: float
    p: float


def mcnemar(correct_a: Answers, correct_b: Answers) -> McNemar:
    """Test whether two students are right equally often on the same items (McNemar 1947, exact).

    Takes whether each is right, `(items,)`, in one order.

    Raises:
        ConfigError: No items, not as many for both, or a value that is neither right nor wrong.
    """
    a, b = _paired(correct_a, correct_b)
    if not (np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all()):
        raise ConfigError("McNemar's test takes right or wrong, no shares.")
    only_a, only_b = int((a > b).sum()), int((a < b).sum())
    # What both answer alike has no part in the exact test.
    found = contingency_tables.mcnemar([[0, only_a], [only_b, 0]], exact=True)
    return McNemar(only_a, only_b, float(found.pvalue))


def paired_bootstrap(correct_a: Answers, correct_b: Answers, seed: int = 0) -> PairedBootstrap:
    """Resample items, and compare two students on each resample (Berg-Kirkpatrick et al. 2012).

    Takes, by item in one order, whether each is right, or the share of its seeds that are.

    Raises:
        ConfigError: No items, not as many for both, or a value that is not finite.
    """
    a, b = _paired(correct_a, correct_b)
    gaps = a - b
    difference = float(gaps.mean())
    # Few items that differ could all do so in one direction by chance, which no resample of them shows.
    least = max(2.0 ** (1 - np.count_nonzero(gaps)), 2 / (RESAMPLES + 1))
    if not np.ptp(gaps):
        # Nothing varies from item to item: every resample gives the same difference.
        return PairedBootstrap(difference, difference, difference, min(1.0, float(least)))
    found = stats.bootstrap(
        (gaps,),
        np.mean,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(seed),
        batch=100,
    )
    drawn = found.bootstrap_distribution
    # Counting the observed sample among the resamples keeps p above 0.
    below, above = ((side.sum() + 1) / (RESAMPLES + 1) for side in (drawn <= 0, drawn >= 0))
    interval = found.confidence_interval
    p = float(min(1.0, max(2 * min(below, above), least)))
    return PairedBootstrap(difference, float(interval.low), float(interval.high), p)


def _paired(correct_a: Answers, correct_b: Answers) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(correct_a, dtype=float), np.asarray(correct_b, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise ConfigError(
            "both students must have answered the same items, at least one; got "
            f"{a.shape} and {b.shape}."
        )
    for side in (a, b):
        if not np.isfinite(side).all():
            place = int(np.flatnonzero(~np.isfinite(side))[0])
            raise ConfigError(f"item {place} was answered with {side[place]}: needs finite shares.")
    return a, b


def resampled(items: int, statistic: Callable[[np.ndarray], float], method: str) -> Any:
    """Return scipy's 95% bootstrap of what a statistic says of the chosen ones of some shared items."""
    return stats.bootstrap(
        (np.arange(items),),
        statistic,
        n_resamples=STATISTIC_RESAMPLES,
        vectorized=False,
        method=method,
        rng=np.random.default_rng(0),
    )
