"""What an estimate says of itself, and its interval from resampled held-out items."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mi_cot_lib.analysis.mutual_information.variables import Pairs

RESAMPLES = 200
_Z95 = 1.96

# Takes (resamples, items) counts of each held-out item and returns (resamples,) estimates in nats.
Statistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class MiEstimate:
    """An estimate of the mutual information of two variables.

    Attributes:
        nats: The estimate. Read from held-out items, so it can fall below 0 where there is nothing to find.
        low: Lower end of a 95% interval over held-out items that might have been drawn instead. Critic
            or decoder are as trained: neither training again nor a bound's gap to the truth is in it.
        high: Upper end.
        bounds: What the estimate bounds, in words.
        estimator: Its name.
        cap: What it cannot exceed, whatever the truth (nats); None where nothing limits it.
        train_items: Items that it was fitted on, those for validation included.
        held_out_items: Items that it was read from.
    """

    nats: float
    low: float
    high: float
    bounds: str
    estimator: str
    cap: float | None
    train_items: int
    held_out_items: int


def resampled(
    pairs: Pairs, statistic: Statistic, *, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Read an estimate off the held-out items, with a bootstrap interval (Efron 1979).

    An item is drawn as a whole: with it go its score and its part in every pair of items. The interval
    is the estimate ± 1.96 bootstrap standard errors. Of a mean of exponentials (`nwj`, `mine`) it can be
    too short at many nats: what makes the error large may be a pair that was not drawn.

    Args:
        pairs: The items.
        statistic: The estimate under each item's count.
        estimator: Its name.
        bounds: What it bounds.
        cap: What it cannot exceed.
    """
    items = len(pairs.held_out)
    nats = float(statistic(np.ones((1, items)))[0])
    counts = np.random.default_rng(pairs.seed).multinomial(
        items, np.full(items, 1 / items), size=RESAMPLES
    )
    half = _Z95 * float(np.std(statistic(counts.astype(float)), ddof=1))
    return with_half_width(pairs, nats, half, estimator=estimator, bounds=bounds, cap=cap)


def with_half_width(
    pairs: Pairs, nats: float, half: float, *, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Put an estimate and half the width of its interval together."""
    high = nats + half if cap is None else min(nats + half, cap)
    return MiEstimate(
        nats=nats,
        low=nats - half,
        high=high,
        bounds=bounds,
        estimator=estimator,
        cap=cap,
        train_items=len(pairs.train) + len(pairs.valid),
        held_out_items=len(pairs.held_out),
    )


def mean_of(values: np.ndarray) -> Statistic:
    """Make the statistic that is the mean of a value an item."""
    return lambda counts: counts @ values / counts.sum(axis=1)


def pair_mean(values: np.ndarray, counts: np.ndarray, *, same: bool) -> np.ndarray:
    """Average a value over pairs of items, by resample.

    Args:
        values: `(items, items)`.
        counts: `(resamples, items)`.
        same: Whether an item is paired with itself, too.

    Returns:
        `(resamples,)`.
    """
    total = ((counts @ values) * counts).sum(axis=1)
    pairs = counts.sum(axis=1) ** 2
    if not same:
        squares = counts**2
        total, pairs = total - squares @ np.diag(values), pairs - squares.sum(axis=1)
    return total / pairs
