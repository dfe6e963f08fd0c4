"""What a number of test items or of seeds lets one see: intervals of an accuracy, detectable gains."""

import math
from bisect import bisect_left
from functools import cache

import numpy as np
from scipy import stats
from scipy.integrate import tanhsinh
from scipy.optimize import brentq
from statsmodels.stats.proportion import proportion_confint

from mi_cot_lib.errors import ConfigError

_CONFIDENCE = 0.95
# Beyond this many standard deviations a normal variable is not met in double precision.
_FARTHEST = 9.0
# In standard deviations: fewer atoms are in the world than seeds would be needed.
_NO_EFFECT = 1e-40
_MANY_SEEDS = 1_000_000


def accuracy_interval(n: int, accuracy: float) -> tuple[float, float]:
    """Wilson's 95% interval of one accuracy on n test items, as shares.

    It speaks of the test items that might have been drawn instead, for one trained student.
    """
    _check_items(n, accuracy)
    low, high = proportion_confint(accuracy * n, n, alpha=1 - _CONFIDENCE, method="wilson")
    return float(low), float(high)


def accuracy_half_width(n: int, accuracy: float) -> float:
    """Half the width of `accuracy_interval`, which is not centred on the accuracy near 0 and 1."""
    low, high = accuracy_interval(n, accuracy)
    return (high - low) / 2


def smallest_detectable_difference(
    n: int, accuracy: float, *, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Gain over `accuracy` that a test on n items finds with the given power, as a share.

    Compares two students as if each had n test items of its own (two proportions, Cohen's h). On
    shared items a paired test finds somewhat less than this; how much depends on how often the two
    students err together. None where even 100% accuracy would not be found.

    Raises:
        ConfigError: n is not positive, or a share is out of range.
    """
    _check_items(n, accuracy)
    angle = 2 * math.asin(math.sqrt(accuracy)) + shift_found(power, alpha) * math.sqrt(2 / n)
    return None if angle > math.pi else math.sin(angle / 2) ** 2 - accuracy


def seeds_needed(
    spread: float, difference: float, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Seeds with which a paired t-test finds a mean difference on one test set.

    `spread` is the standard deviation of the paired differences, `power` the share of repetitions that would
    find the difference, `alpha` the level of the two-sided test.

    Returns:
        Seeds; None without spread or difference, and for one too small for any number of seeds.

    Raises:
        ConfigError: The spread is negative, one of the two is not finite, or a share is out of range.
    """
    if not (0 <= spread < math.inf and math.isfinite(difference)):
        raise ConfigError(
            f"needs a finite spread ≥ 0 and a finite difference, got {spread} and {difference}."
        )
    normal = shift_found(power, alpha)
    if spread == 0 or abs(difference) / spread < _NO_EFFECT:
        return None
    effect = abs(difference) / spread

    def are_enough(seeds: int) -> bool:
        return shift_found(power, alpha, seeds - 1) <= effect * math.sqrt(seeds)

    # Student's test finds less than the normal one, and hardly less where seeds are many.
    fewest = max(2, math.ceil((normal / effect) ** 2))
    if fewest > _MANY_SEEDS:
        return fewest
    tried = range(fewest, 2 * fewest + 200)
    return tried[bisect_left(tried, True, key=are_enough)]


@cache
def shift_found(power: float, alpha: float, df: int | None = None) -> float:
    """Return the true mean, in standard errors, that a two-sided test finds with the given power.

    With degrees of freedom it is Student's t test, without the normal one. The result is the
    noncentrality, 0 where the test finds as much by chance alone.
    """
    for name, share in (("power", power), ("alpha", alpha)):
        if not 0 < share < 1:
            raise ConfigError(f"{name} must lie between 0 and 1, got {share}.")
    critical = stats.norm.isf(alpha / 2) if df is None else stats.t.isf(alpha / 2, df)

    def too_often_missed(shift: float) -> float:
        return _missed(shift, critical, df) - (1 - power)

    if too_often_missed(0.0) <= 0:
        return 0.0
    high = critical
    while too_often_missed(high) > 0:
        high *= 2
    return float(brentq(too_often_missed, 0.0, high))


def chance_found(shift: float, alpha: float, df: float) -> float:
    """Return how often Student's two-sided t test finds a true mean of so many standard errors, 0 to 1."""
    return 1 - _missed(shift, float(stats.t.isf(alpha / 2, df)), df)


def _missed(shift: float, critical: float, df: float | None) -> float:
    """P(|T| < critical) of the noncentral t (or normal) with this shift."""
    if df is None:
        return float(stats.norm.cdf(critical - shift) - stats.norm.cdf(-critical - shift))
    # T = (x + shift) / s, so that |T| < critical where s² is large enough. scipy's noncentral t is NaN in
    # its far tail and, with one degree of freedom and a small level, wrong without a word.
    near = np.clip([-shift, critical - shift, -critical - shift], -_FARTHEST, _FARTHEST)
    ends = np.unique([-_FARTHEST, *near, _FARTHEST])
    parts = tanhsinh(
        lambda x: stats.norm.pdf(x) * stats.chi2.sf(df * ((x + shift) / critical) ** 2, df),
        ends[:-1],
        ends[1:],
    )
    return float(parts.integral.sum())


def _check_items(n: int, accuracy: float) -> None:
    if not (1 <= n < math.inf and 0 <= accuracy <= 1):
        raise ConfigError(f"needs n ≥ 1 and an accuracy from 0 to 1, got {n} and {accuracy}.")
