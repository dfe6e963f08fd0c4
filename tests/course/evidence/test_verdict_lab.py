"""The verdicts that are drawn are those of the tests, and the controls move them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.course.evidence.verdict_lab import EXAMPLES, prepare_decided, verdict_lab
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.verdicts import decision, difference


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("seeds", "margin"), [(2, 1.0), (5, 1.0), (5, 2.0), (12, 2.0)])
def test_a_verdict_is_the_kits_own_of_seeds_with_that_mean_and_spread(seed, seeds, margin):
    drawn = np.random.default_rng(seed).normal(0.8, 0.8, seeds)
    theirs = difference(dict(enumerate(drawn)), dict.fromkeys(range(seeds), 0.0), margin)
    error = drawn.std(ddof=1) / np.sqrt(seeds)
    found = prepare_decided(drawn.mean(), error, seeds, margin)
    assert found.verdict == decision(theirs.mean, theirs.p, theirs.p_same)
    assert found.wide == pytest.approx((theirs.low, theirs.high))


@given(st.floats(-4, 4), st.floats(0.05, 3), st.integers(2, 30), st.floats(0.2, 3))
def test_the_intervals_say_the_same_as_the_verdict(mean, error, seeds, margin):
    found = prepare_decided(mean, error, seeds, margin)
    if found.wide[0] > 0 or found.wide[1] < 0:
        assert found.verdict == ("higher" if mean > 0 else "lower")
    else:
        inside = -margin < found.narrow[0] and found.narrow[1] < margin
        assert found.verdict == ("same within the margin" if inside else "undecided")


def test_the_examples_show_every_verdict_and_a_certain_difference_below_the_margin():
    found = [prepare_decided(*example) for example in EXAMPLES]
    verdicts = [one.verdict for one in found]
    assert verdicts == ["higher", "lower", "same within the margin", "undecided", "higher"]
    assert found[-1].wide[0] > 0 and found[-1].wide[1] < 1


def test_more_seeds_less_spread_and_another_margin_change_the_verdict():
    lab = verdict_lab()
    difference, spread, seeds, margin, _ = lab.children
    assert ": undecided." in lab.still
    seeds.value = 10
    assert ": higher." in lab.still
    seeds.value, spread.value = 5, 0.5
    assert ": higher." in lab.still
    difference.value = 0.1
    assert ": same within the margin." in lab.still
    margin.value = 0.3
    assert ": undecided." in lab.still


@pytest.mark.parametrize("wrong", [(1.0, 0.0), (1.0, 1.0, 1), (1.0, 1.0, 5, 0.0)])
def test_what_gives_no_interval_is_refused(wrong):
    with pytest.raises(ConfigError, match="two seeds or more"):
        prepare_decided(*wrong)
