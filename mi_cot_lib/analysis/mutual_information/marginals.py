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


def normal_scores(train: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Map a column so that the train part's values become normal quantiles.

    The value of rank i of n has the quantile Φ⁻¹(i / (n + 1)) (van der Waerden 1952), equal values that of
    their middle rank. Values whose quantiles lie in one step of a tenth make one knot, their mean, and the
    map is linear between knots: so a Gaussian column is hardly bent, and a monotone map undone to within
    a step. What lies beyond the last knot gets Φ⁻¹((n + ½) / (n + 1)), as its distance says nothing that a
    monotone map could not change; below the first likewise. (scikit-learn's `QuantileTransformer` sends
    the largest value itself to 5.2, however few values there are.)

    Args:
        train: `(items,)`, finite, that the map is fitted to.
        column: `(others,)`, finite, to be mapped.

    Returns:
        `(others,)`, finite.
    """
    items = len(train)
    values, counts = np.unique(train, return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2 + 0.5) / (items + 1))
    low, high = ndtri(np.array([0.5, items + 0.5]) / (items + 1))
    # In units in which sums and differences of the largest floats do not overflow.
    unit = max(np.abs(values).max(), np.finfo(float).tiny)
    _, steps = np.unique(np.floor(scores / STEP), return_inverse=True)
    sizes = np.bincount(steps, counts)
    knots, at = (np.bincount(steps, counts * one) / sizes for one in (values / unit, scores))
    with np.errstate(over="ignore"):
        return np.interp(column / unit, knots, at, left=low, right=high)
