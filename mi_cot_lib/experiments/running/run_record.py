"""What a run's record keeps of its answers and its training: all that tables and figures are made from."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mi_cot_lib.data.folds import twins
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import FOLDED, Example
from mi_cot_lib.evaluation.calibration import (
    confidences,
    fit_temperature,
    length_normalised,
    outcomes,
)
from mi_cot_lib.evaluation.predict import Prediction, read_predictions
from mi_cot_lib.objective.choices import TERMS
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.packed import matrix_flops
from mi_cot_lib.student.packed_decoder import can_share, common_length
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import PREDICTIONS

Record = dict[str, Any]

# Test items that are explained, of which Tables 7 and 8 take the first (paper 5.2.1: "randomly sample 50 CoT
# examples"); the same for every run.
EXPLAINED = 200
SAMPLES = 50
# Test items, the first ones, whose candidates are scored for confidence: that takes longer than to answer.
CALIBRATED = 2_000
SAMPLE_SEED = 0
# Of a run's history: mean losses since the last log, in all and of each term (nats), gradient norms of each
# weighted term at the logged step, and what validation measured.
_TRAINED = ("loss", *(f"{kind}_{term}" for kind in ("loss", "grad_norm") for term in TERMS))
_VALIDATED = ("eval_accuracy", *(f"eval_loss_{term}" for term in TERMS))
_DIGITS = 4


def answers_kept(predictions: Sequence[Prediction], apart: Collection[str] = ()) -> Record:
    """Return `correct`, by split a string of 1 and 0, an item each; `calibration`; and `samples`.

    Test items whose ids are `apart` are unlike any training example, and are a split of their own as well.
    """
    answers = _by_split(predictions)
    if apart:
        answers["unseen"] = [one for one in answers["test"] if one.id in apart]
    test = answers["test"]
    places = explained_places(len(test))[:SAMPLES]
    names = ("id", "predicted", "correct")
    return {
        "correct": {split: _bits(p.correct for p in found) for split, found in answers.items()},
        "calibration": calibration_of(test[:CALIBRATED], answers["valid"]),
        "samples": [
            {"rationale": one.rationale or "", **{name: getattr(one, name) for name in names}}
            for one in (test[place] for place in sorted(places))
        ],
    }


def explained_places(items: int) -> list[int]:
    """Draw which of so many test items a student is asked to explain."""
    return random.Random(SAMPLE_SEED).sample(range(items), k=min(EXPLAINED, items))


def training_flops(trained: int, model: Any, pairs: Sequence[EncodedPair]) -> float:
    """Estimate the operations of training on so many examples, repeats counted, drawn evenly from pairs.

    What the two prompts of an example have in common counts once where it is computed once.
    """
    both = [pair for pair in pairs if pair.explain_target]
    read = sum(len(pair.predict_input) for pair in pairs)
    read += sum(len(pair.explain_input) for pair in (both if can_share(model) else pairs))
    if can_share(model):
        read -= sum(common_length([pair.predict_input, pair.explain_input]) for pair in both)
    written = sum(len(pair.predict_target) + len(pair.explain_target) for pair in pairs)
    share = trained / len(pairs)
    return matrix_flops(model, read * share, written * share, training=True)


def curves_of(history: Sequence[Mapping[str, float]]) -> Record:
    """Return a run's history by measure: `training` and `validation`, each with `step`.

    Numbers have four significant digits. A term that the method does not have is absent.
    """
    found: Record = {}
    for part, names in (("training", _TRAINED), ("validation", _VALIDATED)):
        rows = [row for row in history if any(name in row for name in names)]
        held = [name for name in names if all(name in row for row in rows)]
        found[part] = {"step": [int(row["step"]) for row in rows]}
        for name in held:
            values = [float(f"{row[name]:.{_DIGITS}g}") for row in rows]
            found[part][name.removeprefix("eval_")] = values
    return found


def calibration_of(test: Sequence[Prediction], valid: Sequence[Prediction]) -> Record:
    """Return confidences on test, as they are and at the temperature that validation asks for.

    Returns:
        `temperature`; `correct`, a string of 1 and 0 (of the most probable label in a closed set);
        `confidence`, `scaled` and, for sequences, `normalised`: lists of shares, four digits.
    """
    temperature = fit_temperature(valid)
    found: Record = {
        "temperature": round(temperature, 4),
        "correct": _bits(outcomes(test)),
        "confidence": _shares(confidences(test)),
        "scaled": _shares(confidences(test, temperature)),
    }
    if test[0].scores is None:
        found["normalised"] = _shares(length_normalised(test))
    return found


def own_validation(folder: Path) -> list[Prediction]:
    """Return a finished run's answers to its own validation split."""
    return _by_split(read_predictions(folder / PREDICTIONS))["valid"]


def _by_split(answers: Iterable[Prediction]) -> dict[str, list[Prediction]]:
    groups: dict[str, list[Prediction]] = {}
    for one in answers:
        groups.setdefault(one.split, []).append(one)
    return groups


def _bits(values: Iterable[bool]) -> str:
    return "".join("1" if value else "0" for value in values)


def _shares(values: Iterable[float]) -> list[float]:
    return [round(float(value), 4) for value in values]


def without_twins(config: RunConfig, test: list[Example]) -> set[str]:
    """Return the ids of test questions whose story is in no training question; none of other data sets."""
    if config.dataset != FOLDED:
        return set()
    known = [
        example.input
        for split in ("train", "valid")
        for example in load_split(config.dataset, split, config.data_root)
    ]
    twin = twins(known, [example.input for example in test])
    return {example.id for example, is_twin in zip(test, twin, strict=True) if not is_twin}
