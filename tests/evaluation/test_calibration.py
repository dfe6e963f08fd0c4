"""The confidence of answers of either kind, and temperatures that fit it."""

import math

import numpy as np
import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.calibration import (
    confidences,
    fit_temperature,
    length_normalised,
    outcomes,
)
from mi_cot_lib.evaluation.predict import Prediction


def closed(scores, gold):
    of_labels = {"candidates": ("a", "b"), "scores": scores}
    return Prediction(
        "x/test/0", gold, "a", gold == "a", None, **of_labels, log_probability=-1, tokens=2
    )


def written(log_probability, correct):
    return Prediction("x/test/0", "1", "1", correct, None, None, None, log_probability, tokens=4)


def test_confidence_and_outcome_are_of_the_most_probable_label_at_any_temperature():
    one = closed((math.log(0.2), math.log(0.6)), "b")
    # At temperature 1/2 the odds of 3 are squared.
    assert [*confidences([one]), *confidences([one], 0.5)] == pytest.approx([0.75, 0.9])
    assert outcomes([one]).tolist() == [True] and one.correct is False


def test_confidence_of_a_text_is_its_probability_or_its_geometric_mean_a_token():
    one = written(4 * math.log(0.9), True)
    assert confidences([one], 2.0) == pytest.approx([0.9**2])
    assert length_normalised([one]) == pytest.approx([0.9])


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


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_a_temperature_is_above_zero_and_needs_answers(temperature):
    with pytest.raises(ConfigError, match="above 0"):
        confidences([written(-1.0, True)], temperature)
    with pytest.raises(ConfigError, match="validation"):
        fit_temperature([])
