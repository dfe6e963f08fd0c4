"""What an estimate says of itself, its interval from resampled held-out items, and what is no estimate."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.variables import Pairs

RESAMPLES = 200
_Z95 = 1.96
# Nats. An estimate that is less sure than this, and less than its own size, says nothing.
_WIDEST = 2.0

# Takes (resamples, items) counts of each held-out item and returns (resamples,) estimates in nats.
Statistic = Callable[[np.ndarray], np.ndarray]


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


def resampled(
    pairs: Pairs, statistic: Statistic, *, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Read an estimate off the held-out items, with a bootstrap interval (Efron 1979).

    What hangs together is drawn as a whole: with an item go its score, its part in every pair of items, its
    copies, and the other answers to its question. The interval is the estimate ± 1.96 bootstrap standard
    errors. Of a mean of exponentials (`nwj`, `mine`) it can be too short at many nats: what makes the error
    large may be a pair that was not drawn.

    Args:
        pairs: The items.
        statistic: The estimate under each item's count.
        estimator: Its name.
        bounds: What it bounds.
        cap: What it cannot exceed.

    Raises:
        ConfigError: Estimate or interval is not finite, or so wide that it says nothing.
    """
    weights = pairs.weights(pairs.held_out)
    kinds, of_item = np.unique(pairs.groups[pairs.held_out], return_inverse=True)
    counts = np.random.default_rng(pairs.seed).multinomial(
        len(kinds), np.full(len(kinds), 1 / len(kinds)), size=RESAMPLES
    )
    # What overflows is refused below.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        nats = float(statistic(weights[None])[0])
        drawn = statistic(counts[:, of_item] * weights)
        half = _Z95 * float(np.std(drawn, ddof=1))
    return with_half_width(pairs, nats, half, estimator=estimator, bounds=bounds, cap=cap)


def with_half_width(
    pairs: Pairs, nats: float, half: float, *, estimator: str, bounds: str, cap: float | None = None
) -> MiEstimate:
    """Put an estimate and half the width of its interval together.

    Raises:
        ConfigError: Either is not finite, or the interval so wide that the estimate says nothing.
    """
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
