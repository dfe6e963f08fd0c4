"""One run from end to end: data, student, training, evaluation, record."""

import hashlib
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from mi_cot_lib.data.example import Example
from mi_cot_lib.data.load import load_report, load_split
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.predict import Prediction, accuracy, predict
from mi_cot_lib.objective.methods import method_named
from mi_cot_lib.student.encode import ANSWER_MARK, EncodedPair, encode_pairs
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import PROGRESS, train

DEFAULT_RUNS = "runs"


def run(config: RunConfig, runs: str | Path = DEFAULT_RUNS, *, tensorboard: bool = False) -> Path:
    """Train, select on validation, score on test once, and write the record.

    A finished run is not repeated; an interrupted one goes on from its last checkpoint.

    Args:
        config: What to run.
        runs: Folder of runs; the run's own folder in it is `config.run_name`.
        tensorboard: Also log for TensorBoard.

    Returns:
        The run's folder, with `run.json` and `predictions.jsonl`.

    Raises:
        KitError: Data or student cannot be had; the message says what to do.
    """
    folder = Path(runs) / config.run_name
    if record.is_complete(folder):
        return folder
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    started = time.monotonic()
    root = config.data_root
    train_examples = load_split(config.dataset, "train", root)
    valid_examples = load_split(config.dataset, "valid", root)
    usable, targets = training_targets(config, train_examples)
    student = load_student(config.student)
    start = weights_fingerprint(student)
    folder.mkdir(parents=True, exist_ok=True)
    trained = train(
        config,
        student,
        _encode(config, student, usable, targets),
        _encode(config, student, *training_targets(config, valid_examples, keep_all=True)),
        lambda model: {
            "accuracy": accuracy(_predict(config, student, valid_examples, explain=False))
        },
        folder,
        tensorboard=tensorboard,
    )
    testing = time.monotonic()
    tests = {"test": load_split(config.dataset, "test", root)}
    if "unseen" in dataset_spec(config.dataset).splits:
        tests["unseen"] = load_split(config.dataset, "unseen", root)
    metrics: dict[str, Any] = {}
    predictions: list[Prediction] = []
    for split, examples in tests.items():
        passes = 2 if split == "test" and method_named(config.method).explains else 1
        with tqdm(total=passes * len(examples), desc=split, unit="example") as bar:
            answers = _predict(config, student, examples, explain=split == "test", bar=bar)
        metrics[f"{split}_accuracy"] = accuracy(answers)
        metrics[f"{split}_n"] = len(answers)
        predictions += answers
    validated = [row for row in trained.history if row.get("step") == trained.selected_step]
    metrics["valid_accuracy"] = next(
        (row["eval_accuracy"] for row in validated if "eval_accuracy" in row), None
    )
    metrics["valid_n"] = len(valid_examples)
    metrics["selected_step"] = trained.selected_step
    record.write_lines(folder / record.PREDICTIONS, (p.to_dict() for p in predictions))
    finished = time.monotonic()
    unparsed = load_report(train_examples)
    result = {
        "run": config.run_name,
        "config": config.to_dict(),
        "metrics": metrics,
        "history": trained.history,
        "data": {
            "train_rows": len(train_examples),
            "train_used": len(usable),
            "train_unparsed": unparsed.unparsed,
            "train_without_rationale": unparsed.without_rationale,
            "sha256": fingerprint([*train_examples, *valid_examples, *tests["test"]]),
        },
        "weights_sha256": start,
        "parameters": sum(p.numel() for p in student.model.parameters()),
        "seconds": {
            "train": round(trained.seconds, 1),
            "test": round(finished - testing, 1),
            "total": round(finished - started, 1),
        },
        "hardware": record.hardware(),
        "versions": record.library_versions(),
        "git_commit": record.git_commit(),
    }
    record.write_record(folder, result)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    (folder / PROGRESS).unlink(missing_ok=True)
    return folder


def training_targets(
    config: RunConfig, examples: list[Example], *, keep_all: bool = False
) -> tuple[list[Example], list[str]]:
    """Choose the examples that can be trained on and write their prediction targets.

    Args:
        config: Method, labels, train_size and what to do with unparsed teacher text.
        examples: A split.
        keep_all: For validation: gold labels are known for every example, so none is left out.

    Returns:
        Examples and the text that the prediction task has to write for each.

    Raises:
        ConfigError: `train_size` is larger than the split.
    """
    method = method_named(config.method)
    if config.train_size is not None and not keep_all:
        if config.train_size > len(examples):
            raise ConfigError(
                f"train_size {config.train_size} is more than the {len(examples)} training "
                f"examples of {config.dataset}."
            )
        examples = examples[: config.train_size]
    if config.unparsed == "keep_empty":
        examples = [_with_empty_texts(example) for example in examples]
    usable, targets = [], []
    for example in examples:
        label = example.teacher_label if config.labels == "teacher" else example.label
        if method.target_has_rationale and label is not None and example.rationale is not None:
            target: str | None = example.rationale + ANSWER_MARK + label
        elif method.target_has_rationale:
            target = None
        else:
            target = label
        if target is not None:
            usable.append(example)
            targets.append(target)
    return usable, targets


def fingerprint(examples: Sequence[Example]) -> str:
    """Return a SHA-256 of all fields of the examples, in order: which data a run really saw."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example)).encode())
    return digest.hexdigest()


def weights_fingerprint(student: Student) -> str:
    """Return a SHA-256 of a student's weights: which checkpoint a run really started from."""
    digest = hashlib.sha256()
    for name, tensor in sorted(student.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _with_empty_texts(example: Example) -> Example:
    return Example(
        example.id,
        example.input,
        example.label,
        example.rationale or "",
        example.teacher_label or "",
    )


def _encode(
    config: RunConfig, student: Student, examples: list[Example], targets: list[str]
) -> list[EncodedPair]:
    return encode_pairs(
        examples,
        targets,
        student.tokeniser,
        explain=method_named(config.method).explains,
        max_input_tokens=config.max_input_tokens,
        max_target_tokens=config.max_target_tokens,
    )


def _predict(
    config: RunConfig, student: Student, examples: list[Example], *, explain: bool, bar: Any = None
) -> list[Prediction]:
    return predict(
        student,
        examples,
        config.dataset,
        config.method,
        explain=explain,
        max_input_tokens=config.max_input_tokens,
        max_new_tokens=config.max_new_tokens,
        max_rationale_tokens=config.max_target_tokens,
        on_batch=bar.update if bar is not None else None,
    )
