"""How well confidence matches accuracy: calibration errors, reliability bins, and their noise.

Everywhere `confidence`, `(answers,)`, is from 0 to 1, and `correct`, `(answers,)`, is whether each answer is
right. An error is a share, 0 to 1: 0.05 are 5 points. All raise ConfigError for no answers, unequal lengths,
a confidence outside 0 to 1, an outcome that is neither right nor wrong, and no whole number of bins.
"""

from collections.abc import Sequence
from math import isfinite
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.metrics import brier_score_loss

from mi_cot_lib.errors import ConfigError

Confidences = Sequence[float] | np.ndarray
Outcomes = Sequence[bool] | np.ndarray


def expected_calibration_error(
    confidence: Confidences, correct: Outcomes, n_bins: int = 10
) -> float:
    """Return the mean distance of accuracy and confidence over bins of equal width (Guo et al. 2017).

    It is never below `|accuracy − mean confidence|`, whatever the bins (the triangle inequality).
    """
    confidences, outcomes = _checked(confidence, correct, n_bins)
    return binned_error(bin_numbers(confidence, n_bins), outcomes - confidences, n_bins)


def reliability_bins(
    confidence: Confidences, correct: Outcomes, n_bins: int = 10, *, equal_mass: bool = False
) -> pd.DataFrame:
    """Return what a reliability diagram draws.

    With `equal_mass` bins hold as many answers each as ties allow, instead of having equal widths. Answers
    of one confidence share a bin: the one that the middle of them falls into. Returns a row a bin that holds
    answers: `low` and `high` edge, `count`, mean `confidence`, `accuracy`.
    """
    confidences, outcomes = _checked(confidence, correct, n_bins)
    order = np.argsort(confidences)
    number = bin_numbers(confidence, n_bins, equal_mass=equal_mass)[order]
    confidences, outcomes = confidences[order], outcomes[order]
    rows = []
    for index in np.unique(number):
        held = confidences[number == index]
        low, high = (held[0], held[-1]) if equal_mass else (index / n_bins, (index + 1) / n_bins)
        right = outcomes[number == index].mean()
        rows.append((float(low), float(high), len(held), float(held.mean()), float(right)))
    return pd.DataFrame(rows, columns=["low", "high", "count", "confidence", "accuracy"])


def bin_numbers(confidence: Confidences, n_bins: int, *, equal_mass: bool = False) -> np.ndarray:
    """Return the bin that each confidence falls into, `(answers,)` from 0.

    Bins are of equal width, or of equal mass as in `reliability_bins`. A confidence on an edge belongs to
    the bin above it, and 1 to the last. An edge k / n_bins is the number nearest to it in the confidences'
    own precision.
    """
    values = 1.0 * np.asarray(confidence)
    _check_binned(values, n_bins)
    if equal_mass:
        ordered = np.sort(values)
        left, right = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
        sizes = [len(part) for part in np.array_split(ordered, n_bins)]
        return np.repeat(np.arange(n_bins), sizes)[(left + right - 1) // 2]
    edges = (np.arange(1, n_bins) / n_bins).astype(values.dtype)
    return np.searchsorted(edges, values, side="right")


def binned_error(numbers: np.ndarray, gaps: np.ndarray, n_bins: int) -> float:
    """Return `expected_calibration_error` where bins are known: for many resamples of the same answers.

    Takes `bin_numbers` and the gaps, outcome (0 or 1) minus confidence, (answers,) each.
    """
    error = float(np.abs(np.bincount(numbers, gaps, n_bins)).sum())
    if not (len(numbers) and isfinite(error)):
        raise ConfigError(f"needs answers, all gaps finite; got {len(numbers)} with error {error}.")
    return error / len(numbers)


def equal_mass_error(confidence: Confidences, correct: Outcomes, n_bins: int = 10) -> float:
    """Return the calibration error over bins of as many answers each (Nguyen and O'Connor 2015).

    Answers of one confidence share a bin, so that the order of the answers does not matter.
    """
    bins = reliability_bins(confidence, correct, n_bins, equal_mass=True)
    gaps = (bins["accuracy"] - bins["confidence"]).abs()
    return float((gaps * bins["count"]).sum() / bins["count"].sum())


def brier_score(confidence: Confidences, correct: Outcomes) -> float:
    """Return the mean squared distance of confidence and outcome (Brier 1950), 0 at best."""
    confidences, outcomes = _checked(confidence, correct, 1)
    return float(brier_score_loss(outcomes.astype(int), confidences, labels=[0, 1]))


def noise_floor(confidence: Confidences, *, draws: int = 200) -> tuple[float, float]:
    """Return the error that a perfectly calibrated student would show by chance alone.

    Returns mean and 95th percentile of `chance_errors`.
    """
    errors = chance_errors(confidence, draws=draws)
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def chance_errors(
    confidence: Confidences,
    n_bins: int = 10,
    *,
    equal_mass: bool = False,
    draws: int = 200,
    seed: int = 0,
) -> np.ndarray:
    """Return the errors, (draws,), that a perfectly calibrated student shows on draws of its answers.

    Answers are drawn right with exactly the probability that their confidence says; the error is
    `expected_calibration_error`, or `equal_mass_error`.
    """
    if draws < 1:
        raise ConfigError(f"draws must be at least 1, got {draws}.")
    values, _ = _checked(confidence, np.zeros(len(confidence)), n_bins)
    generator = np.random.default_rng(seed)
    numbers = bin_numbers(confidence, n_bins, equal_mass=equal_mass)
    return np.array(
        [
            binned_error(numbers, (generator.random(len(values)) < values) - values, n_bins)
            for _ in range(draws)
        ]
    )


def breaks_the_bound(error: float, accuracy: float, confidence: float, slack: float = 0.0) -> bool:
    """Tell whether a reported calibration error is smaller than any binning allows.

    All in one unit, and finite; `slack` is what rounding of the three can explain.
    """
    if not all(map(isfinite, (error, accuracy, confidence, slack))):
        raise ConfigError(f"needs finite numbers, got {error}, {accuracy}, {confidence}, {slack}.")
    return error + slack < abs(accuracy - confidence)


def _checked(
    confidence: Confidences, correct: Outcomes, n_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    confidences = np.asarray(confidence, dtype=np.float64)
    outcomes = np.asarray(correct)
    if confidences.ndim != 1 or confidences.shape != outcomes.shape or not len(confidences):
        raise ConfigError(
            "confidence and correct must be lists of one length, not empty; got shapes "
            f"{confidences.shape} and {outcomes.shape}."
        )
    _check_binned(confidences, n_bins)
    if not np.isin(outcomes, (0, 1)).all():
        raise ConfigError("correct must hold True or False (or 1 or 0) only.")
    return confidences, outcomes.astype(bool)


def _check_binned(confidences: np.ndarray, n_bins: int) -> None:
    if not ((confidences >= 0) & (confidences <= 1)).all():
        raise ConfigError("every confidence must lie between 0 and 1.")
    if not isinstance(n_bins, Integral) or isinstance(n_bins, bool) or n_bins < 1:
        raise ConfigError(f"n_bins must be a whole number from 1 up, got {n_bins!r}.")
