"""How far a mean must lie from 0 for a two-sided test to find it as often as one asks."""

from functools import cache

import numpy as np
from scipy import stats
from scipy.integrate import tanhsinh
from scipy.optimize import brentq

# Beyond this many standard deviations a normal variable is not met in double precision.
_FARTHEST = 9.0


@cache
def shift_found(power: float, alpha: float, df: int | None = None) -> float:
    """Return the true mean, in standard errors, that a two-sided test finds with the given power.

    Args:
        power: Share of repetitions that would find it, between 0 and 1.
        alpha: Level of the test, between 0 and 1.
        df: Degrees of freedom of Student's t; None for the normal test.

    Returns:
        The noncentrality, 0 where the test finds as much by chance alone.
    """
    critical = stats.norm.isf(alpha / 2) if df is None else stats.t.isf(alpha / 2, df)

    def too_often_missed(shift: float) -> float:
        return _missed(shift, critical, df) - (1 - power)

    if too_often_missed(0.0) <= 0:
        return 0.0
    high = critical
    while too_often_missed(high) > 0:
        high *= 2
    return float(brentq(too_often_missed, 0.0, high))


def _missed(shift: float, critical: float, df: int | None) -> float:
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
