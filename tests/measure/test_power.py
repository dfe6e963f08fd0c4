"""What a t-test over few seeds finds: against simulation, integration and its own monotony."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import (
    items_needed,
    seeds_needed,
    smallest_detectable_difference,
    smallest_detectable_over_seeds,
)

LEVELS = st.floats(-12, -0.5).map(lambda exponent: 10**exponent)


def integrated_power(seeds: int, difference: float, alpha: float) -> float:
    """Power of a paired t-test at SD 1: over the estimate of the spread, given which it is normal."""
    df, shift = seeds - 1, difference * math.sqrt(seeds)
    critical = stats.t.isf(alpha / 2, df)

    def part(s: float) -> float:
        found = stats.norm.cdf(shift - critical * s) + stats.norm.cdf(-shift - critical * s)
        return found * stats.chi.pdf(s * math.sqrt(df), df) * math.sqrt(df)

    middle = shift / critical
    ends = [0.0, middle / 2, middle, 2 * middle, 8.0 + 2 * middle]
    return sum(
        integrate.quad(part, low, high, limit=500)[0]
        for low, high in zip(ends[:-1], ends[1:], strict=True)
    )


@pytest.mark.parametrize(
    ("seeds", "alpha", "expected"),
    [(3, 0.05 / 20, 14.65), (2, 0.025, 23.08), (5, 0.05 / 30, 4.19), (3, 0.05, 3.26)],
)
def test_the_first_of_holms_steps_asks_for_what_the_noncentral_t_says(seeds, alpha, expected):
    found = smallest_detectable_over_seeds(seeds, 1.0, alpha=alpha)
    assert found == pytest.approx(expected, abs=0.005)
    assert integrated_power(seeds, found, alpha) == pytest.approx(0.8, abs=1e-5)


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.05 / 30, 1e-5])
@pytest.mark.parametrize("power", [0.6, 0.8, 0.99])
def test_a_simulated_t_test_finds_the_difference_as_often_as_asked(seeds, alpha, power):
    found = smallest_detectable_over_seeds(seeds, 1.7, power=power, alpha=alpha)
    generator = np.random.default_rng(0)
    drawn = generator.normal(found, 1.7, (100_000, seeds))
    t = drawn.mean(axis=1) / drawn.std(axis=1, ddof=1) * math.sqrt(seeds)
    share = (np.abs(t) > stats.t.isf(alpha / 2, seeds - 1)).mean()
    # Four standard errors of the simulation.
    assert share == pytest.approx(power, abs=4 * math.sqrt(power * (1 - power) / len(drawn)))


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 300), LEVELS, LEVELS, st.floats(0.85, 0.999))
def test_a_smaller_level_or_more_power_asks_for_a_larger_difference(seeds, one, other, power):
    strict, loose = sorted((one, other))
    found = [smallest_detectable_over_seeds(seeds, 1.0, alpha=level) for level in (strict, loose)]
    assert found[0] >= found[1] * (1 - 1e-6)
    assert (
        smallest_detectable_over_seeds(seeds, 1.0, power=power, alpha=loose) > found[1] * 0.999999
    )


@pytest.mark.parametrize("alpha", [0.3, 0.05, 0.05 / 30, 1e-6, 1e-10])
def test_more_seeds_ask_for_a_smaller_difference(alpha):
    found = [smallest_detectable_over_seeds(n, 1.0, alpha=alpha) for n in (2, 3, 4, 5, 8, 30, 1000)]
    assert all(more < fewer for fewer, more in zip(found[:-1], found[1:], strict=True))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 30), st.floats(1e-6, 1e6), st.floats(1, 1e6))
def test_the_difference_is_proportional_to_the_spread(seeds, spread, factor):
    one = smallest_detectable_over_seeds(seeds, spread)
    assert smallest_detectable_over_seeds(seeds, spread * factor) == pytest.approx(one * factor)
    assert smallest_detectable_over_seeds(seeds, 0.0) == 0


@pytest.mark.parametrize("alpha", [1e-4, 1e-8, 1e-12, 1e-100])
def test_two_seeds_at_a_tiny_level_have_the_closed_form(alpha):
    # One degree of freedom: the spread is |w| with w normal, and far out only w decides, so that the
    # test finds the difference where |w| < shift / critical, and critical is 2 / (π alpha).
    found = smallest_detectable_over_seeds(2, 1.0, alpha=alpha) * math.sqrt(2)
    expected = stats.norm.isf(0.1) * 2 / (math.pi * alpha)
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_test_that_finds_as_much_by_chance_needs_no_difference():
    assert smallest_detectable_over_seeds(3, 1.0, power=0.2, alpha=0.3) == 0
    assert smallest_detectable_difference(100, 0.5, power=0.2, alpha=0.3) == pytest.approx(0)


@pytest.mark.parametrize("power", [0.1, 0.8, 0.9999])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 24, 1e-10])
@pytest.mark.parametrize("n", [10, 9_824, 10_000_000])
def test_items_have_the_power_that_the_normal_test_says(n, power, alpha):
    gain = smallest_detectable_difference(n, 0.01, power=power, alpha=alpha)
    if gain is None:
        assert n == 10
        return
    shift = 2 * (math.asin(math.sqrt(0.01 + gain)) - math.asin(math.sqrt(0.01))) * math.sqrt(n / 2)
    critical = stats.norm.isf(alpha / 2)
    reached = stats.norm.cdf(shift - critical) + stats.norm.cdf(-shift - critical)
    assert reached == pytest.approx(power, abs=1e-6)
    assert items_needed(0.01, gain, power=power, alpha=alpha) == pytest.approx(n, abs=1, rel=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 1e-4, 1e-10])
@pytest.mark.parametrize("effect", [1e-5, 0.05, 0.3, 1, 3, 1000])
def test_seeds_needed_are_enough_and_one_fewer_is_not(effect, alpha):
    needed = seeds_needed(1.0, effect, alpha=alpha)
    found = smallest_detectable_over_seeds(needed, 1.0, alpha=alpha)
    assert found <= effect * (1 + 1e-6)
    if 2 < needed < 1e6:
        assert smallest_detectable_over_seeds(needed - 1, 1.0, alpha=alpha) > effect * (1 - 1e-6)


def test_a_difference_so_large_that_any_test_finds_it_needs_an_item():
    assert items_needed(0.0, 1.0) >= 1
    assert seeds_needed(1e-9, 1e9) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "call",
    [
        lambda x: smallest_detectable_over_seeds(x, 1.0),
        lambda x: smallest_detectable_over_seeds(3, x),
        lambda x: smallest_detectable_over_seeds(3, 1.0, power=x),
        lambda x: smallest_detectable_over_seeds(3, 1.0, alpha=x),
        lambda x: smallest_detectable_difference(x, 0.5),
        lambda x: smallest_detectable_difference(100, x),
        lambda x: items_needed(0.5, x),
        lambda x: items_needed(x, 0.1),
        lambda x: items_needed(0.5, 0.1, power=x),
        lambda x: items_needed(0.5, 0.1, alpha=x),
        lambda x: seeds_needed(x, 1.0),
        lambda x: seeds_needed(1.0, x),
        lambda x: seeds_needed(1.0, 1.0, power=x),
        lambda x: seeds_needed(1.0, 1.0, alpha=x),
    ],
)
def test_what_is_not_finite_is_refused(call, value):
    with pytest.raises(ConfigError, match="got"):
        call(value)
