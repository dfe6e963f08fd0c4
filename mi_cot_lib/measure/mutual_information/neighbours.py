"""A k-nearest-neighbour estimate by pairs of canonical coordinates, with scikit-learn's estimators."""

from collections.abc import Callable

import numpy as np
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression
from sklearn.metrics import mutual_info_score

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.checked import Variable
from mi_cot_lib.measure.mutual_information.copies import same_rows
from mi_cot_lib.measure.mutual_information.result import MiEstimate, with_half_width
from mi_cot_lib.measure.mutual_information.variables import Pairs

_GROUPS = 8
_T95 = 2.365  # Student's t with seven degrees of freedom.
# Of the items: single floats tie by chance now and then, rounded ones and copies all over.
_MOST_TIES = 0.01


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
    variable that recur are such twins, too.

    Raises:
        ConfigError: More than 1% of a column's values recur.
    """
    for name, variable in (("z", pairs.z), ("v", pairs.v)):
        if variable.codes is None:
            _refuse_ties(name, variable, pairs.copies)
    held_out = pairs.held_out
    estimate = _estimator(pairs)
    groups = [estimate(group) for group in np.array_split(held_out, _GROUPS)]
    half = _T95 * float(np.std(groups, ddof=1)) / _GROUPS**0.5
    return with_half_width(pairs, estimate(held_out), half, estimator="ksg", bounds="neither")


def _estimator(pairs: Pairs) -> Callable[[np.ndarray], float]:
    z, v = pairs.z.codes, pairs.v.codes
    if z is not None and v is not None:
        return lambda items: float(mutual_info_score(z[items], v[items]))
    columns = len(pairs.correlations)
    if z is not None:
        return lambda items: _with_categories(pairs.w[items, :columns], z[items], pairs.seed)
    if v is not None:
        return lambda items: _with_categories(pairs.u[items, :columns], v[items], pairs.seed)
    return lambda items: sum(
        _of_columns(pairs.u[items, i], pairs.w[items, i], pairs.seed) for i in range(columns)
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


def _with_categories(columns: np.ndarray, codes: np.ndarray, seed: int) -> float:
    return float(mutual_info_classif(columns, codes, random_state=seed).sum())


def _of_columns(left: np.ndarray, right: np.ndarray, seed: int) -> float:
    return float(mutual_info_regression(left[:, None], right, random_state=seed)[0])
