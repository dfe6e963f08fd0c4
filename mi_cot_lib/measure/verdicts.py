"""Verdicts on declared comparisons: higher, lower, the same within a margin, or undecided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.crossed import crossed_difference
from mi_cot_lib.measure.over_seeds import holm, paired_difference

HIGHER, LOWER, SAME, UNDECIDED = "higher", "lower", "same within the margin", "undecided"
# Family-wise error of the differences among comparisons that are decided together, and of the samenesses.
LEVEL = 0.05

# What a seed came out as: one number, or the outcome of each item, which was drawn as well.
Value = float | np.ndarray
Side = Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of a − b over the seeds that both have, in the values' unit.

    Attributes:
        low, high: 95% interval, uncorrected: over seeds (paired t), or over seeds and items where there
            are outcomes of items (`crossed`). NaN where the seeds give none.
        freedom: Degrees of freedom of that interval's t.
        spread: Standard deviation between seeds; NaN with one.
        p: Of no difference, two-sided. `p_same` is of one as large as the margin: the larger of two one-sided
            tests (Schuirmann 1987). None where the seeds give none.
    """

    mean: float
    low: float
    high: float
    freedom: float
    spread: float
    seeds: tuple[int, ...]
    p: float | None
    p_same: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the seeds decide about a difference.

    Attributes:
        decision: `higher` or `lower` where no difference is rejected; else `same within the margin` where two
            one-sided tests reject a difference as large as the margin, or where both sides are equal for
            every one of several seeds; else `undecided`.
        p_holm: Of no difference, Holm-corrected; None where the seeds give none. `p_same` likewise.
    """

    decision: str
    found: Difference
    p_holm: float | None
    p_same: float | None


def difference(a: Side, b: Side, margin: float) -> Difference:
    """Compare two sides, each a value by seed, over the seeds of both.

    Raises:
        ConfigError: The margin is not above 0, no seed is shared, or a value is not finite.
    """
    if not 0 < margin < np.inf:
        raise ConfigError(f"margins must be finite and above 0, got {margin}.")
    means = [{seed: float(np.mean(value)) for seed, value in side.items()} for side in (a, b)]
    found = paired_difference(*means)
    shared = found.seeds
    mean, low, high = found.difference.mean, found.difference.low, found.difference.high
    p, p_same, freedom = found.p, None, float(len(shared) - 1)
    is_of_items = all(np.size(side[seed]) > 1 for side in (a, b) for seed in shared)
    if is_of_items and len(shared) > 1:
        outcomes = [np.stack([np.asarray(side[seed]) for seed in shared]) for side in (a, b)]
        crossed = crossed_difference([(outcomes[0], outcomes[1])], margin)
        if crossed.low < crossed.high:
            low, high, p, p_same = crossed.low, crossed.high, crossed.p, crossed.p_same
            freedom = crossed.freedom
    elif p is not None:
        each = [means[0][seed] - means[1][seed] for seed in shared]
        p_same = float(
            max(
                stats.ttest_1samp(each, -margin, alternative="greater").pvalue,
                stats.ttest_1samp(each, margin, alternative="less").pvalue,
            )
        )
    low, high, spread = (np.nan if end is None else end for end in (low, high, found.spread))
    return Difference(mean, low, high, freedom, spread, shared, p, p_same)


def decide(pairs: Sequence[tuple[Side, Side]], margin: float) -> list[Verdict]:
    """Decide comparisons together (Holm 1979); errors as for `difference`.

    Of each pair the second side is subtracted; `margin` is the smallest difference of interest, in the
    values' unit.
    """
    found = [difference(a, b, margin) for a, b in pairs]
    differing, same = holm([one.p for one in found]), holm([one.p_same for one in found])
    return [
        Verdict(_of_several(one, p, p_same), one, p, p_same)
        for one, p, p_same in zip(found, differing, same, strict=True)
    ]


def decision(mean: float, p: float | None, p_same: float | None) -> str:
    """Decide one difference from its mean and the two tests' p, None where there is none."""
    if p is not None and p < LEVEL:
        return HIGHER if mean > 0 else LOWER
    return SAME if p_same is not None and p_same < LEVEL else UNDECIDED


def _of_several(found: Difference, p: float | None, p_same: float | None) -> str:
    # Equal for every seed is no sample of anything that scatters: both sides compute the same.
    if p is None and len(found.seeds) > 1 and found.mean == 0:
        return SAME
    return decision(found.mean, p, p_same)
