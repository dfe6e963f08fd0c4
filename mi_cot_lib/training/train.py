"""Train one student as a RunConfig says, with checkpoints from which a stopped run goes on."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau
from tqdm.auto import tqdm
from transformers import PrinterCallback, Seq2SeqTrainingArguments, TrainerCallback, set_seed
from transformers.integrations import TensorBoardCallback
from transformers.trainer_callback import TrainerState

from mi_cot_lib.errors import KitError
from mi_cot_lib.files import write_atomically
from mi_cot_lib.objective.mi import carried, make_head
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.checkpoints import (
    FOLDER,
    checkpoint_folder,
    last_whole,
    load_weights,
    selected_step,
    state_of,
)
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.trainer import TwoTaskTrainer, Validate
from mi_cot_lib.training.watch import Watch, Watched, rows_of

LOGS_A_VALIDATION = 2
# Of validation accuracy, for which training goes on: smaller gains come for thousands of steps after a
# student of the built-in data has ended learning. The best validation is selected all the same.
LEAST_GAIN = 0.005
# Over the training set, before patience ends training: of many examples a narrow student that also learns
# rationales finds in the third pass what the label depends on.
LEAST_PASSES = 4
# And as long as labels are confused, at most so many passes: below such a recall on validation one of them is
# not told apart yet. Who learns rationale and label as one sequence gets there after five passes or later.
# Nor has learning begun where hardly any answer is right: a narrow student's of equations takes two passes.
LEAST_RECALL, LEAST_ACCURACY, MOST_PASSES = 0.6, 0.05, 16
# Steps done, steps wanted, and seconds spent by all calls so far.
PROGRESS = "progress.txt"


@dataclass(frozen=True)
class Trained:
    """What training leaves beside the student's weights, which it sets to the selected step's.

    Attributes:
        history: One row a logged step (losses in nats, gradient norms) and one a validation.
        selected_step: The step with the best validation accuracy, the earliest of equals.
        steps: How many were taken.
        converged: Whether patience ended training; not where all steps were taken without that.
        seconds: Time spent training, by earlier calls of an interrupted run as well.
    """

    history: list[dict[str, float]]
    selected_step: int
    steps: int
    converged: bool
    seconds: float


def selected_accuracy(trained: Trained) -> float:
    """Return the validation accuracy of the selected step, 0 to 1, as it was logged."""
    return next(
        row["eval_accuracy"]
        for row in reversed(trained.history)
        if row["step"] == trained.selected_step and "eval_accuracy" in row
    )


class _Progress(TrainerCallback):
    """A bar with time left for the person, and a small file for a process that watches many runs."""

    def __init__(self, folder: Path, title: str, silent: bool) -> None:
        self.path = folder / PROGRESS
        self.title = title
        self.silent = silent
        # As if the calls before had been part of this one.
        self.started = time.monotonic() - read_progress(folder)[2]
        self.bar = tqdm(disable=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            desc=self.title,
            unit="step",
            disable=self.silent,
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self.bar.set_postfix(loss=f"{logs['loss']:.3f}")
            line = f"{state.global_step} {state.max_steps} {self.seconds:.1f}\n"
            write_atomically(self.path, line)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(1)
        # Also where the logging interval does not divide the run, its end is in the history.
        control.should_log = control.should_log or state.global_step >= state.max_steps


class _Patience(TrainerCallback):
    """Ends training when validation has long not become better, as the checkpoint tells."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config

    def on_evaluate(self, args: Any, state: Any, control: Any, **called: Any) -> None:
        schedule = called.get("lr_scheduler")
        if isinstance(schedule, ReduceLROnPlateau) and must_go_on(state):
            # Such a plateau is left at the full rate or not at all. One more is counted right after this.
            schedule.num_bad_epochs = min(0, schedule.patience - 1)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # Only now is the validation just made the best one, or not.
        control.should_training_stop |= is_out_of_patience(state, self.config)


def is_out_of_patience(state: TrainerState, config: RunConfig) -> bool:
    """Tell whether as many validations as a run has patience for brought no gain worth going on for."""
    since = last_gain(state.log_history)
    waited = 0 < config.patience * config.eval_every <= state.global_step - since
    return waited and (state.epoch or 0.0) >= LEAST_PASSES and not must_go_on(state)


def last_gain(history: Sequence[Mapping[str, float]]) -> int:
    """Return the step of the last validation that brought a gain worth going on for; 0 where none did."""
    reached, since = 0.0, 0
    for row in history:
        if row.get("eval_accuracy", 0.0) > reached + LEAST_GAIN:
            reached, since = row["eval_accuracy"], int(row["step"])
    return since


def must_go_on(state: TrainerState) -> bool:
    """Tell whether labels are still confused, or hardly anything is right, before sixteen passes are over."""
    last = next((row for row in reversed(state.log_history) if "eval_accuracy" in row), None)
    if last is None or (state.epoch or 0.0) >= MOST_PASSES:
        return False
    confused = last.get("eval_least_recall", 1.0) < LEAST_RECALL
    return confused or last["eval_accuracy"] < LEAST_ACCURACY


def read_progress(folder: Path) -> tuple[int, int, float]:
    """Read how far a run is: steps done, steps wanted, seconds spent; 0, 1, 0.0 where no note is whole."""
    try:
        done, wanted, seconds = (folder / PROGRESS).read_text(encoding="utf-8").split()
        return int(done), max(1, int(wanted)), float(seconds)
    except (OSError, ValueError):
        return 0, 1, 0.0


def train(
    config: RunConfig,
    student: Student,
    train_pairs: Sequence[EncodedPair],
    valid_pairs: Sequence[EncodedPair],
    validate: Validate,
    folder: Path,
    *,
    tensorboard: bool = False,
    watch: Watch | None = None,
) -> Trained:
    """Train the student in place and leave it at the step that validated best.

    `validate` scores a model on validation: `accuracy` and, where all questions have the same labels,
    `least_recall`, of the label that is recalled least; from 0 to 1. `checkpoints/` in the run's folder makes
    the run resumable; with `tensorboard`, curves go to `tensorboard/` in it. `watch` takes the place of the
    bar, and may stop training at a validation: a TrainingStopped. KitError
    where a loss, gradient, weight or validation is not finite, or the selected step's weights cannot be
    loaded as they were saved; OSError where a disk does not take them.
    """
    progress = _Progress(folder, config.method, silent=watch is not None)
    watched = Watched(watch)
    checkpoints = (folder / FOLDER).resolve()
    checkpoints.mkdir(parents=True, exist_ok=True)
    set_seed(config.seed)
    head = make_head(config.objective, student.width, config.seed)
    with carried(student.model, head):
        trainer = TwoTaskTrainer(
            student=student,
            objective=config.objective,
            arguments=_arguments(config, checkpoints),
            train_pairs=train_pairs,
            valid_pairs=valid_pairs,
            validate=validate,
            embedding_rate=config.embedding_rate,
            callbacks=[progress, _Patience(config), watched, *_tensorboard(folder, tensorboard)],
        )
        trainer.remove_callback(PrinterCallback)
        last = last_whole(checkpoints)
        before = None if last is None else state_of(last)
        if before and (
            before.global_step >= config.max_steps or is_out_of_patience(before, config)
        ):
            # Resumed at its end the Trainer would take one step more.
            trainer.state = before
        else:
            try:
                trainer.train(resume_from_checkpoint=None if last is None else str(last))
            finally:
                # Before an error is printed, not after it.
                progress.bar.close()
        watched.end(trainer.state)
        best = selected_step(trainer.state)
        load_weights(student.model, checkpoint_folder(checkpoints, best))
    return Trained(
        history=rows_of(trainer.state),
        selected_step=best,
        steps=trainer.state.global_step,
        converged=is_out_of_patience(trainer.state, config),
        seconds=progress.seconds,
    )


def check_tensorboard() -> None:
    """Refuse to log for TensorBoard where it is not installed, with the command that installs it."""
    if find_spec("tensorboard") is None:
        raise KitError(
            "TensorBoard is not installed; in the repository: "
            ".venv/bin/python -m pip install -c constraints.txt tensorboard"
        )


class _Curves(TensorBoardCallback):
    """transformers' curves without its copy of the settings, which names this machine's folders."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        pass


def _tensorboard(folder: Path, wanted: bool) -> list[TrainerCallback]:
    if not wanted:
        return []
    check_tensorboard()
    from torch.utils.tensorboard import SummaryWriter

    return [_Curves(SummaryWriter(str(folder / "tensorboard")))]


# By schedule, the Trainer's arguments. torch counts the validations that may pass before the next one lowers
# the rate.
_SCHEDULES: dict[str, Callable[[RunConfig], dict[str, Any]]] = {
    "linear": lambda config: {"lr_scheduler_type": "linear"},
    "plateau": lambda config: {
        "lr_scheduler_type": "reduce_lr_on_plateau",
        "lr_scheduler_kwargs": {
            "mode": "max",
            "factor": 0.2,
            "patience": config.patience // 2 - 1,
            "threshold": LEAST_GAIN,
            "threshold_mode": "abs",
        },
    },
}


def _arguments(config: RunConfig, checkpoints: Path) -> Seq2SeqTrainingArguments:
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        seed=config.seed,
        max_steps=config.max_steps,
        per_device_train_batch_size=config.micro_batch_size,
        per_device_eval_batch_size=config.micro_batch_size,
        gradient_accumulation_steps=config.batch_size // config.micro_batch_size,
        learning_rate=config.learning_rate,
        **_SCHEDULES[config.schedule](config),
        bf16=config.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        logging_steps=max(1, config.eval_every // LOGS_A_VALIDATION),
        # It would log the mean of earlier losses in the place of one that is not finite.
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=config.eval_every,
        save_strategy="steps",
        save_steps=config.eval_every,
        # For the state's best step; its weights are loaded, and old checkpoints deleted, by the kit.
        metric_for_best_model="eval_accuracy",
        greater_is_better=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,
        report_to=[],
    )
    # One run is one device: on several the Trainer would wrap the model and multiply the batch.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments
