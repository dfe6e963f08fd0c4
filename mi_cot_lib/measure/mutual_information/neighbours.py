"""What needs no network: entropies and `ksg`, from nearest neighbours and from counts."""

from collections.abc import Callable

import numpy as np
from scipy.special import digamma, gammaln
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score
from sklearn.neighbors import NearestNeighbors

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate, Pairs, with_half_width
from mi_cot_lib.measure.mutual_information.variables import Variable, same_rows

_NEIGHBOURS = 3
_GROUPS = 8
_T95 = 2.365  # Student's t with seven degrees of freedom.
# Of the items: single floats tie by chance now and then, rounded ones and copies all over.
_MOST_TIES = 0.01


def density_terms(white: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Estimate the differential entropy of a white variable, as a term an item.

    By k nearest neighbours (Kozachenko and Leonenko 1987),

        H = ψ(n) − ψ(k) + log(volume of the unit ball) + d E[log distance to the k-th neighbour],

    with neighbours among all items and the mean over the chosen ones; or, where that is smaller, by the
    cross-entropy to the standard normal density, which no entropy exceeds on average. The first is
    consistent, but grows too large with the dimension (by 0.7 nats for 10,000 items of a Gaussian in 20):
    neighbours are far, and on the way to them the density falls. The second is exact for a Gaussian.

    Takes `(items, dims)` with mean 0 and covariance 1 and the chosen indices, and returns `(chosen,)` in
    nats; their mean is the estimate. Where values recur there is no density, and ConfigError says so.
    """
    items, dims = white.shape
    found = NearestNeighbors(n_neighbors=_NEIGHBOURS + 1).fit(white)
    distances = found.kneighbors(white[chosen])[0][:, -1]
    if not distances.all():
        raise ConfigError(
            f"some rows of v occur more than {_NEIGHBOURS} times: it has no density; give a discrete "
            "variable as (items,) of integers, or take infonce."
        )
    ball = dims / 2 * np.log(np.pi) - gammaln(dims / 2 + 1)
    near = digamma(items) - digamma(_NEIGHBOURS) + ball + dims * np.log(distances)
    return min(near, normal_terms(white[chosen]), key=np.mean)


def normal_terms(white: np.ndarray) -> np.ndarray:
    """Return −log of the standard normal density of each row, `(items,)` in nats."""
    return (white**2).sum(axis=1) / 2 + white.shape[1] / 2 * np.log(2 * np.pi)


def frequency_terms(codes: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return −log frequency of each item's value, `(items,)` in nats: of a discrete variable's entropy.

    Too small on average, by about (categories − 1) / 2 items (Miller 1955). Weights, `(items,)` with mean 1,
    say how much each item counts.
    """
    return -np.log(np.bincount(codes, weights)[codes] / len(codes))


def miller_madow(codes: np.ndarray) -> tuple[float, float]:
    """Estimate a discrete variable's entropy in nats, without and with Miller's correction.

    The first is too small on average; (values seen − 1) / 2 items are added to the second (Miller 1955),
    which leaves a bias of second order where every value is seen, and some more where many are not.
    """
    plug_in = float(frequency_terms(codes).mean())
    return plug_in, plug_in + (len(np.unique(codes)) - 1) / (2 * len(codes))


def ksg(pairs: Pairs) -> MiEstimate:
    """Sum Kraskov–Stögbauer–Grassberger estimates over pairs of canonical coordinates.

    The i-th coordinate of z with the i-th of v (Kraskov et al. 2004, Equation 8), or with the categories
    of a discrete v (Ross 2014); the coordinates are found on the train part, the estimate is made on the
    held-out part. The sum is the mutual information of Gaussians. In general it bounds nothing: what
    joins different coordinates is missed, and what several coordinates say alike is counted again.
    scikit-learn cuts each pair's estimate at 0, which adds a little to every pair that shares nothing.
    Two discrete variables get the mutual information of their table of counts.

    The interval is Student's t over 8 groups of the held-out items, scaled to all of them: resampling
    items would make twins, which a nearest-neighbour estimate takes for structure. Values of a continuous
    variable that recur are such twins, too: more than 1% of a column's are refused.
    """
    for name, variable in (("z", pairs.z), ("v", pairs.v)):
        if variable.codes is None:
            _refuse_ties(name, variable, pairs.copies)
    held_out = pairs.held_out
    estimate = _estimator(pairs)
    groups = [estimate(group) for group in np.array_split(held_out, _GROUPS)]
    half = _T95 * float(np.std(groups, ddof=1)) / _GROUPS**0.5
    return with_half_width(pairs, estimate(held_out), half, "ksg", "neither")


def _estimator(pairs: Pairs) -> Callable[[np.ndarray], float]:
    z, v, seed = pairs.z.codes, pairs.v.codes, pairs.seed
    columns = len(pairs.correlations)

    def with_categories(columns_of: np.ndarray, codes: np.ndarray) -> float:
        return float(mutual_info_classif(columns_of, codes, random_state=seed).sum())

    def of_columns(left: np.ndarray, right: np.ndarray) -> float:
        return float(mutual_info_regression(left[:, None], right, random_state=seed)[0])

    if z is not None and v is not None:
        return lambda items: float(mutual_info_score(z[items], v[items]))
    if z is not None:
        return lambda items: with_categories(pairs.w[items, :columns], z[items])
    if v is not None:
        return lambda items: with_categories(pairs.u[items, :columns], v[items])
    return lambda items: sum(
        of_columns(pairs.u[items, i], pairs.w[items, i]) for i in range(columns)
    )


def _refuse_ties(name: str, variable: Variable, copies: np.ndarray) -> None:
    for place, column in enumerate(variable.columns.T):
        of_item = same_rows(column[:, None])
        counts = np.bincount(of_item, copies)
        ties = counts[counts > 1].sum()
        if ties > _MOST_TIES * copies.sum():
            example = column[of_item == counts.argmax()][0]
            raise ConfigError(
                f"ksg measures distances to neighbours, and {ties:.0f} of {copies.sum()} values of column "
                f"{place} of {name} recur ({example:g}, for one): of copies keep one; to rounded values add "
                "uniform noise as wide as the rounding; give few values as (items,) of integers; or take "
                "infonce."
            )
