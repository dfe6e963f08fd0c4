"""Two students on the same test items: is one right more often than chance explains?

These tests speak of test items that might have been drawn instead, for students as they are trained;
`statistics.paired_difference` speaks of training again. Neither covers the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
        p: Two-sided: twice the smaller share of resamples on one side of 0.
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
        ConfigError: No items, or not as many for both.
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
        ConfigError: No items, or not as many for both.
    """
    a, b = _paired(correct_a, correct_b)
    gaps = a - b
    difference = float(gaps.mean())
    if not np.ptp(gaps):
        # Nothing varies from item to item: every resample gives the same difference.
        return PairedBootstrap(difference, difference, difference, 1.0 if difference == 0 else 0.0)
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
    return PairedBootstrap(
        difference,
        float(interval.low),
        float(interval.high),
        float(min(1.0, 2 * min(below, above))),
    )


def _paired(
    correct_a: Sequence[float] | np.ndarray, correct_b: Sequence[float] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(correct_a, dtype=float), np.asarray(correct_b, dtype=float)
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise ConfigError(
            "both students must have answered the same items, at least one; got "
            f"{a.shape} and {b.shape}."
        )
    return a, b
