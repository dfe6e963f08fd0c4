"""Paired tests on items against exact arithmetic, and their behaviour where nothing differs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mi_cot_lib import mcnemar, paired_bootstrap
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_items import RESAMPLES, two_accuracies_p


def test_mcnemar_is_the_exact_binomial_test_of_the_discordant_items():
    a = [True] * 12 + [False] * 3 + [True] * 20 + [False] * 15
    b = [False] * 12 + [True] * 3 + [True] * 20 + [False] * 15
    found = mcnemar(a, b)
    assert (found.only_a, found.only_b) == (12, 3)
    assert found.p == pytest.approx(stats.binomtest(3, 15, 0.5).pvalue)


def test_students_that_never_differ_have_p_one():
    assert mcnemar([True, False], [True, False]).p == 1
    same = paired_bootstrap([True, False], [True, False])
    assert (same.difference, same.low, same.high, same.p) == (0, 0, 0, 1)


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


@given(st.integers(0, 2**31), st.integers(2, 60), st.integers(1, 5))
@settings(max_examples=5)
def test_bootstrap_is_scipys_bit_for_bit(seed, items, seeds):
    a, b = np.random.default_rng(seed).integers(0, seeds + 1, (2, items)) / seeds
    gaps = a - b
    found = paired_bootstrap(a, b, seed=seed)
    if np.ptp(gaps):
        twin = stats.bootstrap(
            (gaps,), np.mean, n_resamples=RESAMPLES, method="percentile", batch=100,
            rng=np.random.default_rng(seed),
        )  # fmt: skip
        assert (found.low, found.high) == tuple(twin.confidence_interval)


def test_bootstrap_covers_no_difference_about_as_often_as_it_should():
    generator = np.random.default_rng(2)
    hits = 0
    for seed in range(100):
        a, b = generator.random(300) < 0.6, generator.random(300) < 0.6
        found = paired_bootstrap(a, b, seed=seed)
        hits += found.low <= 0 <= found.high
    # 95 of 100 expected; fewer than 87 happen less than once in a thousand.
    assert hits >= 87


def test_shares_over_seeds_are_allowed_in_the_bootstrap_only():
    assert paired_bootstrap([0.2, 0.8, 1.0], [0.0, 0.6, 0.8]).difference == pytest.approx(0.2)
    with pytest.raises(ConfigError, match="right or wrong"):
        mcnemar([0.2, 0.8], [0.0, 1.0])


@pytest.mark.parametrize("test", [mcnemar, paired_bootstrap])
@pytest.mark.parametrize(("a", "b"), [([], []), ([True], [True, False])])
def test_unequal_or_missing_items_are_refused(test, a, b):
    with pytest.raises(ConfigError, match="same items"):
        test(a, b)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 13, 14, 40])
def test_items_that_all_differ_alike_have_the_p_of_the_exact_sign_test_or_of_all_resamples(n):
    exact = stats.binomtest(n, n, 0.5).pvalue
    for gap in (1.0, 0.2, -1.0):
        found = paired_bootstrap([max(gap, 0)] * n, [max(-gap, 0)] * n)
        assert found.difference == pytest.approx(gap)
        assert found.p == pytest.approx(max(exact, 2 / (RESAMPLES + 1)))
    assert mcnemar([1] * n, [0] * n).p == pytest.approx(exact)


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
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
@pytest.mark.parametrize("first", [True, False])
def test_an_answer_that_is_no_number_is_refused_and_its_item_named(test, value, first):
    sides = ([1, value, 0], [1, 0, 0])
    with pytest.raises(ConfigError, match="item 1 "):
        test(*(sides if first else reversed(sides)))


def test_two_published_accuracies_are_compared_as_whole_counts():
    # By hand: of tables with these margins, those at most as likely as 420 and 512 of 1,000 each.
    law = stats.hypergeom(2000, 932, 1000)
    counts = np.arange(933)
    expected = law.pmf(counts)[law.pmf(counts) <= law.pmf(420) * (1 + 1e-7)].sum()
    assert two_accuracies_p(0.42, 0.512, 1000) == pytest.approx(expected)
    assert expected == pytest.approx(4e-5, rel=0.2)
    assert two_accuracies_p(0.5, 0.5, 200) == 1


@pytest.mark.parametrize("call", [(math.nan, 0.5, 10), (0.5, 50, 10), (0.5, 0.5, math.inf)])
def test_two_accuracies_out_of_range_are_refused(call):
    with pytest.raises(ConfigError, match="got"):
        two_accuracies_p(*call)
