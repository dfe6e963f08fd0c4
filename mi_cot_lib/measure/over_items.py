"""Two students on the same test items: is one right more often than chance explains?

These tests speak of test items that might have been drawn instead, for students as they are trained;
`statistics.paired_difference` speaks of training again. Neither covers the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import stats
from statsmodels.stats import contingency_tables

from mi_cot_lib.errors import ConfigError

# The smallest p is twice this number's inverse, and Holm multiplies it by the number of comparisons.
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class McNemar:
    """An exact McNemar test.

    Attributes:
        only_a: Items that only the first student answers rightly.
        only_b: Items that only the second does.
        p: Two-sided p-value; 1 where they never differ.
    """

    only_a: int
    only_b: int
    p: float


@dataclass(frozen=True, slots=True)
class PairedBootstrap:
    """A difference of two shares of right answers on the same items.

    Attributes:
        difference: First minus second, as a share.
        low: Lower end of the 95% percentile interval over resampled items.
        high: Upper end.
        p: Two-sided: twice the smaller share of resamples on one side of 0, and no less than the exact
            sign test could give for as many items that differ.
    """

    difference: float
    low: float
    high: float
    p: float


def mcnemar(
    correct_a: Sequence[bool] | np.ndarray, correct_b: Sequence[bool] | np.ndarray
) -> McNemar:
    """Test whether two students are right equally often on the same items (McNemar 1947, exact).

    Args:
        correct_a: Whether the first is right, by item.
        correct_b: The second, in the same order.

    Raises:
        ConfigError: No items, not as many for both, or a value that is neither right nor wrong.
    """
    a, b = _paired(correct_a, correct_b)
    if not (np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all()):
        raise ConfigError("McNemar's test takes right or wrong, no shares.")
    only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    both, neither = int(((a == 1) & (b == 1)).sum()), int(((a == 0) & (b == 0)).sum())
    found = contingency_tables.mcnemar([[both, only_a], [only_b, neither]], exact=True)
    return McNemar(only_a, only_b, float(found.pvalue))


def paired_bootstrap(
    correct_a: Sequence[float] | np.ndarray, correct_b: Sequence[float] | np.ndarray, seed: int = 0
) -> PairedBootstrap:
    """Resample items, and compare two students on each resample (Berg-Kirkpatrick et al. 2012).

    Args:
        correct_a: By item, whether the first is right, or the share of its seeds that are.
        correct_b: The second, in the same order.
        seed: Of the resampling.

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
    # The numbers of `scipy.stats.bootstrap`, which draws the items anew for every pair.
    drawn = np.concatenate([gaps.take(items).mean(axis=1) for items in _resamples(len(gaps), seed)])
    alpha = (1 - 0.95) / 2
    low, high = stats.quantile(drawn, [alpha, 1 - alpha])
    # Counting the observed sample among the resamples keeps p above 0.
    below, above = ((side.sum() + 1) / (RESAMPLES + 1) for side in (drawn <= 0, drawn >= 0))
    return PairedBootstrap(
        difference,
        float(low),
        float(high),
        float(min(1.0, max(2 * min(below, above), least))),
    )


@lru_cache(maxsize=1)
def _resamples(items: int, seed: int) -> list[np.ndarray]:
    """Draw the items of all resamples, (100, items) each; kept small, and for the next pair of a test set."""
    rng, small = np.random.default_rng(seed), np.min_scalar_type(items)
    batches = range(0, RESAMPLES, 100)
    return [rng.integers(0, items, (100, items)).astype(small) for _ in batches]


def two_accuracies_p(first: float, second: float, n: int) -> float:
    """Test whether two accuracies differ more than chance over items explains (Fisher's exact test).

    Takes each student as if it had n items of its own: all that published accuracies allow.

    Args:
        first: The one accuracy, as a share; rounded to whole items.
        second: The other.
        n: Items of each.

    Returns:
        The two-sided p-value.

    Raises:
        ConfigError: n is not positive, or an accuracy is not a share.
    """
    if not (1 <= n < np.inf and 0 <= first <= 1 and 0 <= second <= 1):
        raise ConfigError(f"needs n ≥ 1 and accuracies from 0 to 1, got {n}, {first}, {second}.")
    right = [round(share * n) for share in (first, second)]
    return float(stats.fisher_exact([right, [n - count for count in right]]).pvalue)


def _paired(
    correct_a: Sequence[float] | np.ndarray, correct_b: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
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
