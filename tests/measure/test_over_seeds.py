"""Intervals and tests against closed forms that the library does not use."""

import math
from statistics import NormalDist, fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import (
    accuracy_half_width,
    holm,
    items_needed,
    mean_interval,
    paired_difference,
    seeds_needed,
    smallest_detectable_difference,
    smallest_detectable_over_seeds,
)

THREE = st.lists(st.integers(0, 1000).map(lambda n: n / 10), min_size=3, max_size=3)


def t_quantile_two_degrees(confidence: float) -> float:
    """Student's t with two degrees of freedom has a quantile in closed form."""
    return confidence / math.sqrt((1 - confidence**2) / 2)


@settings(deadline=None)
@given(values=THREE, confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_interval_of_three_seeds_equals_the_closed_form(values, confidence):
    estimate = mean_interval(values, confidence)
    assert estimate.mean == pytest.approx(fmean(values)) and estimate.n == 3
    if len(set(values)) == 1:
        assert estimate.low is None and estimate.high is None
    else:
        half = t_quantile_two_degrees(confidence) * stdev(values) / math.sqrt(3)
        assert estimate.low == pytest.approx(fmean(values) - half, abs=1e-8)
        assert estimate.high == pytest.approx(fmean(values) + half, abs=1e-8)


def test_one_seed_has_a_mean_and_no_interval():
    estimate = mean_interval([53.6])
    assert (estimate.mean, estimate.low, estimate.high, estimate.n) == (53.6, None, None, 1)


@settings(deadline=None)
@given(a=THREE, b=THREE)
def test_paired_p_of_three_seeds_equals_the_closed_form(a, b):
    paired = paired_difference(dict(enumerate(a)), dict(enumerate(b)))
    differences = [x - y for x, y in zip(a, b, strict=True)]
    spread = stdev(differences)
    assert paired.difference.mean == pytest.approx(fmean(differences), abs=1e-9)
    if spread < 1e-9:
        assert paired.p is None and paired.difference.low is None
    else:
        t = abs(fmean(differences)) / (spread / math.sqrt(3))
        assert paired.p == pytest.approx(1 - t / math.sqrt(2 + t**2), abs=1e-6)
        assert paired.spread == pytest.approx(spread)


@settings(deadline=None)
@given(a=THREE, b=THREE)
def test_swapping_the_sides_changes_the_sign_alone(a, b):
    left, right = dict(enumerate(a)), dict(enumerate(b))
    one, other = paired_difference(left, right), paired_difference(right, left)
    assert one.difference.mean == pytest.approx(-other.difference.mean, abs=1e-9)
    assert one.p == (None if other.p is None else pytest.approx(other.p))


def test_only_shared_seeds_are_paired():
    paired = paired_difference({0: 1.0, 1: 5.0, 7: 100.0}, {1: 3.0, 0: 0.0, 9: -50.0})
    assert paired.seeds == (0, 1)
    assert paired.difference.mean == pytest.approx(1.5)


def test_one_shared_seed_gives_a_difference_without_interval_or_p():
    paired = paired_difference({0: 2.0}, {0: 1.5})
    assert (paired.difference.mean, paired.difference.low, paired.p) == (0.5, None, None)


def test_no_shared_seed_is_refused_with_both_sides_named():
    with pytest.raises(ConfigError, match=r"\[0\].*\[1\]"):
        paired_difference({0: 1.0}, {1: 1.0})


def test_equal_runs_give_no_p_value_rather_than_nan():
    equal = {0: 50.0, 1: 51.0, 2: 52.5}
    assert paired_difference(equal, equal).p is None


# statsmodels collects garbage at each call, which is slow among many loaded modules.
@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1) | st.none(), max_size=8))
def test_holm_equals_its_definition_step_by_step(p_values):
    known = sorted(p for p in p_values if p is not None)
    steps, highest = {}, 0.0
    for rank, p in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        # Equal p-values share the first one's corrected value.
        steps.setdefault(p, highest)
    expected = [None if p is None else steps[p] for p in p_values]
    assert holm(p_values) == [None if p is None else pytest.approx(p) for p in expected]


@pytest.mark.parametrize(("n", "accuracy"), [(200, 0.65), (1000, 0.5), (2000, 0.536), (50, 1.0)])
def test_half_width_equals_wilsons_formula(n, accuracy):
    z = NormalDist().inv_cdf(0.975)
    root = math.sqrt(accuracy * (1 - accuracy) / n + z**2 / (4 * n**2))
    assert accuracy_half_width(n, accuracy) == pytest.approx(z * root / (1 + z**2 / n))


@settings(max_examples=50, deadline=None)
@given(n=st.integers(30, 20_000), accuracy=st.floats(0.01, 0.99))
def test_detectable_gain_has_the_angle_that_the_power_asks_for(n, accuracy):
    gain = smallest_detectable_difference(n, accuracy)
    normal = NormalDist()
    wanted = (normal.inv_cdf(0.975) + normal.inv_cdf(0.8)) * math.sqrt(2 / n)
    base = 2 * math.asin(math.sqrt(accuracy))
    if base + wanted > math.pi:
        assert gain is None
    else:
        assert 0 < gain <= 1 - accuracy
        reached = 2 * math.asin(math.sqrt(min(1.0, accuracy + gain))) - base
        assert reached == pytest.approx(wanted, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_detectable_difference_over_seeds_has_the_asked_power(seeds):
    found = smallest_detectable_over_seeds(seeds, spread=1.7, power=0.8)
    shift = found / 1.7 * math.sqrt(seeds)
    critical = stats.t.ppf(0.975, seeds - 1)
    power = stats.nct.sf(critical, seeds - 1, shift) + stats.nct.cdf(-critical, seeds - 1, shift)
    assert power == pytest.approx(0.8, abs=1e-4)


def test_one_seed_detects_nothing():
    assert smallest_detectable_over_seeds(1, 2.0) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_interval([]),
        lambda: mean_interval([1.0, math.nan]),
        lambda: mean_interval([1.0, 2.0], confidence=95),
        lambda: accuracy_half_width(0, 0.5),
        lambda: accuracy_half_width(100, 53.6),
        lambda: smallest_detectable_difference(100, 0.5, power=1.0),
        lambda: smallest_detectable_over_seeds(3, math.nan),
        lambda: mean_interval([1.0, math.inf]),
        lambda: mean_interval([1e300, -1e300]),
        lambda: mean_interval([1.0, 2.0], confidence=math.nan),
        lambda: paired_difference({0: 1.0, 1: math.nan}, {0: 1.0, 1: 2.0}),
        lambda: paired_difference({0: 1.0, 1: 2.0}, {0: 1.0, 1: -math.inf}),
        lambda: holm([0.1, math.nan]),
        lambda: holm([0.1, math.inf]),
        lambda: holm([-0.1, None]),
        lambda: accuracy_half_width(math.nan, 0.5),
        lambda: accuracy_half_width(math.inf, 0.5),
        lambda: accuracy_half_width(100, math.nan),
        lambda: accuracy_half_width(100, 0.5, confidence=math.nan),
    ],
)
def test_values_out_of_range_are_refused(call):
    with pytest.raises(ConfigError, match="got"):
        call()


@pytest.mark.parametrize("spread", [0.05, 0.3, 0.42, 1.0, 3.0, 40.0])
@pytest.mark.parametrize("difference", [0.59, 1.62, 2.5])
def test_as_many_seeds_as_needed_reach_the_power_and_one_fewer_does_not(spread, difference):
    seeds = seeds_needed(spread, difference)
    assert smallest_detectable_over_seeds(seeds, spread) <= difference * 1.001
    if seeds > 2:
        assert smallest_detectable_over_seeds(seeds - 1, spread) > difference * 0.999


def test_items_needed_find_the_difference_and_fewer_do_not():
    needed = items_needed(0.655, 0.025)
    assert smallest_detectable_difference(needed, 0.655) <= 0.0251
    assert smallest_detectable_difference(needed // 2, 0.655) > 0.025
    assert items_needed(0.5, 0.0) is None and items_needed(0.9, 0.2) is None
    assert seeds_needed(0.0, 1.0) is None and seeds_needed(1.0, 0.0) is None
    assert seeds_needed(1.0, 1e-200) is None
