"""Train one student as a RunConfig says, with checkpoints from which a stopped run goes on."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm
from transformers import PrinterCallback, Seq2SeqTrainingArguments, TrainerCallback, set_seed
from transformers.integrations import TensorBoardCallback
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import get_last_checkpoint

from mi_cot_lib.errors import KitError
from mi_cot_lib.student.encode import EncodedPair
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import write_atomically
from mi_cot_lib.training.trainer import TwoTaskTrainer, Validate

LOGS_A_RUN = 25
PROGRESS = "progress.txt"


@dataclass(frozen=True)
class Trained:
    """What training leaves beside the student's weights, which it sets to the selected step's.

    Attributes:
        history: One row a logged step (losses in nats, gradient norms) and one a validation.
        selected_step: The step with the best validation accuracy, the earliest of equals.
        seconds: Time that this call trained, resumed runs counted from their checkpoint.
    """

    history: list[dict[str, float]]
    selected_step: int
    seconds: float


class _Progress(TrainerCallback):
    """A bar with time left for the person, and a small file for a process that watches many runs."""

    def __init__(self, folder: Path, title: str) -> None:
        self.folder = folder
        self.title = title

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar = tqdm(
            total=state.max_steps, initial=state.global_step, desc=self.title, unit="step"
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and "loss" in logs:
            self.bar.set_postfix(loss=f"{logs['loss']:.3f}")
            write_atomically(self.folder / PROGRESS, f"{state.global_step} {state.max_steps}\n")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.update(1)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.close()


def train(
    config: RunConfig,
    student: Student,
    train_pairs: Sequence[EncodedPair],
    valid_pairs: Sequence[EncodedPair],
    validate: Validate,
    folder: Path,
    *,
    tensorboard: bool = False,
) -> Trained:
    """Train the student in place and leave it at the step that validated best.

    Args:
        config: What to train and how.
        student: Changed by training.
        train_pairs: Encoded training examples.
        valid_pairs: Encoded validation examples.
        validate: Scores a model on validation; must return `accuracy` from 0 to 1.
        folder: The run's folder; `checkpoints/` in it makes the run resumable.
        tensorboard: Also log for TensorBoard, to `tensorboard/` in the folder.

    Returns:
        History, selected step and seconds.
    """
    started = time.monotonic()
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    set_seed(config.seed)
    trainer = TwoTaskTrainer(
        student=student,
        objective=config.objective,
        arguments=_arguments(config, checkpoints),
        train_pairs=train_pairs,
        valid_pairs=valid_pairs,
        validate=validate,
        callbacks=[_Progress(folder, config.method), *_tensorboard(folder, tensorboard)],
    )
    trainer.remove_callback(PrinterCallback)
    _drop_unfinished(checkpoints)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(checkpoints)))
    best = trainer.state.best_global_step or trainer.state.global_step
    return Trained(
        history=[row for row in trainer.state.log_history if "train_runtime" not in row],
        selected_step=best,
        seconds=time.monotonic() - started,
    )


def _drop_unfinished(checkpoints: Path) -> None:
    """Delete what a process killed while it saved has left: the Trainer writes its state last."""
    for folder in checkpoints.glob("checkpoint-*"):
        if not (folder / TRAINER_STATE_NAME).is_file():
            shutil.rmtree(folder)


def _tensorboard(folder: Path, wanted: bool) -> list[TrainerCallback]:
    if not wanted:
        return []
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise KitError(
            "TensorBoard is not installed: pip install 'mi-cot[tensorboard]'."
        ) from error
    return [TensorBoardCallback(SummaryWriter(str(folder / "tensorboard")))]


def _arguments(config: RunConfig, checkpoints: Path) -> Seq2SeqTrainingArguments:
    return Seq2SeqTrainingArguments(
        output_dir=str(checkpoints),
        seed=config.seed,
        max_steps=config.max_steps,
        per_device_train_batch_size=config.micro_batch_size,
        per_device_eval_batch_size=config.micro_batch_size,
        gradient_accumulation_steps=config.batch_size // config.micro_batch_size,
        learning_rate=config.learning_rate,
        bf16=config.precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        logging_steps=max(1, config.max_steps // LOGS_A_RUN),
        eval_strategy="steps",
        eval_steps=config.eval_every,
        save_strategy="steps",
        save_steps=config.eval_every,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_accuracy",
        greater_is_better=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,
        report_to=[],
    )
