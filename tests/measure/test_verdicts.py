"""Verdicts against numbers whose answer is known, and against statsmodels' own two one-sided tests."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.crossed import crossed_difference
from mi_cot_lib.measure.verdicts import HIGHER, LOWER, SAME, UNDECIDED, decide

NONE = dict.fromkeys(range(5), 50.0)
NO_MARGINS = (0.0, -1.0, float("inf"), float("nan"))


def gains(*values):
    """Return a comparison whose differences over seeds are these."""
    return {seed: 50 + value for seed, value in enumerate(values)}, NONE


@pytest.mark.parametrize(
    ("pair", "decision"),
    [
        (gains(3.0, 3.5, 2.5, 3.2, 2.9), HIGHER),
        (gains(-3.0, -3.5, -2.5, -3.2, -2.9), LOWER),
        (gains(0.1, -0.2, 0.3, 0.0, -0.1), SAME),
        (gains(3.0, -4.0, 5.0, -2.0, 1.0), UNDECIDED),
        # A difference that is clear and smaller than the margin is still one.
        (gains(0.3, 0.31, 0.29, 0.3, 0.32), HIGHER),
        # Equal for every seed: both sides compute the same; one seed alone says nothing.
        (gains(0.0, 0.0, 0.0), SAME),
        (gains(0.0), UNDECIDED),
        (gains(9.0), UNDECIDED),
        (gains(1.0, 1.0, 1.0), UNDECIDED),
    ],
)
def test_differences_are_decided(pair, decision):
    (verdict,) = decide([pair], 2.0)
    assert verdict.decision == decision
    assert (verdict.found.mean > 0) == (sum(pair[0].values()) > 50 * len(pair[0]))


@pytest.mark.parametrize("seed", range(8))
def test_sameness_is_that_of_two_one_sided_paired_tests(seed):
    generator = np.random.default_rng(seed)
    margin = generator.uniform(0.1, 5)
    pair = gains(*generator.normal(generator.normal(), 1.0, generator.integers(3, 6)))
    one, other = (np.array([side[seed] for seed in pair[0]]) for side in pair)
    (verdict,) = decide([pair], margin)
    assert verdict.p_same == pytest.approx(ttost_paired(one, other, -margin, margin)[0])
    assert verdict.p_holm == pytest.approx(stats.ttest_rel(one, other).pvalue)


def test_all_that_is_decided_together_is_corrected_together():
    # Alone p is 0.02; beside two more comparisons it is not below 0.05 any more.
    clear, unclear = gains(1.0, 2.0, 3.0, 1.0, 0.5), gains(3.0, -4.0, 5.0, -2.0, 1.0)
    (alone,) = decide([clear], 0.1)
    together = decide([clear, unclear, unclear], 0.1)
    assert (alone.decision, together[0].decision) == (HIGHER, UNDECIDED)
    assert together[0].p_holm == pytest.approx(3 * alone.p_holm)
    # What gives no p, with one seed, is no comparison that others pay for.
    (beside, _) = decide([clear, gains(1.0)], 0.1)
    assert beside.p_holm == alone.p_holm


def test_outcomes_of_items_are_compared_over_seeds_and_items_together():
    generator = np.random.default_rng(3)
    a, b = (generator.integers(0, 2, (6, 50)) * 100.0 for _ in "ab")
    # A seed that only one side has does not count.
    sides = dict(enumerate(a)), {**dict(enumerate(b)), 9: b[0]}
    (verdict,) = decide([sides], 2.0)
    twin = crossed_difference([(a, b)], 2.0)
    found = verdict.found
    assert found.seeds == tuple(range(6))
    assert (found.mean, found.low, found.high) == pytest.approx((twin.mean, twin.low, twin.high))
    assert (verdict.p_holm, verdict.p_same) == pytest.approx((twin.p, twin.p_same))
    assert found.spread == pytest.approx(np.std(a.mean(1) - b.mean(1), ddof=1))
    # One seed says nothing of other seeds, and equal outcomes of nothing that scatters.
    (one,) = decide([(dict(enumerate(a[:1])), dict(enumerate(b[:1])))], 2.0)
    assert (one.decision, one.p_holm) == (UNDECIDED, None)
    (same,) = decide([(dict(enumerate(a)), dict(enumerate(a)))], 2.0)
    assert (same.decision, same.p_holm) == (SAME, None)


@pytest.mark.parametrize(
    ("pair", "margin", "said"),
    [
        *((gains(1.0, 2.0), margin, "margins must be finite and above 0") for margin in NO_MARGINS),
        (({0: 1.0}, {1: 2.0}), 1.0, "seeds"),
        (gains(float("nan"), 1.0), 1.0, "finite"),
    ],
)
def test_what_cannot_be_decided_is_refused(pair, margin, said):
    with pytest.raises(ConfigError, match=said):
        decide([pair], margin)
    assert decide([], 1.0) == []
