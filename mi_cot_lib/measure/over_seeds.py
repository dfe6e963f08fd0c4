"""What a few seeds and a finite test set can say: intervals, paired tests, detectable differences.

Two sources of chance stand apart. Training again with another seed moves the accuracy: the
intervals over seeds (`mean_interval`, `paired_difference`) speak of that, on this one test set.
Drawing another test set moves it too: `accuracy_half_width` and `smallest_detectable_difference`
speak of that. Neither covers the other.

With three seeds Student's t has two degrees of freedom: a 95% interval spans ±2.48 standard
deviations around the mean (±4.30 standard errors), and rests on the seeds' results being roughly
normal, which three numbers cannot show.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.power import shift_found

# Seeds that agree to within rounding have no spread to build an interval from.
_NO_SPREAD = 1e-12
# In standard deviations: fewer atoms are in the world than seeds would be needed.
_NO_EFFECT = 1e-40
# Its square, of which a variance is made, is infinite.
_OVERFLOWS = 1e150
_MANY_SEEDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and its confidence interval, in the unit of the values.

    Attributes:
        mean: The mean.
        low: Lower end of the interval; None where the seeds give none.
        high: Upper end, None likewise.
        n: Number of values (seeds).
    """

    mean: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """The mean of a − b over the seeds that both have.

    Attributes:
        difference: Mean and interval, in the unit of the values.
        p: Two-sided p-value of the paired t-test; None where the seeds give none.
        spread: Standard deviation of the differences between seeds; None with one seed.
        seeds: The shared seeds, ascending.
    """

    difference: Estimate
    p: float | None
    spread: float | None
    seeds: tuple[int, ...]


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Average over seeds, with Student's t interval for the mean over further seeds.

    The interval treats the test set as fixed. It is None for one value, and for values that agree
    exactly: without spread the t interval has no width to offer, which is not certainty.

    Raises:
        ConfigError: No values, one that is not finite, or a confidence not between 0 and 1.
    """
    _check_share("confidence", confidence)
    data = _finite(values)
    if len(data) < 2 or np.ptp(data) <= _NO_SPREAD:
        return Estimate(float(data.mean()), None, None, len(data))
    interval = stats.ttest_1samp(data, 0.0).confidence_interval(confidence)
    return Estimate(float(data.mean()), float(interval.low), float(interval.high), len(data))


def paired_difference(
    a: Mapping[int, float], b: Mapping[int, float], confidence: float = 0.95
) -> PairedDifference:
    """Compare two methods over the seeds that both were trained with (paired t-test, two-sided).

    Pairing removes what a seed does to both alike, such as the order of examples where both train on
    the same ones. Interval and p are None with
    fewer than two shared seeds or where the differences have no spread.

    Args:
        a: Seed to value of the one method.
        b: Seed to value of the other, which is subtracted.
        confidence: Of the interval of the mean difference.

    Raises:
        ConfigError: No seed is shared, a value is not finite, or the confidence is out of range.
    """
    seeds = tuple(sorted(a.keys() & b.keys()))
    if not seeds:
        raise ConfigError(
            f"no shared seeds to pair: one side has {sorted(a)}, the other {sorted(b)}; "
            "train both with the same seeds."
        )
    left, right = _finite([a[seed] for seed in seeds]), _finite([b[seed] for seed in seeds])
    difference = mean_interval(list(left - right), confidence)
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
    corrected = iter(multipletests(known, method="holm")[1] if known else [])
    return [None if p is None else float(next(corrected)) for p in p_values]


def accuracy_interval(n: int, accuracy: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of one accuracy on n test items, as shares.

    It speaks of the test items that might have been drawn instead, for one trained student.

    Raises:
        ConfigError: n is not positive, or accuracy or confidence is not a share.
    """
    _check_items(n, accuracy)
    _check_share("confidence", confidence)
    low, high = proportion_confint(accuracy * n, n, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


def accuracy_half_width(n: int, accuracy: float, confidence: float = 0.95) -> float:
    """Half the width of `accuracy_interval`, as a share.

    Wilson's interval is not centred on the accuracy near 0 and 1.

    Raises:
        ConfigError: n is not positive, or accuracy or confidence is not a share.
    """
    low, high = accuracy_interval(n, accuracy, confidence)
    return (high - low) / 2


def smallest_detectable_difference(
    n: int, accuracy: float, *, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Gain over `accuracy` that a test on n items finds with the given power, as a share.

    Compares two students as if each had n test items of its own (two proportions, Cohen's h). On
    shared items a paired test finds somewhat less than this; how much depends on how often the two
    students err together.

    Returns:
        The smallest gain; None where even 100% accuracy would not be found.

    Raises:
        ConfigError: n is not positive, or a share is out of range.
    """
    _check_items(n, accuracy)
    _check_test(power, alpha)
    angle = 2 * math.asin(math.sqrt(accuracy)) + shift_found(power, alpha) * math.sqrt(2 / n)
    return None if angle > math.pi else math.sin(angle / 2) ** 2 - accuracy


def items_needed(
    accuracy: float, difference: float, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Test items with which a difference of two accuracies is found, each student on its own items.

    Args:
        accuracy: Of the lower one, as a share.
        difference: Of the other to it, as a share above 0.
        power: Share of repetitions that would find it.
        alpha: Level of the two-sided test (two proportions, Cohen's h).

    Returns:
        Items a student; None where accuracy and difference exceed 1, or the difference is not above 0.

    Raises:
        ConfigError: A share is out of range, or the difference is not finite.
    """
    _check_items(1, accuracy)
    _check_finite("difference", difference)
    _check_test(power, alpha)
    if difference <= 0 or accuracy + difference > 1:
        return None
    effect = 2 * (math.asin(math.sqrt(accuracy + difference)) - math.asin(math.sqrt(accuracy)))
    return max(1, math.ceil(2 * (shift_found(power, alpha) / effect) ** 2))


def seeds_needed(
    spread: float, difference: float, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Seeds with which a paired t-test finds a mean difference on one test set.

    Args:
        spread: Standard deviation of the paired differences, above 0.
        difference: In the same unit, not 0.
        power: Share of repetitions that would find it.
        alpha: Level of the two-sided test.

    Returns:
        Seeds; None without spread or difference, and for one too small for any number of seeds.

    Raises:
        ConfigError: The spread is negative, one of the two is not finite, or a share is out of range.
    """
    _check_spread(2, spread)
    _check_finite("difference", difference)
    _check_test(power, alpha)
    if spread == 0 or abs(difference) / spread < _NO_EFFECT:
        return None
    effect = abs(difference) / spread

    def are_enough(seeds: int) -> bool:
        return shift_found(power, alpha, seeds - 1) <= effect * math.sqrt(seeds)

    # Student's test finds less than the normal one, and hardly less where seeds are many.
    fewest = max(2, math.ceil((shift_found(power, alpha) / effect) ** 2))
    if fewest > _MANY_SEEDS:
        return fewest
    tried = range(fewest, 2 * fewest + 200)
    return tried[bisect_left(tried, True, key=are_enough)]


def smallest_detectable_over_seeds(
    seeds: int, spread: float, *, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """Mean difference that a paired t-test over seeds finds with the given power.

    Args:
        seeds: Number of shared seeds.
        spread: Standard deviation of the paired differences; the result has its unit.
        power: Share of repetitions that would find it.
        alpha: Level of the two-sided test.

    Returns:
        The smallest mean difference; None with one seed, where there is no test.

    Raises:
        ConfigError: seeds is not positive, the spread is negative, or a share is out of range.
    """
    _check_spread(seeds, spread)
    _check_test(power, alpha)
    if seeds == 1:
        return None
    return shift_found(power, alpha, seeds - 1) / math.sqrt(seeds) * spread


def _finite(values: Sequence[float]) -> np.ndarray:
    data = np.asarray(values, dtype=float)
    if data.size == 0 or not (np.abs(data) < _OVERFLOWS).all():
        raise ConfigError(
            f"needs at least one value, all finite and below {_OVERFLOWS:g}, got {list(values)}."
        )
    return data


def _check_finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise ConfigError(f"{name} must be a finite number, got {value}.")


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ConfigError(f"{name} must lie between 0 and 1, got {value}.")


def _check_test(power: float, alpha: float) -> None:
    _check_share("power", power)
    _check_share("alpha", alpha)


def _check_spread(seeds: int, spread: float) -> None:
    if not (1 <= seeds < math.inf and seeds == int(seeds) and 0 <= spread < math.inf):
        raise ConfigError(
            f"needs a whole number of seeds ≥ 1 and a finite spread ≥ 0, got {seeds} and {spread}."
        )


def _check_items(n: int, accuracy: float) -> None:
    if not (1 <= n < math.inf and 0 <= accuracy <= 1):
        raise ConfigError(f"needs n ≥ 1 and an accuracy from 0 to 1, got {n} and {accuracy}.")
