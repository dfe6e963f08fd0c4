"""Estimate the mutual information of two variables from paired items, by the name of an estimator."""

from collections.abc import Callable
from typing import Any

import torch

from mi_cot_lib.errors import unknown_name
from mi_cot_lib.measure.mutual_information.bounds import (
    barber_agakov,
    doe,
    infonce,
    mine,
    nwj,
    smile,
    vclub,
)
from mi_cot_lib.measure.mutual_information.neighbours import ksg
from mi_cot_lib.measure.mutual_information.pairs import (
    MiEstimate,
    Pairs,
    prepare_apart,
    prepare_pairs,
)
from mi_cot_lib.measure.mutual_information.variables import NORMAL_SCORES

ESTIMATORS: dict[str, Callable[[Pairs], MiEstimate]] = {
    function.__name__: function
    for function in (barber_agakov, doe, infonce, nwj, mine, smile, vclub, ksg)
}


def estimate_mi(
    z: Any, v: Any, estimator: str = "infonce", seed: int = 0, marginals: str = NORMAL_SCORES
) -> MiEstimate:
    """Estimate I(Z; V) in nats.

    Half of the items train a critic or decoder, a tenth says when to stop, and the estimate is read from
    the rest. Copies of an item count as one item that weighs more, and items that share a row of z or of v,
    such as several answers to one question, are never parted by the split. The 95% interval beside an
    estimate is of the bound's sampling noise, not of I (`MiEstimate`).

    Equal arguments give equal results on one machine and number of threads; sums in another order, as more
    threads make them, can change the last digits and with them where training stops. The global random
    states are left as they are.

    What a name stands for, its equation and how it fails is in its function's docstring; how far off each
    is where the truth is known, in `documented_error`.

    Args:
        z: `(items, dims)` of floats, or `(items,)` of integers for a discrete variable; an array or a
            tensor.
        v: Likewise, paired with z item by item. Decoders predict v from z.
        estimator: A name of `ESTIMATORS`.
        seed: Of split, starting weights, batches and resampling.
        marginals: `normal_scores` maps each coordinate to normal quantiles by its ranks on the train part,
            so that, as for I itself, no monotone map of a coordinate matters (`variables`). `as_given`
            leaves the coordinates as they are.

    Raises:
        ConfigError: An unknown name; variables that cannot be used: different lengths, too few items,
            values that are not finite, a constant column, for `ksg` values that recur; or no estimate: a
            mean of exponentials that is not finite, or that a few items carry.
    """
    return _estimated(estimator, prepare_pairs, z, v, seed, marginals)


def estimate_held_out(
    fitted: tuple[Any, Any],
    reported: tuple[Any, Any],
    estimator: str = "infonce",
    seed: int = 0,
    marginals: str = NORMAL_SCORES,
) -> MiEstimate:
    """Estimate I(Z; V) in nats as `estimate_mi`, fitted on some items and read from others of one's choice.

    For data with a split of its own: whatever else was fitted on the train items has seen no item that
    the estimate is read from.

    `fitted` are z and v to fit on; a sixth of them says when to stop. Items that are also reported on, or
    share a row of z or v with one that is, are left out. All else is as in `estimate_mi`.

    Raises:
        ConfigError: As `estimate_mi`; or the two parts differ in kind, or one is too small or too large.
    """
    return _estimated(estimator, prepare_apart, fitted, reported, seed, marginals)


def _estimated(estimator: str, prepare: Callable[..., Pairs], *given: Any) -> MiEstimate:
    if estimator not in ESTIMATORS:
        raise unknown_name("estimator", estimator, ESTIMATORS)
    pairs = prepare(*given)
    # Layers draw their starting weights from torch's global generator.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(pairs.seed)
        return ESTIMATORS[estimator](pairs)
