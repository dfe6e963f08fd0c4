"""Verdicts on declared comparisons: higher, lower, the same within a margin, or undecided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import PairedDifference, holm, paired_difference

HIGHER, LOWER, SAME, UNDECIDED = "higher", "lower", "same within the margin", "undecided"
# Family-wise error of the differences among the declared comparisons of one item, and of the samenesses.
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the seeds decide about a difference.

    Attributes:
        decision: `higher` or `lower` where the paired t-test over seeds rejects no difference; else
            `same within the margin` where two one-sided tests reject a difference as large as the margin, or
            where both sides are equal for every one of several seeds; else `undecided`.
        found: The difference with its 95% interval, uncorrected.
        p_holm: Of the two-sided test, Holm-corrected; None where the seeds give none. `p_same` likewise of
            the two one-sided tests (the larger).
    """

    decision: str
    found: PairedDifference
    p_holm: float | None
    p_same: float | None


def decide(
    pairs: Sequence[tuple[Mapping[int, float], Mapping[int, float]]], margins: Sequence[float]
) -> list[Verdict]:
    """Decide all declared comparisons of one item together (Holm 1979; Schuirmann 1987 for “same”).

    By comparison `pairs` hold seed to value of the one side and of the other, which is subtracted, and
    `margins` the smallest difference of interest, above 0, in the values' unit.

    Raises:
        ConfigError: A margin is not above 0, or a pair shares no seed.
    """
    if not all(0 < margin < np.inf for margin in margins):
        raise ConfigError(f"margins must be finite and above 0, got {list(margins)}.")
    found = [paired_difference(a, b) for a, b in pairs]
    differing = holm([one.p for one in found])
    same = holm(
        [
            None if one.p is None else _two_one_sided(a, b, margin)
            for one, (a, b), margin in zip(found, pairs, margins, strict=True)
        ]
    )
    return [
        Verdict(_decision(one, p, p_same), one, p, p_same)
        for one, p, p_same in zip(found, differing, same, strict=True)
    ]


def _two_one_sided(a: Mapping[int, float], b: Mapping[int, float], margin: float) -> float:
    differences = [a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())]
    above = stats.ttest_1samp(differences, -margin, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, margin, alternative="less").pvalue
    return float(max(above, below))


def _decision(found: PairedDifference, p: float | None, p_same: float | None) -> str:
    if p is not None and p < _LEVEL:
        return HIGHER if found.difference.mean > 0 else LOWER
    if p_same is not None and p_same < _LEVEL:
        return SAME
    # Equal for every seed is no sample of anything that scatters: both sides compute the same.
    if p is None and len(found.seeds) > 1 and found.difference.mean == 0:
        return SAME
    return UNDECIDED
