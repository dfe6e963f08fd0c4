"""One run from end to end: data, student, training, evaluation, record."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from mi_cot_lib.data.load import load_report, load_split
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.errors import KitError, is_disk_full
from mi_cot_lib.evaluation.predict import Prediction, accuracy, least_recall, predict
from mi_cot_lib.experiments.running.checkpoint import limits_of
from mi_cot_lib.experiments.running.run_record import (
    CALIBRATED,
    answers_kept,
    curves_of,
    explained_places,
    training_flops,
    without_twins,
)
from mi_cot_lib.experiments.running.saving import check_selected, save_student
from mi_cot_lib.experiments.running.sources import (
    SOURCES,
    note_sources,
    noted_sources,
    refuse_other_sources,
    sources_of,
)
from mi_cot_lib.files import refuse_unwritable, write_atomically, write_lines
from mi_cot_lib.machine import git_commit, hardware, library_versions
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.report.model_card import CARD, model_card
from mi_cot_lib.student.adapters import (
    Base,
    add_adapters,
    has_adapters,
    merge_adapters,
)
from mi_cot_lib.student.encode import EncodedPair, encode_pairs
from mi_cot_lib.student.folder import has_weights
from mi_cot_lib.student.load import HELD, TRAINED, Student, load_student, refuse_without_memory
from mi_cot_lib.student.tokenise import check_reading
from mi_cot_lib.student.wording import TASKS
from mi_cot_lib.training import record
from mi_cot_lib.training.checkpoints import FOLDER, last_whole, tell
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.targets import (
    check_teacher,
    training_examples,
    training_targets,
    validation_examples,
)
from mi_cot_lib.training.train import (
    PROGRESS,
    Trained,
    check_tensorboard,
    train,
)
from mi_cot_lib.training.watch import Watch

# Validation examples of which the losses are measured, beside the accuracy of all: only curves show them.
LOSSES_OF = 200


def run(
    config: RunConfig,
    runs: str | Path = "runs",
    *,
    tensorboard: bool = False,
    watch: Watch | None = None,
) -> Path:
    """Train, select on validation, score on test once, and write the record.

    A finished run is not repeated; an interrupted one goes on from its last whole checkpoint, also where
    its folder was moved. Either is refused where data or student have changed since. With `watch`, which
    follows training and may stop it, no bars are drawn.

    Returns:
        The run's folder, `config.run_name` in the folder of runs: `run.json`, `predictions.jsonl` and the
        trained student in `student/`.

    Raises:
        TrainingStopped: By `watch`; the same call goes on from the last checkpoint.
        KitError: Data or student cannot be had, the folder cannot be written or is full, or the trained
            student does not answer as the selected step did; the message says what to do.
    """
    folder = Path(runs) / config.run_name
    if tensorboard:
        check_tensorboard()
    is_complete = record.is_complete(folder)
    if not is_complete:
        for part in ("", FOLDER, record.STUDENT):
            refuse_unwritable(folder / part, "Name another folder of runs with --runs.")
        refuse_without_memory(config.student, TRAINED if config.lora_rank is None else HELD)
    # Before the folder is made, so that missing data leaves nothing behind.
    sources = sources_of(config)
    refuse_other_sources(folder, sources)
    if is_complete:
        if not has_weights(folder / record.STUDENT):
            tell(f"{folder} keeps no student: delete it and retrain")
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / record.LOCK, timeout=0):
            # Another process may have ended it while this one read its data.
            if not record.is_complete(folder):
                _drop_leftovers(folder)
                note_sources(folder, sources)
                _run(config, folder, sources, tensorboard, watch)
    except Timeout:
        raise KitError(f"{folder} is being made by another process; wait for it.") from None
    except OSError as error:
        if not is_disk_full(error):
            raise
        last = last_whole(folder / FOLDER)
        kept = f"{last.name} is kept" if last else "no checkpoint was made yet"
        raise KitError(
            f"no room for {error.filename or folder} ({error.strerror}): {kept}; make room, and call the "
            "same command again."
        ) from error
    return folder


def _drop_leftovers(folder: Path) -> None:
    """Drop, with a line, what an interrupted run left and cannot be gone on with."""
    if (folder / record.RECORD).exists():
        tell(f"{folder / record.RECORD} is not whole: the run goes on")
    if (folder / FOLDER).exists() and noted_sources(folder) is None:
        # What it was trained on is unknown.
        tell(f"{folder / SOURCES} is not whole: checkpoints are dropped")
        shutil.rmtree(folder / FOLDER)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A student as training leaves it, at the step that validated best, and what it was trained on.

    Attributes:
        usable: How many of the training examples could be trained on; `pairs` are those, encoded.
        loading: Seconds spent on reading data and student.
    """

    student: Student
    trained: Trained
    train_examples: list[Example]
    valid_examples: list[Example]
    usable: int
    pairs: list[EncodedPair]
    loading: float


def fit(
    config: RunConfig, folder: Path, *, tensorboard: bool = False, watch: Watch | None = None
) -> Fitted:
    """Train and select on validation, with checkpoints in the folder; the test set is not read."""
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    started = time.monotonic()
    train_examples = training_examples(config)
    valid_examples = validation_examples(config)
    check_teacher(config, train_examples)
    usable, targets = training_targets(config, train_examples)
    student = load_student(config.student, config.prompting)
    if has_adapters(student.model):
        merge_adapters(student.model)
    if config.lora_rank is not None:
        add_adapters(student.model, config.lora_rank, config.lora_targets, config.seed)
    check_reading([*usable, *valid_examples], config.student, config.dataset, student.tokeniser)
    loading = time.monotonic() - started
    has_labels = bool(dataset_spec(config.dataset).labels)
    pairs = _encode(config, student, usable, targets)

    def validate(model: Any) -> dict[str, float]:
        answers = _predict(config, student, valid_examples, explain=False, with_scores=False)
        found = {"accuracy": accuracy(answers)}
        return {**found, "least_recall": least_recall(answers)} if has_labels else found

    measured = _encode(
        config, student, *training_targets(config, valid_examples[:LOSSES_OF], keep_all=True)
    )
    how: dict[str, Any] = {"tensorboard": tensorboard, "watch": watch}
    trained = train(config, student, pairs, measured, validate, folder, **how)
    return Fitted(student, trained, train_examples, valid_examples, len(usable), pairs, loading)


def _run(
    config: RunConfig,
    folder: Path,
    sources: dict[str, str],
    tensorboard: bool,
    watch: Watch | None,
) -> None:
    fitted = fit(config, folder, tensorboard=tensorboard, watch=watch)
    student, trained = fitted.student, fitted.trained
    root = config.data_root
    testing = time.monotonic()
    # Validation is answered again by the selected student: temperatures are fitted on it.
    tests = {"test": load_split(config.dataset, "test", root), "valid": fitted.valid_examples}
    if "unseen" in dataset_spec(config.dataset).splits:
        tests["unseen"] = load_split(config.dataset, "unseen", root)
    metrics: dict[str, Any] = {}
    predictions: list[Prediction] = []
    for split, examples in tests.items():
        places = explained_places(len(examples)) if split == "test" else []
        explain = {examples[place].id for place in places}
        asked = len(explain) if method_named(config.method).explains else 0
        calibrated = {"test": CALIBRATED, "valid": len(examples)}.get(split, 0)
        total, silent = len(examples) + asked, watch is not None
        with tqdm(total=total, desc=split, unit="example", disable=silent) as bar:
            how = {"explain": explain, "on_batch": bar.update}
            answers = _predict(config, student, examples[:calibrated], with_scores=True, **how)
            answers += _predict(config, student, examples[calibrated:], with_scores=False, **how)
        metrics[f"{split}_accuracy"] = accuracy(answers)
        metrics[f"{split}_n"] = len(answers)
        predictions += answers
    apart = without_twins(config, tests["test"])
    if apart:
        right = [one.correct for one in predictions if one.id in apart]
        metrics["unseen_accuracy"] = sum(right) / len(right)
        metrics["unseen_n"] = len(right)
    metrics["selected_step"] = trained.selected_step
    metrics["steps"] = trained.steps
    metrics["converged"] = trained.converged
    check_selected(folder, trained, metrics["valid_accuracy"], metrics["valid_n"])
    write_lines(folder / record.PREDICTIONS, (p.to_dict() for p in predictions))
    base = None
    if config.lora_rank is not None:
        prompting = student.prompting if student.decoder_only else None
        base = Base(config.student, sources["weights_sha256"], prompting)
    save_student(student, folder / record.STUDENT, base)
    tested = time.monotonic() - testing
    unparsed = load_report(fitted.train_examples)
    result = {
        "run": config.run_name,
        "results_version": record.RESULTS_VERSION,
        "config": config.to_dict(),
        "metrics": metrics,
        "curves": curves_of(trained.history),
        "flops": training_flops(trained.steps * config.batch_size, student.model, fitted.pairs),
        **answers_kept(predictions, apart),
        "data": {
            "train_rows": len(fitted.train_examples),
            "train_used": fitted.usable,
            "train_unparsed": unparsed.unparsed,
            "train_without_rationale": unparsed.without_rationale,
            "sha256": sources["data_sha256"],
        },
        "weights_sha256": sources["weights_sha256"],
        **({"prompting": student.prompting} if student.decoder_only else {}),
        "parameters": sum(p.numel() for p in student.model.parameters()),
        "seconds": {
            "train": round(trained.seconds, 1),
            "test": round(tested, 1),
            "total": round(trained.seconds + tested + fitted.loading, 1),
        },
        "hardware": hardware(),
        "versions": library_versions(),
        "git_commit": git_commit(),
    }
    prompts = {task: student.wording.template(mark) for task, mark in TASKS.items()}
    if not method_named(config.method).explains:
        del prompts["rationale"]
    write_atomically(folder / record.STUDENT / CARD, model_card(result, prompts))
    record.write_record(folder, result)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    (folder / PROGRESS).unlink(missing_ok=True)


def _encode(
    config: RunConfig, student: Student, examples: list[Example], targets: list[str]
) -> list[EncodedPair]:
    return encode_pairs(
        examples,
        targets,
        student.wording,
        explain=method_named(config.method).explains,
        max_input_tokens=config.max_input_tokens,
        max_target_tokens=config.max_target_tokens,
    )


def _predict(
    config: RunConfig, student: Student, examples: list[Example], **how: Any
) -> list[Prediction]:
    limits = limits_of(config.to_dict())
    return predict(student, examples, config.dataset, config.method, **limits, **how)
