"""Who looks on while a student trains, and may ask it to stop where it can go on from."""

from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import TrainerState

from mi_cot_lib.errors import KitError

History = list[dict[str, float]]
# Told, after each logged step and each validation, the history so far and whether training has ended; its
# answer asks to stop (True).
Watch = Callable[[History, bool], bool]
# In the Trainer's own row about a whole call.
_SUMMARY = "train_runtime"


class TrainingStopped(KitError):
    """Training was asked to stop, and did; the same call goes on from there to the same result."""


def rows_of(state: TrainerState) -> History:
    """Return a history, see `training.train.Trained`, from the Trainer's state."""
    return [row for row in state.log_history if _SUMMARY not in row]


class Watched(TrainerCallback):
    """Tells a watch what training logs, and ends training at the first validation where it asks to.

    Not before: a checkpoint is made there in any case, and only validations move the rate and the patience,
    so that nothing depends on whether training stopped.
    """

    def __init__(self, watch: Watch | None) -> None:
        self.watch = watch
        self.asked = self.is_stopped = False

    def on_log(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        """Tell the watch, and keep its answer; the last one before a checkpoint counts."""
        if self.watch is not None and _SUMMARY not in state.log_history[-1]:
            self.asked = self.watch(rows_of(state), False)

    def on_save(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        """End training behind the checkpoint that is now made, if the watch asked to."""
        self.is_stopped = self.asked
        control.should_training_stop |= self.asked

    def end(self, state: TrainerState) -> None:
        """Tell the watch that training has ended; a TrainingStopped instead where it was stopped."""
        if self.is_stopped:
            raise TrainingStopped(
                f"training was stopped at step {state.global_step}, where its checkpoint is kept; the same "
                "call goes on from it."
            )
        if self.watch is not None:
            self.watch(rows_of(state), True)
