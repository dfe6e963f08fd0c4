"""Calibration errors against plain arithmetic, a bound that always holds, and temperatures that fit."""

import math

import numpy as np
import pytest

from mi_cot_lib import expected_calibration_error, reliability_bins
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.calibration import (
    bin_numbers,
    binned_error,
    breaks_the_bound,
    brier_score,
    confidences,
    equal_mass_error,
    fit_temperature,
    length_normalised,
    noise_floor,
    outcomes,
)
from mi_cot_lib.evaluation.predict import Prediction


def test_brier_score_is_the_mean_square():
    assert brier_score([0.8, 0.4], [True, False]) == pytest.approx((0.04 + 0.16) / 2)


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


@pytest.mark.parametrize(
    ("confidence", "correct", "bins", "said"),
    [
        ([], [], 10, "not empty"),
        ([0.5], [True, False], 10, "one length"),
        ([1.5], [True], 10, "between 0 and 1"),
        ([float("nan")], [True], 10, "between 0 and 1"),
        ([0.5], [2], 10, "True or False"),
        ([0.5], [True], 0, "n_bins"),
    ],
)
def test_bad_answers_are_refused(confidence, correct, bins, said):
    with pytest.raises(ConfigError, match=said):
        expected_calibration_error(confidence, correct, bins)


def test_the_papers_cell_breaks_the_bound_and_a_sound_one_does_not():
    assert breaks_the_bound(4.35, 89.50, 30.06)
    assert not breaks_the_bound(11.12, 49.58, 42.72)


def closed(scores, gold):
    return Prediction(
        id="nano_cqa/test/0", gold=gold, predicted="a", correct=gold == "a", rationale=None,
        candidates=("a", "b"), scores=scores, log_probability=-1.0, tokens=2,
    )  # fmt: skip


def written(log_probability, correct, tokens=4):
    return Prediction(
        id="nano_svamp/test/0", gold="1", predicted="1", correct=correct, rationale=None,
        candidates=None, scores=None, log_probability=log_probability, tokens=tokens,
    )  # fmt: skip


def test_confidence_and_outcome_are_of_the_most_probable_label():
    one = closed((math.log(0.2), math.log(0.6)), "b")
    assert confidences([one]) == pytest.approx([0.75])
    assert outcomes([one]).tolist() == [True] and one.correct is False


def test_temperature_leaves_the_answer_and_moves_its_confidence():
    one = closed((math.log(0.2), math.log(0.6)), "b")
    cool, warm = confidences([one], 0.5)[0], confidences([one], 4.0)[0]
    assert 0.5 < warm < confidences([one])[0] < cool < 1
    assert confidences([written(math.log(0.25), True)], 2.0) == pytest.approx([0.5])


def test_length_normalised_is_the_geometric_mean_a_token():
    assert length_normalised([written(4 * math.log(0.9), True)]) == pytest.approx([0.9])


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_fitted_temperature_recovers_the_one_that_made_the_answers(temperature):
    generator = np.random.default_rng(0)
    answers = []
    for _ in range(4000):
        gap = generator.normal(0, 3)
        share = 1 / (1 + math.exp(-gap / temperature))
        answers.append(closed((gap, 0.0), "a" if generator.random() < share else "b"))
    assert fit_temperature(answers) == pytest.approx(temperature, rel=0.15)


def test_a_temperature_of_sequences_brings_confidence_to_accuracy():
    generator = np.random.default_rng(0)
    logs = -generator.random(3000)
    # Right with the square of the probability that was claimed: the temperature is 1/2.
    answers = [written(log, bool(generator.random() < math.exp(2 * log))) for log in logs]
    assert fit_temperature(answers) == pytest.approx(0.5, rel=0.15)


def test_a_temperature_needs_answers():
    with pytest.raises(ConfigError, match="validation"):
        fit_temperature([])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "call",
    [
        lambda x: expected_calibration_error([0.5, x], [True, False]),
        lambda x: equal_mass_error([0.5, x], [True, False]),
        lambda x: reliability_bins([0.5, x], [True, False]),
        lambda x: brier_score([0.5, x], [True, False]),
        lambda x: brier_score([0.5, 0.5], [x, False]),
        lambda x: noise_floor([0.5, x]),
        lambda x: bin_numbers(np.array([0.5, x]), 10),
        lambda x: binned_error(np.array([5, 5]), np.array([0.5, x]), 10),
        lambda x: breaks_the_bound(x, 0.5, 0.5),
        lambda x: breaks_the_bound(0.1, x, 0.5),
        lambda x: breaks_the_bound(0.1, 0.5, x),
        lambda x: confidences([closed((-1.0, -2.0), "a")], x),
    ],
)
def test_no_measure_takes_a_number_that_is_not_finite(call, value):
    with pytest.raises(ConfigError):
        call(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_answer_has_a_log_probability_that_is_not_finite(value):
    for make in (lambda: closed((-1.0, value), "a"), lambda: written(value, True)):
        with pytest.raises(ValueError, match="its log-probabilities must be finite"):
            make()


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_is_above_zero(temperature):
    with pytest.raises(ConfigError, match="above 0"):
        confidences([written(-1.0, True)], temperature)


def test_a_noise_floor_needs_a_draw():
    with pytest.raises(ConfigError, match="draws"):
        noise_floor([0.5], draws=0)
