"""Normal scores: each coordinate by its ranks alone, so that no monotone map of it changes an estimate.

I(Z;V) is the same for z and for z³ or exp z, coordinate by coordinate; a critic or decoder that starts from a
Gaussian is not, nor a mean of exponentials. Ranks mapped to normal quantiles make the two agree.
"""

import numpy as np
from scipy.special import ndtri

NORMAL_SCORES, AS_GIVEN = "normal_scores", "as_given"
MARGINALS = (NORMAL_SCORES, AS_GIVEN)
# Standard deviations. A map through every single rank would follow the noise of its items.
STEP = 0.1
_LEAST = np.finfo(float).tiny


def normal_scores(train: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Map a column so that the train part's values become normal quantiles.

    The value of rank i of n has the quantile Φ⁻¹(i / (n + 1)) (van der Waerden 1952), equal values that of
    their middle rank. Values whose quantiles lie in one step of a tenth make one knot, their mean, and the
    map is linear between knots: so a Gaussian column is hardly bent, and a monotone map undone to within
    a step. Beyond the last knot it goes on as steeply, and bends towards a limit, half of the way to which is
    Φ⁻¹((n + ½) / (n + 1)); before the first likewise. (scikit-learn's `QuantileTransformer` sends the
    largest value itself to 5.2, however few values there are, and all beyond it.)

    Args:
        train: `(items,)`, finite, that the map is fitted to.
        column: `(others,)`, finite, to be mapped.

    Returns:
        `(others,)`, finite.
    """
    items = len(train)
    values, counts = np.unique(train, return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2 + 0.5) / (items + 1))
    # In units in which sums and differences of the largest floats do not overflow.
    unit = max(np.abs(values).max(), _LEAST)
    _, steps = np.unique(np.floor(scores / STEP), return_inverse=True)
    sizes = np.bincount(steps, counts)
    knots, at = (np.bincount(steps, counts * one) / sizes for one in (values / unit, scores))
    edge = float(ndtri((items + 0.5) / (items + 1)))
    with np.errstate(over="ignore"):
        column = column / unit
    above = _beyond(column - knots[-1], knots[-2:], at[-2:], edge - at[-1])
    below = _beyond(knots[0] - column, -knots[1::-1], -at[1::-1], edge + at[0])
    return np.interp(column, knots, at) + above - below


def _beyond(distance: np.ndarray, knots: np.ndarray, at: np.ndarray, halfway: float) -> np.ndarray:
    """Rise from 0 by the slope of the last two knots, to at most twice the given height."""
    with np.errstate(over="ignore"):
        steps = np.maximum(distance, 0) / max(knots[-1] - knots[0], _LEAST)
        return 2 * halfway * (1 - 1 / (1 + steps * (at[-1] - at[0] or 1.0) / (2 * halfway)))
