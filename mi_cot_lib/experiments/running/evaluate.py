"""Score a trained student on any data set that its labels fit, out of its domain as well."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from mi_cot_lib.data.described import locate_dataset
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DatasetSpec, Example
from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.evaluation.predict import Prediction, accuracy, predict, read_predictions
from mi_cot_lib.experiments.running.checkpoint import (
    Checkpoint,
    open_checkpoint,
    refuse_other_labels,
)
from mi_cot_lib.experiments.running.sources import fingerprint, weights_fingerprint
from mi_cot_lib.files import from_json, refuse_unwritable, write_json, write_lines
from mi_cot_lib.machine import git_commit, hardware, library_versions
from mi_cot_lib.measure.power import accuracy_interval
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.student.tokenise import check_reading
from mi_cot_lib.training import record


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A student's answers to one split of a data set, in the rows' order.

    `data_sha256` is of the questions and gold labels; the teacher's texts play no part.
    """

    dataset: str
    split: str
    checkpoint: Checkpoint
    explain: bool
    data_sha256: str
    weights_sha256: str
    predictions: tuple[Prediction, ...] = ()

    @property
    def run(self) -> str | None:
        """The run's name; None where the checkpoint is no run's and its labels could not be checked."""
        return None if self.checkpoint.config is None else self.checkpoint.name

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1."""
        return accuracy(self.predictions)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy, 0 to 1: over test items, for this one student."""
        return accuracy_interval(len(self.predictions), self.accuracy)

    @property
    def confidence(self) -> float:
        """Mean confidence, 0 to 1."""
        return sum(one.confidence for one in self.predictions) / len(self.predictions)

    def made_from(self) -> dict[str, Any]:
        """Return all that the answers depend on but the machine, as plain JSON values."""
        names = ("dataset", "split", "run", "explain", "data_sha256", "weights_sha256")
        return {
            **{name: getattr(self, name) for name in names},
            "method": self.checkpoint.method,
            **self.checkpoint.limits,
            "results_version": record.RESULTS_VERSION,
        }


def evaluate(
    checkpoint: Path,
    dataset: str,
    data_root: Path | str | None = None,
    split: str = "test",
    explain: bool = False,
    *,
    method: str | None = None,
) -> Evaluation:
    """Let a trained student answer one split of a data set, which needs no teacher's texts.

    The checkpoint is a finished run's folder or any with a saved student, whose outputs are read by `method`
    (None: as finetuning's); the data set one of the kit's, or one with a `dataset.json`, by name or folder.

    Raises:
        ConfigError: An unknown name, labels that the student has not learned, or a student that was
            not trained to explain.
        DataError: Checkpoint or data that are missing or cannot be read.
    """
    return _answered(*_prepared(checkpoint, dataset, data_root, split, explain, method))


def evaluate_to_file(
    checkpoint: Path,
    dataset: str,
    data_root: Path | str | None = None,
    split: str = "test",
    explain: bool = False,
    *,
    method: str | None = None,
    out: Path | None = None,
) -> tuple[Evaluation, Path]:
    """Evaluate, and write the result to a file, or read it where it is there already, be it with rationales.

    `out` is a `.jsonl` file; None is `evaluations/DATASET-SPLIT.jsonl` in the checkpoint's folder.

    Raises:
        KitError: As `evaluate`; also where `out` is no `.jsonl` file or holds something else.
    """
    if out is not None and Path(out).suffix != ".jsonl":
        raise ConfigError(f"{out}: the answers are one JSON object a line; name a .jsonl file.")
    wanted, spec, student, examples = _prepared(
        checkpoint, dataset, data_root, split, explain, method
    )
    path = Path(out or Path(checkpoint) / "evaluations" / f"{spec.name}-{split}.jsonl")
    before = _summary(path)
    if out is not None and (path.exists() or path.with_suffix(".json").exists()):
        facts = {name: getattr(wanted, name) for name in ("dataset", "split", "run")}
        if before is None or any(before.get(name) != fact for name, fact in facts.items()):
            raise ConfigError(
                f"{path} or the .json file beside it holds something else than {wanted.checkpoint.name} "
                f"on {wanted.dataset} {wanted.split}; name another file, or delete both."
            )
    finished = _finished(path, before or {}, wanted, examples)
    if finished is None:
        refuse_unwritable(path.parent, "Name a file elsewhere with --out.")
        finished = _answered(wanted, spec, student, examples)
        write_evaluation(finished, path)
    return finished, path


def questions_fingerprint(dataset: str, data_root: Path | str | None = None) -> str:
    """Return the fingerprint that an evaluation of this test set would have now, or raise a KitError."""
    spec, root = locate_dataset(dataset, data_root)
    return fingerprint(load_split(spec, "test", root))


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write answers, as in a run's `predictions.jsonl`, and a summary beside them, each in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    summary = path.with_suffix(".json")
    # An old summary must not vouch for new answers.
    summary.unlink(missing_ok=True)
    write_lines(path, (one.to_dict() for one in evaluation.predictions))
    values = {
        **evaluation.made_from(),
        "checkpoint": evaluation.checkpoint.name,
        "accuracy": evaluation.accuracy,
        "interval": evaluation.interval,
        "confidence": evaluation.confidence,
        "n": len(evaluation.predictions),
        "hardware": hardware(),
        "versions": library_versions(),
        "git_commit": git_commit(),
    }
    write_json(summary, values, indent=1, sort_keys=True)


def _prepared(
    checkpoint: Path,
    dataset: str,
    data_root: Path | str | None,
    split: str,
    explain: bool,
    method: str | None,
) -> tuple[Evaluation, DatasetSpec, Student, list[Example]]:
    opened = open_checkpoint(checkpoint, method)
    spec, root = locate_dataset(dataset, data_root)
    refuse_other_labels(opened, spec)
    trained = method_named(opened.method)
    if explain and not (trained.explains or trained.target_has_rationale):
        raise ConfigError(
            f"{opened.name} is read as {opened.method}, which writes no rationales; leave out "
            "--explain" + (", or name its --method." if opened.config is None else ".")
        )
    examples = load_split(spec, split, root)
    if opened.config is not None and opened.config.get("threads") is not None:
        torch.set_num_threads(opened.config["threads"])
    student = load_student(str(opened.student))
    check_reading(examples, str(opened.student), dataset, student.tokeniser)
    prints = fingerprint(examples), weights_fingerprint(student)
    return Evaluation(spec.name, split, opened, explain, *prints), spec, student, examples


def _answered(
    wanted: Evaluation, spec: DatasetSpec, student: Student, examples: list[Example]
) -> Evaluation:
    model: torch.nn.Module = student.model
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    method = wanted.checkpoint.method
    passes = 2 if wanted.explain and method_named(method).explains else 1
    title = f"{wanted.dataset} {wanted.split}"
    with tqdm(total=passes * len(examples), desc=title, unit="example") as bar:
        how = {"explain": wanted.explain, "on_batch": bar.update, **wanted.checkpoint.limits}
        predictions = predict(student, examples, spec, method, **how)
    return replace(wanted, predictions=tuple(predictions))


def _summary(path: Path) -> dict[str, Any] | None:
    summary = path.with_suffix(".json")
    if not (path.is_file() and summary.is_file()):
        return None
    try:
        values = from_json(summary.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{summary} is not valid JSON ({error}); delete it.") from error
    return values if isinstance(values, dict) and "data_sha256" in values else None


def _finished(
    path: Path, before: dict[str, Any], wanted: Evaluation, examples: list[Example]
) -> Evaluation | None:
    # Answers with rationales serve without as well.
    found = replace(wanted, explain=wanted.explain or bool(before.get("explain")))
    if any(before.get(name) != value for name, value in found.made_from().items()):
        return None
    predictions = read_predictions(path)
    if [one.id for one in predictions] != [example.id for example in examples]:
        return None
    return replace(found, predictions=tuple(predictions))
