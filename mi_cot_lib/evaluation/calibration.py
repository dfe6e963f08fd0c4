"""The confidence of a student's answers, and the temperature that fits it to validation."""

from collections.abc import Sequence
from math import exp, isfinite, log

import numpy as np
from scipy.optimize import minimize_scalar

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.predict import Prediction

# exp(±4): a temperature beyond this only says that the confidences carry no information.
_LOG_TEMPERATURES = (-4.0, 4.0)


def outcomes(predictions: Sequence[Prediction]) -> np.ndarray:
    """Return whether each student's `choice` is right, (answers,) of bool."""
    return np.array(
        [p.correct if p.scores is None else p.choice == p.gold for p in predictions], dtype=bool
    )


def confidences(predictions: Sequence[Prediction], temperature: float = 1.0) -> np.ndarray:
    """Return the confidence of each answer at a temperature, (answers,) from 0 to 1.

    A closed set's scores are divided by it before the softmax, and so is a sequence's log-probability:
    1 leaves both as they are, above 1 closed sets become less certain and sequences more. It is above 0.
    """
    if not (temperature > 0 and isfinite(temperature)):
        raise ConfigError(f"a temperature is a finite number above 0, got {temperature}.")
    return np.array([one.confidence_at(temperature) for one in predictions])


def length_normalised(predictions: Sequence[Prediction]) -> np.ndarray:
    """Return each written sequence's geometric mean probability a token, (answers,) from 0 to 1."""
    return np.array([min(1.0, exp(p.log_probability / max(1, p.tokens))) for p in predictions])


def fit_temperature(predictions: Sequence[Prediction]) -> float:
    """Fit one temperature on validation by likelihood (Guo et al. 2017).

    In closed sets of the gold label; of sequences, which have no alternatives at hand, that of being
    right. It lies between exp(-4) and exp(4).
    """
    if not predictions:
        raise ConfigError("a temperature is fitted on validation answers; there are none.")

    def loss(log_temperature: float) -> float:
        temperature = exp(log_temperature)
        return -sum(_log_likelihood(one, temperature) for one in predictions) / len(predictions)

    found = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return float(exp(found.x))


def _log_likelihood(one: Prediction, temperature: float) -> float:
    if one.scores is None or one.candidates is None:
        # A probability of 1 or 0 that turns out wrong would be infinitely unlikely.
        share = min(max(exp(one.log_probability / temperature), 1e-12), 1 - 1e-12)
        return log(share if one.correct else 1 - share)
    scaled = [score / temperature for score in one.scores]
    best = max(scaled)
    gold = scaled[one.candidates.index(one.gold)]
    return gold - best - log(sum(exp(score - best) for score in scaled))
