"""Paired tests on items against exact arithmetic, and their behaviour where nothing differs."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib import mcnemar, paired_bootstrap
from mi_cot_lib.errors import ConfigError


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
