"""Students on the calibration bench: one that is made, so that its truth is known, and recorded ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log
from pathlib import Path

import numpy as np
from scipy.special import log_softmax

from mi_cot_lib.course.widgets.records import predictions_file
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.evaluation.calibration import confidences, fit_temperature, outcomes
from mi_cot_lib.evaluation.predict import Prediction, read_predictions
from mi_cot_lib.report.cells.calibration import outcomes_of
from mi_cot_lib.report.runs import Record, Run

TEMPERATURES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
# Of the made student's scores of its three labels, whose exponentials are shares of a true answer.
_SPREAD = 1.8
# Its temperature.
_SHARPNESS = 2.0
_MADE_ITEMS = 5_000
# Records keep four digits; what they write as 0 is less than half of the last.
_LEAST = 5e-5


@dataclass(frozen=True)
class Answers:
    """A student's answers to a test set, and how sure it was of them.

    Attributes:
        correct: Whether each is right, (items,) of bool.
        fitted: The temperature that validation asks for.
        predictions: What confidence at any temperature is made from; empty where it is not kept.
        kept: Confidences, (items,) from 0 to 1, at the temperatures at which alone they are kept.
    """

    correct: np.ndarray
    fitted: float
    predictions: Sequence[Prediction] = ()
    kept: Mapping[float, np.ndarray] = field(default_factory=dict)

    @property
    def temperatures(self) -> tuple[float, ...]:
        """Those at which the confidences are known, upwards."""
        return tuple(sorted(self.kept or {*TEMPERATURES, self.fitted}))

    def confidence(self, temperature: float) -> np.ndarray:
        """Return the confidences at one of `temperatures`, (items,) from 0 to 1."""
        return self.kept[temperature] if self.kept else confidences(self.predictions, temperature)


@cache
def made_answers() -> Answers:
    """Make a student of three labels whose confidences are known to be wrong by one temperature.

    Gold labels are drawn from its own scores, so it is calibrated; then its log-odds are multiplied by
    `_SHARPNESS`. That temperature, and no other, makes it a perfectly calibrated student again.
    """
    test, valid = (
        _made(_SHARPNESS, count, seed) for seed, count in enumerate((_MADE_ITEMS, 1_000))
    )
    return Answers(outcomes(test), round(fit_temperature(valid), 4), test)


def recorded_answers(run: Run, runs: Path | str | None) -> Answers:
    """Return a run's answers to its test set, with as many temperatures as there are to be had.

    Scores of a closed set's labels stand only in the folder of a run. A record without it keeps confidences
    at two temperatures, 1 and the fitted; of a written sequence these are powers of each other.
    """
    kept = run.calibration()
    fitted = float(kept["temperature"])
    if (path := predictions_file(run, runs)) is not None:
        test = _test_predictions(path)
        return Answers(outcomes(test), fitted, test)
    correct = outcomes_of(kept)
    if "normalised" in kept:
        return Answers(correct, fitted, _sequences(kept, correct))
    both = {name: np.array(kept[name]) for name in ("confidence", "scaled")}
    return Answers(correct, fitted, kept={1.0: both["confidence"], fitted: both["scaled"]})


def _made(sharpness: float, items: int, seed: int) -> list[Prediction]:
    generator = np.random.default_rng(seed)
    true = log_softmax(generator.normal(0, _SPREAD, (items, len(NLI_LABELS))), axis=1)
    stated = log_softmax(sharpness * true, axis=1)
    # The label whose share of the way from 0 to 1 the draw falls into.
    golds = (np.exp(true).cumsum(axis=1) < generator.random((items, 1))).sum(axis=1)
    return [
        _prediction(f"made/test/{number}", NLI_LABELS[min(gold, 2)], tuple(scores))
        for number, (gold, scores) in enumerate(zip(golds, stated.tolist(), strict=True))
    ]


def _prediction(name: str, gold: str, scores: tuple[float, ...]) -> Prediction:
    predicted = NLI_LABELS[int(np.argmax(scores))]
    return Prediction(
        name, gold, predicted, predicted == gold, None, NLI_LABELS, scores, max(scores), tokens=2
    )


def _sequences(kept: Record, correct: np.ndarray) -> list[Prediction]:
    return [
        Prediction("", "", "", bool(right), None, None, None, log(max(share, _LEAST)), tokens=1)
        for share, right in zip(kept["confidence"], correct, strict=True)
    ]


@cache
def _test_predictions(path: Path) -> list[Prediction]:
    return [one for one in read_predictions(path) if one.split == "test"]
