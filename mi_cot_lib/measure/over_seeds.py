"""What a few seeds can say: means with their intervals, paired tests, correction for many tests.

All of it speaks of training again with other seeds, on this one test set; `over_items` and
`power.accuracy_interval` speak of other test items. With three seeds a 95% interval spans ±2.48 standard
deviations around the mean, and rests on the results being roughly normal, which three numbers cannot show.
"""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mi_cot_lib.errors import ConfigError

_CONFIDENCE = 0.95
# Seeds that agree to within rounding have no spread to build an interval from.
_NO_SPREAD = 1e-12
# Its square, of which a variance is made, is infinite.
_OVERFLOWS = 1e150


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` seeds and its 95% interval, in the values' unit; None where the seeds give none."""

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of a − b over the seeds that both have, which are ascending.

    `p` is of the two-sided paired t-test, None where the seeds give none; `spread` is the standard deviation
    of the differences between seeds, None with one seed.
    """

    difference: Estimate
    p: float | None
    spread: float | None
    seeds: tuple[int, ...]


def mean_interval(values: Sequence[float]) -> Estimate:
    """Average over seeds, with Student's 95% t interval for the mean over further seeds.

    The interval is None for one value, and for values that agree exactly: without spread the t interval
    has no width to offer, which is not certainty.

    Raises:
        ConfigError: No values, or one that is not finite.
    """
    data = _finite(values)
    if len(data) < 2 or np.ptp(data) <= _NO_SPREAD:
        return Estimate(float(data.mean()), None, None, len(data))
    interval = stats.ttest_1samp(data, 0.0).confidence_interval(_CONFIDENCE)
    return Estimate(float(data.mean()), float(interval.low), float(interval.high), len(data))


def paired_difference(a: Mapping[int, float], b: Mapping[int, float]) -> PairedDifference:
    """Compare two methods, each a value by seed, over the seeds of both (paired t-test, two-sided).

    Pairing removes what a seed does to both alike, such as the order of examples where both train on
    the same ones. Interval and p are None with fewer than two shared seeds or where the differences
    have no spread.

    Raises:
        ConfigError: No seed is shared, or a value is not finite.
    """
    seeds = tuple(sorted(a.keys() & b.keys()))
    if not seeds:
        raise ConfigError(
            f"no shared seeds to pair: one side has {sorted(a)}, the other {sorted(b)}; "
            "train both with the same seeds."
        )
    left, right = _finite([a[seed] for seed in seeds]), _finite([b[seed] for seed in seeds])
    difference = mean_interval(list(left - right))
    p = None if difference.low is None else float(stats.ttest_rel(left, right).pvalue)
    spread = float(np.std(left - right, ddof=1)) if len(seeds) > 1 else None
    return PairedDifference(difference, p, spread, seeds)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for the number of comparisons (Holm 1979; family-wise error).

    A None stays None and does not count as a comparison.

    Raises:
        ConfigError: A p-value is not from 0 to 1.
    """
    known = [p for p in p_values if p is not None]
    if not all(0 <= p <= 1 for p in known):
        raise ConfigError(f"p-values lie from 0 to 1, got {known}.")
    # `multipletests` collects garbage, a tenth of a second a call where much is loaded: not what is there.
    gc.freeze()
    try:
        corrected = iter(multipletests(known, method="holm")[1] if known else [])
    finally:
        gc.unfreeze()
    return [None if p is None else float(next(corrected)) for p in p_values]


def _finite(values: Sequence[float]) -> np.ndarray:
    data = np.asarray(values, dtype=float)
    if data.size == 0 or not (np.abs(data) < _OVERFLOWS).all():
        raise ConfigError(
            f"needs at least one value, all finite and below {_OVERFLOWS:g}, got {list(values)}."
        )
    return data
