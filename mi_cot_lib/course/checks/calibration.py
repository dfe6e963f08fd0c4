"""Checks of calibration: the error over bins, and what it is by chance."""

import numpy as np
from numpy.typing import NDArray

from mi_cot_lib.course.checks.check import Check, Misconception
from mi_cot_lib.measure.calibration import equal_mass_error, expected_calibration_error

Values = NDArray[np.float64]


def _binned(confidence: Values, bins: int) -> NDArray[np.int64]:
    return np.minimum((confidence * bins).astype(int), bins - 1)


def _gaps(
    confidence: Values, correct: NDArray[np.bool_] | Values, bins: int
) -> list[tuple[int, float]]:
    """Return items and accuracy less confidence of each bin that holds any."""
    place = _binned(confidence, bins)
    held = [place == one for one in range(bins)]
    return [
        (int(one.sum()), float(correct[one].mean() - confidence[one].mean()))
        for one in held
        if one.any()
    ]


def _signed(confidence: Values, correct: NDArray[np.bool_], bins: int) -> float:
    return float(correct.mean() - confidence.mean())


def _cases() -> list[tuple[Values, NDArray[np.bool_], int]]:
    generator = np.random.default_rng(0)
    confidence = generator.beta(3, 1, 300)
    correct = generator.random(300) < confidence**2
    sure = np.array([1.0, 1.0, 1.0, 0.62, 0.31])
    return [
        (confidence, correct, 10),
        (confidence, ~correct, 5),
        (sure, np.array([1, 0, 1, 1, 0], bool), 4),
    ]


ece = Check(
    name="ece",
    solution=expected_calibration_error,
    cases=_cases,
    right="Each bin counts as much as it holds answers, and the surest answers are in one.",
    misconceptions=(
        Misconception(
            lambda confidence, correct, bins: float(
                np.mean([abs(gap) for _, gap in _gaps(confidence, correct, bins)])
            ),
            "Every bin counts the same. A bin with one answer must not weigh as much as one with a hundred: "
            "weigh by n_b/n.",
        ),
        Misconception(
            _signed,
            "Gaps of opposite sign cancel. That is accuracy less confidence, with or without bins: take the "
            "size of each bin's gap.",
            also=(lambda *given: abs(_signed(*given)), lambda *given: -_signed(*given)),
        ),
        Misconception(
            lambda confidence, correct, bins: (
                sum(
                    n * abs(gap)
                    for n, gap in _gaps(confidence[confidence < 1], correct[confidence < 1], bins)
                )
                / len(correct)
            ),
            "Answers of confidence 1 are in no bin: the last one must have its upper edge.",
        ),
        Misconception(
            equal_mass_error,
            "The bins hold equally many answers. Here they are equally wide; the paper says '10-bin-based', "
            "and not which.",
        ),
        Misconception(
            lambda confidence, correct, bins: float(
                np.sqrt(
                    sum(n * gap**2 for n, gap in _gaps(confidence, correct, bins)) / len(correct)
                )
            ),
            "Gaps are squared: that is another measure, which large gaps dominate. ECE takes their size.",
        ),
    ),
)


def _errors(
    confidence: Values, bins: int, draws: int, generator: np.random.Generator
) -> list[float]:
    drawn = generator.random((draws, len(confidence))) < confidence
    return [expected_calibration_error(confidence, one, bins) for one in drawn]


def _coin(confidence: Values, bins: int, draws: int, generator: np.random.Generator) -> float:
    drawn = generator.random((draws, len(confidence))) < 0.5
    return float(np.mean([expected_calibration_error(confidence, one, bins) for one in drawn]))


def _floor_of_mean(
    confidence: Values, bins: int, draws: int, generator: np.random.Generator
) -> float:
    drawn = (generator.random((draws, len(confidence))) < confidence).mean(axis=0)
    gaps = _gaps(confidence, drawn, bins)
    return float(sum(n * abs(gap) for n, gap in gaps) / len(confidence))


noise_floor = Check(
    name="noise_floor",
    solution=lambda *given: float(np.mean(_errors(*given))),
    cases=lambda: [
        (np.random.default_rng(1).random(200), 10, 400, np.random.default_rng(2)),
        (np.random.default_rng(3).random(2_000), 10, 200, np.random.default_rng(4)),
    ],
    right="A student that is calibrated perfectly shows this much, by chance alone: on 200 items about 7 "
    "points.",
    # Draws in another order give other numbers.
    tolerance=0.06,
    misconceptions=(
        Misconception(
            lambda *given: 0.0,
            "Perfectly calibrated is not 0 on a finite set: of ten answers at 80% seldom just eight are "
            "right. Draw them.",
        ),
        Misconception(
            _coin,
            "Answers are drawn right with probability ½. A calibrated student is right as often as it says: "
            "with its confidence.",
        ),
        Misconception(
            _floor_of_mean,
            "The draws are averaged before the error is taken. Take the error of each draw, then the mean.",
            # The kit's own function refuses averages.
            also=(
                lambda values, bins, *_: expected_calibration_error(values, 0 * values + 0.5, bins),
            ),
        ),
        Misconception(
            lambda *given: float(np.quantile(_errors(*given), 0.95)),
            "It is what 95% of draws stay below. That is worth knowing too; here the mean is asked for.",
        ),
    ),
)
