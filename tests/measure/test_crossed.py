"""Seeds and items both count: intervals hold their level where those over one of the two alone do not."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.crossed import crossed_difference

SEEDS, ITEMS = 8, 60


def drawn(rng, mean=0.0, seed=0.5, item=0.5, rest=1.0, seeds=SEEDS, items=ITEMS):
    found = (
        mean
        + seed * rng.standard_normal((seeds, 1))
        + item * rng.standard_normal(items)
        + rest * rng.standard_normal((seeds, items))
    )
    return found, np.zeros_like(found)


def answered(rng, seeds, items=200):
    """Return 0 or 100 for each item of two sides that are as good; seeds and items differ."""
    found = []
    hard = rng.standard_normal(items)
    for _ in range(2):
        good = 1 + 0.3 * rng.standard_normal((seeds, 1)) + 0.3 * rng.standard_normal(items) + hard
        found.append(100.0 * (good + rng.standard_normal((seeds, items)) > 0))
    return found[0], found[1]


def level(rng, sets, **spreads):
    """How often no difference is rejected at 5%, by both and over items alone."""
    crossed, items = 0, 0
    for _ in range(400):
        pairs = [drawn(rng, **spreads) for _ in range(sets)]
        crossed += crossed_difference(pairs, 1.0).p < 0.05
        items += stats.ttest_1samp(pairs[0][0].mean(axis=0), 0.0).pvalue < 0.05
    return crossed / 400, items / 400


@pytest.mark.parametrize("sets", [1, 3])
@pytest.mark.parametrize("spreads", [{}, {"seed": 0.0}, {"item": 0.0}])
def test_no_difference_is_rejected_as_often_as_said(sets, spreads):
    crossed, items = level(np.random.default_rng(1), sets, **spreads)
    assert crossed <= 0.09
    if sets == 1 and spreads.get("seed", 0.5):
        assert items > 0.3


@pytest.mark.parametrize("seeds", [3, 5, 12])
def test_of_right_and_wrong_answers_no_difference_is_rejected_as_often_as_said(seeds):
    rng = np.random.default_rng(4)
    rejected = [crossed_difference([answered(rng, seeds)], 1.0).p < 0.05 for _ in range(600)]
    # Three standard errors of what 600 repetitions show.
    assert np.mean(rejected) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_without_item_effects_it_is_the_paired_test_over_seeds():
    a, b = drawn(np.random.default_rng(2), mean=0.3, item=0.0, rest=0.0)
    found = crossed_difference([(a, b)], 1.0)
    expected = stats.ttest_1samp(a.mean(axis=1), 0.0)
    assert found.mean == pytest.approx(a.mean()) and found.p == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_small_differences_are_the_same_within_a_wide_margin_and_large_ones_are_not():
    rng = np.random.default_rng(3)
    near = crossed_difference([drawn(rng, seed=0.05, item=0.05) for _ in range(4)], 0.5)
    assert near.p_same < 0.001 and near.in_margin > 0.999 and near.sets == 4
    far = crossed_difference([drawn(rng, mean=2.0)], 0.5)
    assert far.p_same > 0.99 and far.in_margin < 0.01 and far.p < 0.01


def test_equal_outcomes_are_the_same_without_doubt():
    same = np.ones((3, 4))
    found = crossed_difference([(same, same)], 1.0)
    assert (found.mean, found.p, found.p_same, found.in_margin) == (0.0, 1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "sets, margin",
    [
        ([], 1.0),
        ([(np.zeros((2, 3)), np.zeros((2, 4)))], 1.0),
        ([(np.zeros((1, 3)), np.zeros((1, 3)))], 1.0),
        ([(np.zeros((2, 3)), np.zeros((2, 3)))], 0.0),
    ],
)
def test_what_cannot_be_compared_is_refused(sets, margin):
    with pytest.raises(ConfigError, match="needs"):
        crossed_difference(sets, margin)
