"""The two variables as an estimator sees them: checked, split into parts, in canonical coordinates.

Mutual information does not change when either variable is mapped by an invertible map. Each coordinate
is therefore mapped to normal scores (`marginals`), and each variable shifted, scaled and turned, by the
train part's statistics alone, so that it is white and the i-th coordinate of the one correlates with the
i-th coordinate of the other only (canonical correlations, Hotelling 1936). Directions without variance,
such as the last column of a one-hot code, drop out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.measure.mutual_information.checked import Variable, array_of, checked_variable
from mi_cot_lib.measure.mutual_information.copies import (
    cut_between,
    first_of_each,
    hanging_together,
    same_rows,
)
from mi_cot_lib.measure.mutual_information.marginals import MARGINALS, NORMAL_SCORES, normal_scores

FEWEST_ITEMS = 100
# The scores of every held-out z with every held-out v lie in memory at once, 128 MiB in float64.
MOST_HELD_OUT = 4096
_HELD_OUT_SHARE = 0.4
_VALID_SHARE = 0.1
# Relative to the largest variance of a direction: below it lies rounding, not data.
_NO_VARIANCE = 1e-10


@dataclass(frozen=True)
class Pairs:
    """Paired items that all differ, ready to be estimated from.

    Two discrete variables recur by their nature: there every item stands for itself.

    Attributes:
        z: The first variable, as given.
        v: The second.
        u: z in canonical coordinates, `(items, rank of z)`.
        w: v in canonical coordinates, `(items, rank of v)`.
        correlations: `(the smaller rank,)`, of the i-th columns of u and w on the train part, falling.
        copies: `(items,)`, how often each item was given.
        groups: `(items,)`, equal for items that no split may part (`copies.hanging_together`).
        train: Indices of the items that parameters are fitted on.
        valid: Those that say when to stop.
        held_out: Those that the estimate is read from.
        seed: Of the split and of everything random after it.
    """

    z: Variable
    v: Variable
    u: np.ndarray
    w: np.ndarray
    correlations: np.ndarray
    copies: np.ndarray
    groups: np.ndarray
    train: np.ndarray
    valid: np.ndarray
    held_out: np.ndarray
    seed: int

    def weights(self, part: np.ndarray) -> np.ndarray:
        """Return how often each item of a part was given, `(items of it,)`, as shares with mean 1."""
        return _weights(self.copies[part])


def prepare_pairs(z: Any, v: Any, seed: int, marginals: str = NORMAL_SCORES) -> Pairs:
    """Check two variables, split their items and turn both to canonical coordinates.

    The held-out part is 40% of the items that differ and at most `MOST_HELD_OUT`; a tenth of all is for
    validation. Items that hang together lie in one part.

    Args:
        z: `(items, dims)` of floats or `(items,)` of integers; an array or a tensor.
        v: Likewise.
        seed: Of the split.
        marginals: One of `MARGINALS`.

    Raises:
        ConfigError: The shapes, types or values cannot be used; the message says which and why.
    """
    first, second = _checked_pair(z, v, seed, marginals)
    whole, groups = _recurring(first, second)
    kept, copies = first_of_each(whole)
    _refuse_few("split", len(kept), len(whole))
    _, valid, held_out = split_sizes(len(kept))
    parts = cut_between(groups[kept], [held_out, valid], seed)
    return _canonical((first, second), kept, copies, groups, parts[::-1], seed, marginals)


def prepare_apart(
    fitted: tuple[Any, Any], reported: tuple[Any, Any], seed: int, marginals: str = NORMAL_SCORES
) -> Pairs:
    """Prepare pairs whose held-out part was chosen elsewhere, such as a data set's test split.

    A sixth of the fitted items is for validation, as in `prepare_pairs`; the held-out part is all
    reported items. Items to fit on that hang together with one to report on would tell its answer, and
    are left out.

    Args:
        fitted: z and v to fit on, as `prepare_pairs` takes them.
        reported: z and v that the estimate is read from: as many columns, or the same categories.
        seed: Of the choice of the items for validation.
        marginals: One of `MARGINALS`.

    Raises:
        ConfigError: As `prepare_pairs`; or the two parts differ in kind, or one is too small or too large.
    """
    counts = [len(part[0]) for part in (fitted, reported)]
    for name, count in zip(("fit on", "report on"), counts, strict=True):
        _refuse_few(name, count, count)
    if counts[1] > MOST_HELD_OUT:
        raise ConfigError(f"at most {MOST_HELD_OUT} items to report on, got {counts[1]}.")
    if len(fitted[0]) != len(fitted[1]):
        raise ConfigError(
            f"z and v are pairs, item by item: to fit on, z has {len(fitted[0])} items, v "
            f"{len(fitted[1])}."
        )
    first, second = _checked_pair(
        _joined("z", fitted[0], reported[0]),
        _joined("v", fitted[1], reported[1]),
        seed,
        marginals,
    )
    whole, groups = _recurring(first, second)
    apart = ~np.isin(groups, groups[counts[0] :])
    apart[counts[0] :] = True
    usable = np.flatnonzero(apart)
    kept, copies = first_of_each(whole[usable])
    kept = usable[kept]
    fits = int((kept < counts[0]).sum())
    _refuse_few("fit on", fits, counts[0])
    _refuse_few("report on", len(kept) - fits, counts[1])
    share = int(_VALID_SHARE / (1 - _HELD_OUT_SHARE) * fits)
    valid, train = cut_between(groups[kept[:fits]], [share], seed)
    parts = [train, valid, np.arange(fits, len(kept))]
    return _canonical((first, second), kept, copies, groups, parts, seed, marginals)


def _refuse_few(purpose: str, left: int, given: int) -> None:
    if left < FEWEST_ITEMS:
        why = ": copies count once, and what is reported on is not fitted on"
        hint = "A variable of few values is given as (items,) of integers."
        raise ConfigError(
            f"needs at least {FEWEST_ITEMS} items to {purpose}, got "
            + (f"{given}." if left == given else f"{left} of {given}{why}. {hint}")
        )


def _recurring(first: Variable, second: Variable) -> tuple[np.ndarray, np.ndarray]:
    """Number the items by their whole row, and by what hangs together."""
    continuous = [one.columns for one in (first, second) if one.codes is None]
    if not continuous:
        every = np.arange(len(first.columns))
        return every, every
    whole = same_rows(np.hstack([first.columns, second.columns]))
    return whole, hanging_together([whole, *map(same_rows, continuous)])


def _joined(name: str, fitted: Any, reported: Any) -> np.ndarray:
    arrays = [array_of(part) for part in (fitted, reported)]
    if arrays[0].shape[1:] != arrays[1].shape[1:]:
        raise ConfigError(
            f"{name} to fit on is {arrays[0].shape}, to report on {arrays[1].shape}: only the number of "
            "items may differ."
        )
    return np.concatenate(arrays)


def _checked_pair(z: Any, v: Any, seed: int, marginals: str) -> tuple[Variable, Variable]:
    if marginals not in MARGINALS:
        raise unknown_name("marginals", marginals, MARGINALS)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ConfigError(f"seed must be an integer from 0, got {seed!r}.")
    first, second = checked_variable("z", z), checked_variable("v", v)
    if len(first.columns) != len(second.columns):
        raise ConfigError(
            f"z and v are pairs, item by item: z has {len(first.columns)} items, v "
            f"{len(second.columns)}."
        )
    return first, second


def _canonical(
    variables: tuple[Variable, Variable],
    kept: np.ndarray,
    copies: np.ndarray,
    groups: np.ndarray,
    parts: Sequence[np.ndarray],
    seed: int,
    marginals: str,
) -> Pairs:
    train, valid, held_out = parts
    first, second = (one.chosen(kept) for one in variables)
    weights = _weights(copies[train])
    white_z, white_v = (
        _whitened(name, one, train, weights, marginals)
        for name, one in (("z", first), ("v", second))
    )
    ranks = white_z.shape[1], white_v.shape[1]
    if len(train) <= sum(ranks):
        raise ConfigError(
            f"{len(train)} of {len(kept)} items are for training, and z and v together span "
            f"{sum(ranks)} dimensions: give more items, or project to fewer dimensions."
        )
    left, correlations, right = np.linalg.svd(_covariance(white_z, white_v, train, weights))
    return Pairs(
        z=first,
        v=second,
        u=white_z @ left,
        w=white_v @ right.T,
        correlations=np.clip(correlations, 0.0, 1.0),
        copies=copies,
        groups=groups[kept],
        train=train,
        valid=valid,
        held_out=held_out,
        seed=seed,
    )


def split_sizes(items: int) -> tuple[int, int, int]:
    """Return how many of so many items are for training, for validation and held out."""
    held_out = min(int(_HELD_OUT_SHARE * items), MOST_HELD_OUT)
    valid = int(_VALID_SHARE * items)
    return items - valid - held_out, valid, held_out


def _weights(copies: np.ndarray) -> np.ndarray:
    return copies / copies.mean()


def _covariance(
    left: np.ndarray, right: np.ndarray, train: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    return left[train].T @ (weights[:, None] * right[train]) / len(train)


def _whitened(
    name: str, variable: Variable, train: np.ndarray, weights: np.ndarray, marginals: str
) -> np.ndarray:
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
    variances, directions = np.linalg.eigh(_covariance(columns, columns, train, weights))
    kept = variances > _NO_VARIANCE * variances[-1]
    return columns @ (directions[:, kept] / np.sqrt(variances[kept]))
