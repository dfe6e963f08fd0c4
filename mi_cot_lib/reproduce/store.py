"""Finished runs as small JSON files, from which every table and figure of the paper is made.

A run's folder holds weights and every answer's text; a record holds what tables need of it: which test
items were right, confidences and sampled rationales where the paper looks at them. Records are small
enough to be committed, and say by which version of the kit, from which data and weights they come.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mi_cot_lib.data.load import load_split
from mi_cot_lib.errors import DataError
from mi_cot_lib.evaluation.calibration import (
    confidences,
    fit_temperature,
    length_normalised,
    outcomes,
)
from mi_cot_lib.evaluation.predict import Prediction, read_predictions
from mi_cot_lib.objective.methods import method_named
from mi_cot_lib.reproduce.run import training_targets
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.flops import matrix_flops
from mi_cot_lib.student.load import load_student
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig

Record = dict[str, Any]

# Items of Tables 7 and 8 (paper 5.2.1: "randomly sample 50 CoT examples"), the same for every run.
SAMPLES = 50
SAMPLE_SEED = 0
_KEPT = (
    *("run", "results_version", "config", "metrics", "data", "weights_sha256", "parameters"),
    *("seconds", "hardware", "versions", "git_commit"),
)
# Of a run's history: mean losses of each term since the last log (nats), gradient norms of each weighted
# term at the logged step, and what validation measured.
_TERMS = ("prediction", "generation", "mi")
_TRAINED = tuple(f"{kind}_{term}" for kind in ("loss", "grad_norm") for term in _TERMS)
_VALIDATED = ("eval_accuracy", *(f"eval_loss_{term}" for term in _TERMS))
_DIGITS = 4


def record_of(folder: Path, *, details: bool) -> Record:
    """Make the record of a finished run.

    Args:
        folder: The run's folder.
        details: Keep confidences and sampled rationales as well (Tables 6 to 8, Figures 4 and 5).

    Returns:
        Plain JSON values: of `run.json` all but its history, of which `curves` hold the losses and
        gradient norms; `flops` of its training; `correct`, by split a string of 1 and 0, an item each;
        with details `calibration` and `samples`.

    Raises:
        DataError: The folder holds no finished run.
    """
    whole = record.read_record(folder)
    config = RunConfig.from_dict(whole["config"])
    answers = by_split(read_predictions(folder / record.PREDICTIONS))
    kept: Record = {name: whole[name] for name in _KEPT}
    kept["config"] = {**kept["config"], "data_root": None}
    kept["curves"] = curves_of(whole["history"])
    kept["flops"] = training_flops(config, folder)
    kept["correct"] = {split: _bits(p.correct for p in found) for split, found in answers.items()}
    if details:
        kept["calibration"] = calibration_of(answers["test"], answers["valid"])
        kept["samples"] = sampled(answers["test"])
    return kept


def curves_of(history: Sequence[Mapping[str, float]]) -> Record:
    """Return a run's history by measure: `training` and `validation`, each with its `step`s.

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


def sampled(answers: Sequence[Prediction]) -> list[Record]:
    """Return what was written for the sampled items: id, rationale, predicted label, correctness."""
    chosen = sorted(
        random.Random(SAMPLE_SEED).sample(range(len(answers)), k=min(SAMPLES, len(answers)))
    )
    return [
        {
            "id": one.id,
            "rationale": one.rationale or "",
            "predicted": one.predicted,
            "correct": one.correct,
        }
        for one in (answers[index] for index in chosen)
    ]


def by_split(answers: Iterable[Prediction]) -> dict[str, list[Prediction]]:
    """Group answers by the part of a run's predictions that they belong to, in their order."""
    groups: dict[str, list[Prediction]] = {}
    for one in answers:
        groups.setdefault(one.split, []).append(one)
    return groups


def training_flops(config: RunConfig, folder: Path) -> float:
    """Estimate the operations of a run's training from its weights and the tokens that it saw."""
    student = load_student(str(folder / record.STUDENT))
    examples, targets = training_targets(
        config, load_split(config.dataset, "train", config.data_root)
    )
    pairs = encode_pairs(
        examples,
        targets,
        student.tokeniser,
        explain=method_named(config.method).explains,
        max_input_tokens=config.max_input_tokens,
        max_target_tokens=config.max_target_tokens,
    )
    read = sum(len(pair.predict_input) + len(pair.explain_input) for pair in pairs)
    written = sum(len(pair.predict_target) + len(pair.explain_target) for pair in pairs)
    share = config.max_steps * config.batch_size / len(pairs)
    return matrix_flops(student.model, read * share, written * share, training=True)


def write(store: Path, name: str, kept: Record) -> None:
    """Write one record, in one move."""
    store.mkdir(parents=True, exist_ok=True)
    record.write_json(store / f"{name}.json", kept, sort_keys=True, separators=(",", ":"))


def read(store: Path, name: str) -> Record | None:
    """Read one record; None where there is none.

    Raises:
        DataError: The file is broken.
    """
    path = store / f"{name}.json"
    if not path.is_file():
        return None
    try:
        kept = record.from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path} is not valid JSON ({error}); delete it and run again.") from error
    if not isinstance(kept, dict) or "results_version" not in kept:
        raise DataError(f"{path} is no record of a run; delete it and run again.")
    return kept


def _bits(values: Iterable[bool]) -> str:
    return "".join("1" if value else "0" for value in values)


def _shares(values: Iterable[float]) -> list[float]:
    return [round(float(value), 4) for value in values]
