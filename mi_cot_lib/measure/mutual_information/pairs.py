"""Pairs of items: split into parts, in canonical coordinates; and an estimate read off the held-out part.

Mutual information does not change when either variable is mapped by an invertible map. Each coordinate
is therefore mapped to normal scores (`variables`), and each variable shifted, scaled and turned, by the
train part's statistics alone, so that it is white and the i-th coordinate of the one correlates with the
i-th coordinate of the other only (canonical correlations, Hotelling 1936). Directions without variance,
such as the last column of a one-hot code, drop out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.measure.mutual_information.variables import (
    MARGINALS,
    Variable,
    array_of,
    checked_variable,
    covariance,
    cut_between,
    first_of_each,
    hanging_together,
    same_rows,
    whitened,
)

# The scores of every held-out z with every held-out v lie in memory at once, 128 MiB in float64.
MOST_HELD_OUT = 4096
_FEWEST_ITEMS = 100
_HELD_OUT_SHARE = 0.4
_VALID_SHARE = 0.1
_RESAMPLES = 200
_Z95 = 1.96
# Nats. An estimate that is less sure than this, and less than its own size, says nothing.
_WIDEST = 2.0

# Takes (resamples, items) counts of each held-out item and returns (resamples,) estimates in nats.
Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Pairs:
    """Paired items that all differ, ready to be estimated from.

    Two discrete variables recur by their nature: there every item stands for itself.

    Attributes:
        u: z in canonical coordinates, `(items, rank of z)`; w likewise of v.
        correlations: `(the smaller rank,)`, of the i-th columns of u and w on the train part, falling.
        copies: `(items,)`, how often each item was given.
        groups: `(items,)`, equal for items that no split may part (`variables.hanging_together`).
        train: Indices of the items that parameters are fitted on; `valid` say when to stop, and the estimate
            is read from `held_out`.
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


@dataclass(frozen=True, slots=True)
class MiEstimate:
    """An estimate of the mutual information of two variables.

    Attributes:
        nats: The estimate. Read from held-out items, so it can fall below 0 where there is nothing to find.
        low: Lower end of a 95% interval of the *bound's sampling noise*: where the estimate would lie with
            other held-out items. It is no interval for I: critic or decoder are as trained, and neither
            training again nor the bound's gap to I is in it. I can lie far outside.
        high: Upper end.
        bounds: What the estimate bounds, in words.
        estimator: Its name.
        cap: What it cannot exceed, whatever the truth (nats); None where nothing limits it.
        train_items: Items that it was fitted on, those for validation included; copies count once.
        held_out_items: Items that it was read from; copies count once.
    """

    nats: float
    low: float
    high: float
    bounds: str
    estimator: str
    cap: float | None
    train_items: int
    held_out_items: int


def prepare_pairs(z: Any, v: Any, seed: int, marginals: str) -> Pairs:
    """Check two variables, split their items and turn both to canonical coordinates.

    The held-out part is 40% of the items that differ and at most `MOST_HELD_OUT`; a tenth of all is for
    validation. Items that hang together lie in one part.
    """
    variables = _checked_pair(z, v, seed, marginals)
    whole, groups = _recurring(*variables)
    kept, copies = first_of_each(whole)
    _refuse_few("split", len(kept), len(whole))
    _, valid, held_out = split_sizes(len(kept))
    parts = cut_between(groups[kept], [held_out, valid], seed)
    return _canonical(variables, kept, copies, groups, parts[::-1], seed, marginals)


def prepare_apart(
    fitted: tuple[Any, Any], reported: tuple[Any, Any], seed: int, marginals: str
) -> Pairs:
    """Prepare pairs whose held-out part was chosen elsewhere, such as a data set's test split.

    A sixth of the fitted items is for validation, as in `prepare_pairs`; the held-out part is all
    reported items. Items to fit on that hang together with one to report on would tell its answer, and
    are left out.
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
    z, v = (_joined(name, *parts) for name, *parts in zip("zv", fitted, reported, strict=True))
    variables = _checked_pair(z, v, seed, marginals)
    whole, groups = _recurring(*variables)
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
    return _canonical(variables, kept, copies, groups, parts, seed, marginals)


def split_sizes(items: int) -> tuple[int, int, int]:
    """Return how many of so many items are for training, for validation and held out."""
    held_out = min(int(_HELD_OUT_SHARE * items), MOST_HELD_OUT)
    valid = int(_VALID_SHARE * items)
    return items - valid - held_out, valid, held_out


def resampled(
    pairs: Pairs, statistic: Statistic, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Read an estimate off the held-out items, with a bootstrap interval (Efron 1979).

    What hangs together is drawn as a whole: with an item go its score, its part in every pair of items, its
    copies, and the other answers to its question. The interval is the estimate ± 1.96 bootstrap standard
    errors. Of a mean of exponentials (`nwj`, `mine`) it can be too short at many nats: what makes the error
    large may be a pair that was not drawn.
    """
    weights = pairs.weights(pairs.held_out)
    kinds, of_item = np.unique(pairs.groups[pairs.held_out], return_inverse=True)
    counts = np.random.default_rng(pairs.seed).multinomial(
        len(kinds), np.full(len(kinds), 1 / len(kinds)), size=_RESAMPLES
    )
    # What overflows is refused below.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        nats = float(statistic(weights[None])[0])
        drawn = statistic(counts[:, of_item] * weights)
        half = _Z95 * float(np.std(drawn, ddof=1))
    return with_half_width(pairs, nats, half, estimator, bounds, cap)


def with_half_width(
    pairs: Pairs, nats: float, half: float, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Put an estimate and half the width of its interval together; refuse what says nothing."""
    # Written so that what is not a number is refused.
    if not (np.isfinite(nats) and half <= max(_WIDEST, nats)):
        raise ConfigError(
            f"{estimator} has no estimate here: it comes to {nats:.3g} ± {half:.3g} nats, as a few "
            f"held-out items carry the whole mean. Give more than {len(pairs.copies)} items or fewer "
            "dimensions, leave marginals at 'normal_scores', or take another estimator: infonce bears most."
        )
    # Rounding can lift an estimate above its cap by its last digit.
    most = np.inf if cap is None else cap
    return MiEstimate(
        nats=min(nats, most),
        low=nats - half,
        high=min(nats + half, most),
        bounds=bounds,
        estimator=estimator,
        cap=cap,
        train_items=len(pairs.train) + len(pairs.valid),
        held_out_items=len(pairs.held_out),
    )


def _refuse_few(purpose: str, left: int, given: int) -> None:
    if left < _FEWEST_ITEMS:
        why = ": copies count once, and what is reported on is not fitted on"
        hint = "A variable of few values is given as (items,) of integers."
        raise ConfigError(
            f"needs at least {_FEWEST_ITEMS} items to {purpose}, got "
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
    z, v = (one.chosen(kept) for one in variables)
    weights = _weights(copies[train])
    white_z, white_v = (
        whitened(name, one, train, weights, marginals) for name, one in (("z", z), ("v", v))
    )
    ranks = white_z.shape[1] + white_v.shape[1]
    if len(train) <= ranks:
        raise ConfigError(
            f"{len(train)} of {len(kept)} items are for training, and z and v together span "
            f"{ranks} dimensions: give more items, or project to fewer dimensions."
        )
    left, correlations, right = np.linalg.svd(covariance(white_z, white_v, train, weights))
    u, w, correlations = white_z @ left, white_v @ right.T, np.clip(correlations, 0.0, 1.0)
    return Pairs(z, v, u, w, correlations, copies, groups[kept], train, valid, held_out, seed)


def _weights(copies: np.ndarray) -> np.ndarray:
    return copies / copies.mean()
