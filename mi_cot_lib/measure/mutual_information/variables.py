"""The two variables as they come: checked, their copies known, each mapped to normal scores and whitened.

I(Z;V) is the same for z and for z³ or exp z, coordinate by coordinate; a critic or decoder that starts from a
Gaussian is not, nor a mean of exponentials. Ranks mapped to normal quantiles make the two agree.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.ndimage import percentile_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtri

from mi_cot_lib.errors import ConfigError

NORMAL_SCORES, AS_GIVEN = "normal_scores", "as_given"
MARGINALS = (NORMAL_SCORES, AS_GIVEN)
# Standard deviations. A map through every single rank would follow the noise of its items.
STEP = 0.1
_LEAST = np.finfo(float).tiny
_CLOSEST = 1e-300
# Relative to the largest variance of a direction: below it lies rounding, not data.
_NO_VARIANCE = 1e-10
# A gap between neighbours is a tremor, as of rounding, where it is as small as this share of their value
# and as that one of the wide gaps around it: a steep map or a large offset makes only one of them small.
_DIGITS = 1e-6
_TREMOR, _WIDE_GAPS, _AROUND = 1e-4, 90, 51
# Of the items. Where more hang together than this, values recur because they are few, as on a grid.
_WIDE = 0.1


@dataclass(frozen=True)
class Variable:
    """One of the two variables.

    Attributes:
        columns: `(items, dims)`, float64; a discrete variable's one-hot code.
        codes: `(items,)`, from 0, of a discrete variable; None for a continuous one.
    """

    columns: np.ndarray
    codes: np.ndarray | None

    def chosen(self, items: np.ndarray) -> "Variable":
        """Return the same variable of some items, by their indices."""
        return Variable(self.columns[items], None if self.codes is None else self.codes[items])


def array_of(values: Any) -> np.ndarray:
    """Return an array or a tensor as an array."""
    return values.detach().cpu().numpy() if torch.is_tensor(values) else np.asarray(values)


def checked_variable(name: str, values: Any) -> Variable:
    """Check `(items, dims)` of floats, or `(items,)` of integers for a discrete variable."""
    array = array_of(values)
    if array.ndim == 1 and array.dtype.kind in "iub":
        return _discrete(name, array)
    if array.ndim != 2 or array.dtype.kind != "f" or array.shape[1] < 1:
        raise ConfigError(
            f"{name} must be (items, dims) of floats, or (items,) of integers for a discrete "
            f"variable; got shape {array.shape} of {array.dtype}."
        )
    columns = array.astype(np.float64)
    if not np.isfinite(columns).all():
        row, column = np.argwhere(~np.isfinite(columns))[0]
        raise ConfigError(f"{name}[{row}, {column}] is {columns[row, column]}: not finite.")
    constant = np.flatnonzero((columns == columns[:1]).all(axis=0))
    if len(columns) and constant.size:
        raise ConfigError(
            f"column {constant[0]} of {name} is constant: it holds no information; leave it out."
        )
    return Variable(columns, None)


def _discrete(name: str, values: np.ndarray) -> Variable:
    kinds, codes = np.unique(values, return_inverse=True)
    if len(kinds) < 2:
        raise ConfigError(f"{name} holds one value only: it has no information to share.")
    if len(kinds) > math.sqrt(len(values)) * 4:
        raise ConfigError(
            f"{name} has {len(kinds)} different values on {len(values)} items, too few items a "
            "value; give a continuous variable as (items, dims) of floats."
        )
    return Variable(np.eye(len(kinds))[codes], codes)


def same_rows(columns: np.ndarray) -> np.ndarray:
    """Number the items, `(items, dims)`, so that rows equal but for a tremor get equal numbers, `(items,)`.

    No monotone map of a column matters, but by chance.
    """
    values = np.stack([_steps(column) for column in columns.T], axis=1)
    return np.unique(values, axis=0, return_inverse=True)[1].reshape(-1)


def _steps(column: np.ndarray) -> np.ndarray:
    order = np.argsort(column, kind="stable")
    # Halved, so that no gap overflows.
    values = column[order] / 2
    gaps = np.diff(values)
    wide = percentile_filter(gaps, _WIDE_GAPS, _AROUND)
    rises = gaps > np.minimum(_TREMOR * wide, _DIGITS * np.abs(values[1:]))
    steps = np.empty(len(column), dtype=int)
    steps[order] = np.concatenate([[0], np.cumsum(rises)])
    return steps


def hanging_together(keys: Sequence[np.ndarray]) -> np.ndarray:
    """Number the items so that those which agree in any key, however indirectly, get one number.

    Four answers to one question share its row: what was fitted to one of them knows the others. Where
    values recur so widely that a tenth of all items hang together, agreeing in one key is chance, and only
    the first key counts. Keys are numbers of the items, `(items,)` each; first that of the item as a whole.
    """
    items = len(keys[0])
    nodes, start = [], items
    for key in keys:
        nodes.append(key + start)
        start += int(key.max()) + 1
    rows, columns = np.tile(np.arange(items), len(keys)), np.concatenate(nodes)
    links = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(start, start))
    found = connected_components(links, directed=False)[1][:items]
    return keys[0] if np.bincount(found).max() > _WIDE * items else found


def first_of_each(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the first item of each number, rising, and how many items have it."""
    _, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], counts[order]


def cut_between(groups: np.ndarray, sizes: Sequence[int], seed: int) -> list[np.ndarray]:
    """Cut the items, of a group each, at random into parts that share no group.

    `sizes` are of each part but the last, which gets the rest. A group at a cut goes to the part before it.
    """
    kinds, numbers = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(kinds))
    places = np.empty_like(order)
    places[order] = np.arange(len(kinds))
    items = np.argsort(places[numbers], kind="stable")
    ends = np.append(np.flatnonzero(np.diff(places[numbers][items])) + 1, len(items))
    cuts = ends[np.searchsorted(ends, np.cumsum(sizes))]
    return np.split(items, cuts)


def normal_scores(train: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Map a column of finite values so that the train part's values become normal quantiles.

    The value of rank i of n has the quantile Φ⁻¹(i / (n + 1)) (van der Waerden 1952), equal values that of
    their middle rank. Values whose quantiles lie in one step of a tenth make one knot, their mean, and the
    map is linear between knots: so a Gaussian column is hardly bent, and a monotone map undone to within
    a step. Beyond the last knot it goes on as steeply, and bends towards a limit, half of the way to which is
    Φ⁻¹((n + ½) / (n + 1)); before the first likewise. (scikit-learn's `QuantileTransformer` sends the
    largest value itself to 5.2, however few values there are, and all beyond it.)
    """
    items = len(train)
    values, counts = np.unique(train, return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2 + 0.5) / (items + 1))
    # In units in which sums and differences of the largest floats do not overflow.
    unit = max(np.abs(values).max(), _LEAST)
    _, steps = np.unique(np.floor(scores / STEP), return_inverse=True)
    sizes = np.bincount(steps, counts)
    knots, at = (np.bincount(steps, counts * one) / sizes for one in (values / unit, scores))
    # A slope between knots that are closer beside the largest value would overflow.
    apart = np.diff(knots, prepend=-np.inf) > _CLOSEST
    knots, at = knots[apart], at[apart]
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


def whitened(
    name: str, variable: Variable, train: np.ndarray, weights: np.ndarray, marginals: str
) -> np.ndarray:
    """Map a variable so that it has mean 0 and covariance 1 on the train part, `(items, rank)`."""
    columns = variable.columns
    if marginals == NORMAL_SCORES and variable.codes is None:
        columns = np.stack([normal_scores(one[train], one) for one in columns.T], axis=1)
    inside = columns[train]
    with np.errstate(over="ignore", invalid="ignore"):
        spread = inside.std(axis=0)
    if not np.isfinite(spread).all():
        raise ConfigError(
            f"column {np.flatnonzero(~np.isfinite(spread))[0]} of {name} is too large to be squared: "
            f"divide it by something, or let marginals be {NORMAL_SCORES!r}."
        )
    # A rare category may be absent from the train part.
    seen = spread > 0
    if not seen.any():
        raise ConfigError(f"{name} does not vary on the items for training: give more items.")
    mean = np.average(inside[:, seen], axis=0, weights=weights)
    columns = (columns[:, seen] - mean) / spread[seen]
    variances, directions = np.linalg.eigh(covariance(columns, columns, train, weights))
    kept = variances > _NO_VARIANCE * variances[-1]
    return columns @ (directions[:, kept] / np.sqrt(variances[kept]))


def covariance(
    left: np.ndarray, right: np.ndarray, train: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the weighted mean product of two variables' columns over the train part."""
    return left[train].T @ (weights[:, None] * right[train]) / len(train)
