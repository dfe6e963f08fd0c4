"""Intervals and tests against closed forms that the library does not use."""

import math
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import Estimate, holm, mean_interval, paired_difference

THREE = st.lists(st.integers(0, 1000).map(lambda n: n / 10), min_size=3, max_size=3)


# Student's t with two degrees of freedom has a quantile in closed form.
T_QUANTILE = 0.95 / math.sqrt((1 - 0.95**2) / 2)


@given(values=THREE)
def test_interval_of_three_seeds_equals_the_closed_form(values):
    estimate = mean_interval(values)
    assert estimate.mean == pytest.approx(fmean(values)) and estimate.n == 3
    if len(set(values)) == 1:
        assert estimate.low is None and estimate.high is None
    else:
        half = T_QUANTILE * stdev(values) / math.sqrt(3)
        assert estimate.low == pytest.approx(fmean(values) - half, abs=1e-8)
        assert estimate.high == pytest.approx(fmean(values) + half, abs=1e-8)


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


def test_only_shared_seeds_are_paired():
    paired = paired_difference({0: 1.0, 1: 5.0, 7: 100.0}, {1: 3.0, 0: 0.0, 9: -50.0})
    assert paired.seeds == (0, 1)
    assert paired.difference.mean == pytest.approx(1.5)

    with pytest.raises(ConfigError, match=r"\[0\].*\[1\]"):
        paired_difference({0: 1.0}, {1: 1.0})


def test_one_seed_has_a_mean_and_no_interval_nor_p_value():
    paired = paired_difference({0: 2.0}, {0: 1.5})
    assert (paired.difference, paired.p) == (Estimate(0.5, None, None, 1), None)


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


@pytest.mark.parametrize(
    "call",
    [
        lambda: mean_interval([]),
        lambda: mean_interval([1.0, math.nan]),
        lambda: mean_interval([1.0, math.inf]),
        lambda: mean_interval([1e300, -1e300]),
        lambda: paired_difference({0: 1.0, 1: math.nan}, {0: 1.0, 1: 2.0}),
        lambda: paired_difference({0: 1.0, 1: 2.0}, {0: 1.0, 1: -math.inf}),
        lambda: holm([0.1, math.nan]),
        lambda: holm([0.1, math.inf]),
        lambda: holm([-0.1, None]),
    ],
)
def test_values_out_of_range_are_refused(call):
    with pytest.raises(ConfigError, match="got"):
        call()
