"""The entropy of one variable, as a term an item: k-nearest neighbours for columns, counts for categories."""

import numpy as np
from scipy.special import digamma, gammaln
from sklearn.neighbors import NearestNeighbors

from mi_cot_lib.errors import ConfigError

NEIGHBOURS = 3


def density_terms(white: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Estimate the differential entropy of a white variable, as a term an item.

    By k nearest neighbours (Kozachenko and Leonenko 1987),

        H = ψ(n) − ψ(k) + log(volume of the unit ball) + d E[log distance to the k-th neighbour],

    with neighbours among all items and the mean over the chosen ones; or, where that is smaller, by the
    cross-entropy to the standard normal density, which no entropy exceeds on average. The first is
    consistent, but grows too large with the dimension (by 0.7 nats for 10,000 items of a Gaussian in 20):
    neighbours are far, and on the way to them the density falls. The second is exact for a Gaussian.

    Args:
        white: `(items, dims)`, with mean 0 and covariance 1.
        chosen: Indices of the items whose terms are wanted.

    Returns:
        `(chosen,)`, in nats; their mean is the estimate.

    Raises:
        ConfigError: Values recur, so that there is no density.
    """
    items, dims = white.shape
    found = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(white)
    distances = found.kneighbors(white[chosen])[0][:, -1]
    if not distances.all():
        raise ConfigError(
            f"some rows of v occur more than {NEIGHBOURS} times: it has no density; give a discrete "
            "variable as (items,) of integers, or take infonce."
        )
    ball = dims / 2 * np.log(np.pi) - gammaln(dims / 2 + 1)
    near = digamma(items) - digamma(NEIGHBOURS) + ball + dims * np.log(distances)
    return min(near, normal_terms(white[chosen]), key=np.mean)


def normal_terms(white: np.ndarray) -> np.ndarray:
    """Return −log of the standard normal density of each row, `(items,)` in nats."""
    return (white**2).sum(axis=1) / 2 + white.shape[1] / 2 * np.log(2 * np.pi)


def frequency_terms(codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Estimate a discrete variable's entropy by its frequencies, as a term an item.

    Too small on average, by about (categories − 1) / 2 items (Miller 1955).

    Args:
        codes: `(items,)`, from 0.
        weights: `(items,)`, with mean 1: how much each item counts. Default: all alike.

    Returns:
        `(items,)`, −log frequency of each item's value, in nats.
    """
    return -np.log(np.bincount(codes, weights)[codes] / len(codes))


def miller_madow(codes: np.ndarray) -> tuple[float, float]:
    """Estimate a discrete variable's entropy by its frequencies, without and with Miller's correction.

    The first is too small on average; (values seen − 1) / 2 items are added to the second (Miller 1955),
    which leaves a bias of second order where every value is seen, and some more where many are not.

    Args:
        codes: `(items,)`, from 0.

    Returns:
        Both, in nats.
    """
    plug_in = float(frequency_terms(codes).mean())
    return plug_in, plug_in + (len(np.unique(codes)) - 1) / (2 * len(codes))
