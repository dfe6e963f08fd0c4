"""Paired tests on items against exact arithmetic, and their behaviour where nothing differs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mi_cot_lib import mcnemar, paired_bootstrap
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_items import RESAMPLES


def test_mcnemar_is_the_exact_binomial_test_of_the_discordant_items():
    a = [True] * 12 + [False] * 3 + [True] * 20 + [False] * 15
    b = [False] * 12 + [True] * 3 + [True] * 20 + [False] * 15
    found = mcnemar(a, b)
    assert (found.only_a, found.only_b) == (12, 3)
    assert found.p == pytest.approx(stats.binomtest(3, 15, 0.5).pvalue)
    assert mcnemar([True, False], [True, False]).p == 1


def test_exchanging_the_students_exchanges_the_result():
    generator = np.random.default_rng(0)
    a, b = generator.random(400) < 0.6, generator.random(400) < 0.5
    one, other = mcnemar(a, b), mcnemar(b, a)
    assert (one.only_a, one.only_b, one.p) == (other.only_b, other.only_a, other.p)
    there, back = paired_bootstrap(a, b), paired_bootstrap(b, a)
    assert there.difference == -back.difference
    assert there.low == pytest.approx(-back.high) and there.p == pytest.approx(back.p)


def test_bootstrap_interval_has_the_width_of_the_normal_one():
    generator = np.random.default_rng(1)
    a, b = generator.random(2000) < 0.7, generator.random(2000) < 0.6
    found = paired_bootstrap(a, b, seed=3)
    error = np.std(a.astype(float) - b, ddof=1) / np.sqrt(2000)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert found.low < found.difference < found.high
    assert paired_bootstrap(a, b, seed=3) == found


def test_shares_over_seeds_are_allowed_in_the_bootstrap_only():
    assert paired_bootstrap([0.2, 0.8, 1.0], [0.0, 0.6, 0.8]).difference == pytest.approx(0.2)
    with pytest.raises(ConfigError, match="right or wrong"):
        mcnemar([0.2, 0.8], [0.0, 1.0])


@pytest.mark.parametrize("n", [1, 2, 3, 8, 13, 14, 40])
def test_items_that_all_differ_alike_have_the_p_of_the_exact_sign_test_or_of_all_resamples(n):
    exact = stats.binomtest(n, n, 0.5).pvalue
    for gap in (1.0, 0.2, -1.0):
        found = paired_bootstrap([max(gap, 0)] * n, [max(-gap, 0)] * n)
        assert found.difference == pytest.approx(gap)
        assert found.p == pytest.approx(max(exact, 2 / (RESAMPLES + 1)))
    assert mcnemar([1] * n, [0] * n).p == pytest.approx(exact)
    same = paired_bootstrap([1, 0] * n, [1, 0] * n)
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


SHARES = st.sampled_from([0.0, 0.2, 0.5, 1.0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=25))
def test_p_is_never_below_what_the_items_that_differ_can_show(pairs):
    a, b = zip(*pairs, strict=True)
    differing = sum(x != y for x, y in pairs)
    floor = 1.0 if differing == 0 else stats.binomtest(0, differing, 0.5).pvalue
    found = paired_bootstrap(a, b)
    assert max(floor, 1 / (RESAMPLES + 1)) <= found.p * (1 + 1e-9) and found.p <= 1


@pytest.mark.parametrize("test", [mcnemar, paired_bootstrap])
@pytest.mark.parametrize(
    ("sides", "said"),
    [
        (([], []), "same items"),
        (([True], [True, False]), "same items"),
        *((([1, x, 0], [1, 0, 0]), "item 1 ") for x in (math.nan, math.inf, -math.inf, None)),
    ],
)
def test_items_without_a_pair_and_answers_that_are_no_number_are_refused(test, sides, said):
    for pair in (sides, sides[::-1]):
        with pytest.raises(ConfigError, match=said):
            test(*pair)
