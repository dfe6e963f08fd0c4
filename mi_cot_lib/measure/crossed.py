"""A difference of two methods over seeds and test items at once: both were drawn, and both could be others.

The model is that of crossed random effects (Clark 1973; Barr et al. 2013): what item i makes of method a less
b with seed s is δ + seed + item + rest. In a balanced design the mean squares of the two-way analysis of
variance give the same variance as a mixed model, without its search for a maximum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mi_cot_lib.errors import ConfigError

_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class CrossedDifference:
    """The mean of a − b and what seeds and items together say of it, in the outcomes' unit.

    Attributes:
        low, high: 95% interval (Student's t, with `freedom`).
        freedom: Its degrees of freedom (Satterthwaite 1946); infinite where nothing varies.
        p: Of no difference, two-sided.
        p_same: Of a difference as large as the margin: the larger of two one-sided tests (Schuirmann 1987).
        in_margin: Probability, under a flat prior, that the difference is within the margin (region of
            practical equivalence; Benavoli et al. 2017).
        sets: How many data sets it is the mean of, each counting alike.
    """

    mean: float
    low: float
    high: float
    freedom: float
    p: float
    p_same: float
    in_margin: float
    sets: int


def crossed_difference(
    sets: Sequence[tuple[np.ndarray, np.ndarray]], margin: float
) -> CrossedDifference:
    """Compare a and b on one or several data sets, of which each has its own seeds and items.

    By set the outcomes of a and of b, each (seeds, items), with the same seed and item at one place.
    `margin` is the smallest difference of interest.

    Raises:
        ConfigError: No set, shapes that differ, fewer than two seeds or items, or a margin not above 0.
    """
    if not sets or not 0 < margin < np.inf:
        raise ConfigError(f"needs a data set and a finite margin above 0, got {margin}.")
    parts = [_parts(np.asarray(a, float), np.asarray(b, float)) for a, b in sets]
    mean = float(np.mean([part[0] for part in parts]))
    variance = sum(part[1] for part in parts) / len(parts) ** 2
    if variance == 0:
        is_same = abs(mean) < margin
        p = float(mean == 0)
        return CrossedDifference(
            mean, mean, mean, np.inf, p, float(not is_same), float(is_same), len(sets)
        )
    freedom = variance**2 / (sum(part[2] for part in parts) / len(parts) ** 4)
    spread = stats.t(freedom, mean, np.sqrt(variance))
    low, high = spread.interval(_CONFIDENCE)
    below, above = spread.cdf(-margin), spread.sf(margin)
    return CrossedDifference(
        mean,
        float(low),
        float(high),
        float(freedom),
        float(2 * min(spread.cdf(0.0), spread.sf(0.0))),
        float(max(below, above)),
        float(1 - below - above),
        len(sets),
    )


def _parts(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Return of one set the mean, its variance, and the divisor of its degrees of freedom."""
    if a.shape != b.shape or a.ndim != 2 or min(a.shape) < 2:
        raise ConfigError(
            f"needs outcomes of at least two seeds and two items, alike on both sides; got {a.shape} and "
            f"{b.shape}."
        )
    found = a - b
    seeds, items = found.shape
    by_seed, by_item, mean = found.mean(axis=1), found.mean(axis=0), found.mean()
    rest = found - by_seed[:, None] - by_item + mean
    of_seed = items * by_seed.var(ddof=1)
    of_item = seeds * by_item.var(ddof=1)
    of_rest = (rest**2).sum() / ((seeds - 1) * (items - 1))
    # The estimate can fall below what either alone says, even below 0; the truth cannot.
    total = max(of_seed + of_item - of_rest, of_seed, of_item)
    divisor = (
        of_seed**2 / (seeds - 1)
        + of_item**2 / (items - 1)
        + of_rest**2 / ((seeds - 1) * (items - 1))
    )
    count = found.size
    return float(mean), float(total / count), float(divisor / count**2)
