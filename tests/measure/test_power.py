"""What so many items or seeds can find: against simulation, integration and closed forms."""

import math
from statistics import NormalDist

import pytest
from scipy import integrate, stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.power import (
    accuracy_half_width,
    seeds_needed,
    shift_found,
    smallest_detectable_difference,
)


def detectable(seeds: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the mean difference, in spreads, that a paired t-test over so many seeds finds."""
    return shift_found(power, alpha, seeds - 1) / math.sqrt(seeds)


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


@pytest.mark.parametrize("seeds", [2, 3, 5, 20, 300])
@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.05 / 30, 1e-5])
@pytest.mark.parametrize("power", [0.6, 0.8, 0.99])
def test_a_t_test_finds_the_difference_as_often_as_asked(seeds, alpha, power):
    found = detectable(seeds, alpha, power)
    assert integrated_power(seeds, found, alpha) == pytest.approx(power, abs=1e-5)


@pytest.mark.parametrize("alpha", [1e-4, 1e-8, 1e-12, 1e-100])
def test_two_seeds_at_a_tiny_level_have_the_closed_form(alpha):
    # One degree of freedom: the spread is |w| with w normal, and far out only w decides, so that the
    # test finds the difference where |w| < shift / critical, and critical is 2 / (π alpha).
    expected = stats.norm.isf(0.1) * 2 / (math.pi * alpha)
    assert shift_found(0.8, alpha, 1) == pytest.approx(expected, rel=1e-3)


def test_a_test_that_finds_as_much_by_chance_needs_no_difference():
    assert shift_found(0.2, 0.3, 2) == 0
    assert smallest_detectable_difference(100, 0.5, power=0.2, alpha=0.3) == pytest.approx(0)


@pytest.mark.parametrize("power", [0.1, 0.8, 0.9999])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 24, 1e-10])
@pytest.mark.parametrize("n", [10, 9_824, 10_000_000])
@pytest.mark.parametrize("accuracy", [0.01, 0.655])
def test_a_detectable_gain_has_the_power_that_the_normal_test_says(n, power, alpha, accuracy):
    gain = smallest_detectable_difference(n, accuracy, power=power, alpha=alpha)
    if gain is None:
        assert n == 10
        return
    assert 0 < gain <= 1 - accuracy
    angles = [2 * math.asin(math.sqrt(share)) for share in (accuracy, accuracy + gain)]
    shift = (angles[1] - angles[0]) * math.sqrt(n / 2)
    critical = stats.norm.isf(alpha / 2)
    reached = stats.norm.cdf(shift - critical) + stats.norm.cdf(-shift - critical)
    assert reached == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 1e-4, 1e-10])
@pytest.mark.parametrize("effect", [1e-5, 0.05, 0.3, 1, 1.62, 3, 1000])
def test_seeds_needed_are_enough_and_one_fewer_is_not(effect, alpha):
    needed = seeds_needed(2.0, 2 * effect, alpha=alpha)
    assert detectable(needed, alpha) <= effect * (1 + 1e-6)
    if 2 < needed < 1e6:
        assert detectable(needed - 1, alpha) > effect * (1 - 1e-6)


def test_what_seeds_cannot_find_has_no_number_and_what_any_test_finds_needs_two():
    for spread, difference in ((0.0, 1.0), (1.0, 0.0), (1.0, 1e-200)):
        assert seeds_needed(spread, difference) is None
    assert seeds_needed(1e-9, 1e9) == 2


@pytest.mark.parametrize(("n", "accuracy"), [(200, 0.65), (1000, 0.5), (2000, 0.536), (50, 1.0)])
def test_half_width_equals_wilsons_formula(n, accuracy):
    z = NormalDist().inv_cdf(0.975)
    root = math.sqrt(accuracy * (1 - accuracy) / n + z**2 / (4 * n**2))
    assert accuracy_half_width(n, accuracy) == pytest.approx(z * root / (1 + z**2 / n))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5])
@pytest.mark.parametrize(
    "call",
    [
        lambda x: accuracy_half_width(x, 0.5),
        lambda x: accuracy_half_width(100, x),
        lambda x: smallest_detectable_difference(x, 0.5),
        lambda x: smallest_detectable_difference(100, x),
        lambda x: smallest_detectable_difference(100, 0.5, power=x),
        lambda x: smallest_detectable_difference(100, 0.5, alpha=x),
        lambda x: seeds_needed(x, 1.0),
        lambda x: seeds_needed(1.0, x * math.inf),
        lambda x: seeds_needed(1.0, 1.0, power=x),
        lambda x: seeds_needed(1.0, 1.0, alpha=x),
    ],
)
def test_what_is_out_of_range_or_not_finite_is_refused(call, value):
    with pytest.raises(ConfigError, match="got"):
        call(value)
