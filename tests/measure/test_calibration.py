"""Calibration errors against plain arithmetic: edges, ties, a bound that always holds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi_cot_lib import expected_calibration_error, reliability_bins
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.calibration import (
    bin_numbers,
    binned_error,
    breaks_the_bound,
    brier_score,
    chance_errors,
    equal_mass_error,
    noise_floor,
)

ANSWERS = st.lists(
    st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=60
).map(lambda pairs: tuple(np.array(side) for side in zip(*pairs, strict=True)))


def plain_error(confidence, correct, n_bins):
    """The definition, bin by bin, of which the last holds 1 too."""
    total = 0.0
    for index in range(n_bins):
        low, high = index / n_bins, (index + 1) / n_bins
        held = (low <= confidence) & ((confidence < high) | (index == n_bins - 1))
        if held.any():
            total += held.mean() * abs(confidence[held].mean() - correct[held].mean())
    return total


def test_errors_worked_out_by_hand():
    confidence, correct = [0.2, 0.4, 0.7, 0.8], [True, False, True, False]
    # Two bins of two answers, of mean confidence 0.3 and 0.75 and both of accuracy 0.5.
    assert equal_mass_error(confidence, correct, 2) == pytest.approx((0.2 + 0.25) / 2)
    assert brier_score(confidence, correct) == pytest.approx((0.64 + 0.16 + 0.09 + 0.64) / 4)
    assert breaks_the_bound(4.35, 89.50, 30.06)
    assert not breaks_the_bound(11.12, 49.58, 42.72)


@settings(max_examples=60)
@given(ANSWERS, st.integers(1, 20), st.booleans())
def test_bins_hold_every_answer_once(answers, n_bins, equal_mass):
    confidence, correct = answers
    bins = reliability_bins(confidence, correct, n_bins, equal_mass=equal_mass)
    assert bins["count"].sum() == len(confidence) and (bins["count"] > 0).all()
    assert (bins["confidence"] * bins["count"]).sum() == pytest.approx(confidence.sum(), abs=1e-4)
    assert (bins["accuracy"] * bins["count"]).sum() == pytest.approx(correct.sum())
    assert (bins["low"] <= bins["confidence"] + 1e-6).all()
    assert (bins["confidence"] <= bins["high"] + 1e-6).all()
    # No binning goes below the gap of the means.
    error = equal_mass_error if equal_mass else expected_calibration_error
    assert error(confidence, correct, n_bins) >= abs(confidence.mean() - correct.mean()) - 1e-5


@settings(max_examples=60)
@given(ANSWERS, st.integers(1, 20), st.booleans())
def test_bins_and_errors_agree_on_edges_too(answers, n_bins, rounded):
    confidence, correct = answers
    if rounded:  # As records hold them; many lie on an edge.
        confidence = np.round(confidence.astype(float), 2)
    error = expected_calibration_error(confidence, correct, n_bins)
    assert error == pytest.approx(plain_error(confidence, correct, n_bins), abs=1e-9)
    bins = reliability_bins(confidence, correct, n_bins)
    gaps = (bins["accuracy"] - bins["confidence"]).abs() * bins["count"] / len(confidence)
    assert error == pytest.approx(gaps.sum(), abs=1e-9)
    numbers = bin_numbers(confidence, n_bins)
    assert error == pytest.approx(binned_error(numbers, correct - confidence, n_bins), abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_edge_belongs_to_the_bin_above_it_and_1_to_the_last(dtype):
    for n_bins in range(1, 201):
        edges = np.arange(n_bins + 1).astype(dtype) / dtype(n_bins)
        assert edges.dtype == dtype
        expected = [*range(n_bins), n_bins - 1]
        assert bin_numbers(edges, n_bins).tolist() == expected, n_bins
        below = np.nextafter(edges[1:], dtype(0))
        assert bin_numbers(below, n_bins).tolist() == list(range(n_bins)), n_bins


TIED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 0.31, 0.5, 0.99, 1.0]), st.booleans()),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60)
@given(TIED, st.integers(1, 20), st.randoms())
def test_no_calibration_error_depends_on_the_order_of_the_answers(answers, n_bins, random):
    shuffled = random.sample(answers, len(answers))
    one, other = (tuple(zip(*pairs, strict=True)) for pairs in (answers, shuffled))
    assert equal_mass_error(*one, n_bins) == equal_mass_error(*other, n_bins)
    for equal_mass in (True, False):
        bins = [reliability_bins(*x, n_bins, equal_mass=equal_mass) for x in (one, other)]
        assert bins[0].equals(bins[1])
    errors = [expected_calibration_error(*x, n_bins) for x in (one, other)]
    assert errors[0] == pytest.approx(errors[1])


@settings(max_examples=60)
@given(TIED, st.integers(1, 20))
def test_answers_of_one_confidence_share_a_bin_of_equal_mass(answers, n_bins):
    bins = reliability_bins(*zip(*answers, strict=True), n_bins, equal_mass=True)
    assert len(bins) <= n_bins
    # Without ties they hold as many answers each.
    untied = reliability_bins(
        np.linspace(0, 1, 10 * n_bins), [True] * 10 * n_bins, n_bins, equal_mass=True
    )
    assert list(untied["count"]) == [10] * n_bins
    # No two bins meet: what ends one does not begin the next.
    assert (bins["high"].to_numpy()[:-1] < bins["low"].to_numpy()[1:]).all()


def test_a_calibrated_student_shows_the_error_of_binomial_noise():
    # Of a bin with n/10 answers at confidence c the expected gap is that of a normal variable:
    # sqrt(2/pi) * sqrt(c (1 - c) / (n/10)).
    centres = np.arange(0.05, 1, 0.1)
    generator = np.random.default_rng(0)
    for n in (1_000, 9_824):
        expected = np.mean(np.sqrt(2 / np.pi * centres * (1 - centres) / (n / 10)))
        mean, high = noise_floor(generator.random(n), draws=200)
        assert mean == pytest.approx(expected, rel=0.08)
        assert high > mean


def test_chance_errors_of_one_bin_are_those_of_a_binomial_count():
    # 50 answers at 0.7: the error is |right/50 - 0.7|, whichever way one bin is made.
    counts = np.random.default_rng(1).binomial(50, 0.7, 20_000)
    expected = np.abs(counts / 50 - 0.7)
    for equal_mass in (False, True):
        found = chance_errors(np.full(50, 0.7), 1, equal_mass=equal_mass, draws=2_000)
        assert found.mean() == pytest.approx(expected.mean(), rel=0.05)
        assert np.quantile(found, 0.975) == pytest.approx(np.quantile(expected, 0.975), abs=0.011)


def test_chance_errors_are_those_of_the_measure_that_they_are_for():
    confidence = np.random.default_rng(2).beta(5, 1, 300)
    right = np.random.default_rng(0).random(300) < confidence  # as the first draw of seed 0
    for equal_mass, error in ((False, expected_calibration_error), (True, equal_mass_error)):
        (found,) = chance_errors(confidence, 10, equal_mass=equal_mass, draws=1)
        assert found == pytest.approx(error(confidence, right, 10))


@pytest.mark.parametrize(
    ("confidence", "correct", "n_bins", "said"),
    [
        *(([0.2], [1], n, "n_bins must be a whole") for n in (10.0, True, 0, -1, "10", None)),
        ([], [], 10, "not empty"),
        ([0.5], [True, False], 10, "one length"),
        ([0.5], [2], 10, "True or False"),
        ([0.5], [math.nan], 10, "True or False"),
    ],
)
@pytest.mark.parametrize(
    "measure", [expected_calibration_error, equal_mass_error, reliability_bins]
)
def test_bad_answers_and_bins_are_refused(measure, confidence, correct, n_bins, said):
    measure([0.2], [1], np.int64(10))
    with pytest.raises(ConfigError, match=said):
        measure(confidence, correct, n_bins)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: expected_calibration_error([0.5, x], [True, False]), "between 0 and 1"),
        (lambda x: reliability_bins([0.5, x], [True, False]), "between 0 and 1"),
        (lambda x: brier_score([0.5, x], [True, False]), "between 0 and 1"),
        (lambda x: bin_numbers([0.5, x], 10), "between 0 and 1"),
        (lambda x: noise_floor([0.5, x]), "between 0 and 1"),
        (lambda x: binned_error(np.array([5, 5]), np.array([0.5, x]), 10), "finite"),
        (lambda x: breaks_the_bound(x, 0.5, 0.5), "finite"),
        (lambda x: breaks_the_bound(0.1, x, 0.5), "finite"),
        (lambda x: breaks_the_bound(0.1, 0.5, x), "finite"),
    ],
)
def test_no_measure_takes_a_number_that_is_not_finite(call, said, value):
    with pytest.raises(ConfigError, match=said):
        call(value)


def test_confidences_above_1_and_no_draw_are_refused():
    with pytest.raises(ConfigError, match="between 0 and 1"):
        bin_numbers([1.5], 10)
    with pytest.raises(ConfigError, match="draws"):
        noise_floor([0.5], draws=0)
