"""A training to look at while it runs: its curves, the time left, and buttons to stop it and to go on."""

import math
import tempfile
import threading
import time
import traceback
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from mi_cot_lib.course.widgets.controls import Controlled
from mi_cot_lib.course.widgets.curves import Logged, curves_picture, prepare_curves, recorded_run
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.run import run
from mi_cot_lib.experiments.running.run_record import curves_of
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import read_record
from mi_cot_lib.training.train import LEAST_PASSES, last_gain
from mi_cot_lib.training.watch import History, TrainingStopped

# Few examples, so that it takes about a minute.
_DEFAULT: dict[str, Any] = {"dataset": "nano_cqa", "method": "mi", "train_size": 250}
# Seconds between two pictures, of which each takes a fifth of one that training waits for.
_PAUSE = 0.5
_READY = (
    "In Jupyter, <b>Train</b> starts this training. <b>Stop</b> ends it at the next validation, from where "
    "<b>Continue</b> goes on to the same result."
)


class LiveTraining(Controlled):
    """One training with its buttons, what is to be said of it, and its curves.

    It runs in a thread beside the notebook. The buttons call `start` and `stop`; `wait` returns when it has
    finished, stopped or failed, and `run_folder` is then the finished run's.
    """

    def __init__(self, config: RunConfig, runs: str | Path) -> None:
        self.config, self.runs = config, runs
        self.train_button = widgets.Button(description="Train")
        self.stop_button = widgets.Button(description="Stop")
        self.said, self.view = widgets.HTML(), widgets.HTML()
        buttons = widgets.HBox([self.train_button, self.stop_button])
        super().__init__([buttons, self.said, self.view])
        # Never disabled: a button that is would lose the keyboard's focus.
        self.train_button.on_click(lambda _: self.start())
        self.stop_button.on_click(lambda _: self.stop())
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._has_ended = False
        self._folder: Path | None = None
        self._error: Exception | None = None
        self._history: History = []
        # Seconds and step at this call's first row, and seconds at the last picture.
        self._began: tuple[float, float] | None = None
        self._drawn = -math.inf
        self._show_recorded()

    @property
    def is_running(self) -> bool:
        """Whether a thread works on it now."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def run_folder(self) -> Path:
        """The finished run's folder, as `run` returns it; a KitError where it has not finished."""
        if self._folder is None:
            why = f" ({self._error})" if self._error else ""
            raise KitError(
                f"this training has not finished{why}: press Train or Continue and wait for its end, or call "
                ".start() and .wait()."
            ) from self._error
        return self._folder

    def start(self) -> None:
        """Train, or go on from the last checkpoint; nothing where it runs already."""
        if self.is_running:
            return
        self._stopping.clear()
        self._began, self._error, self._has_ended = None, None, False
        self.train_button.description = "Training …"
        self._say("Reading data and student …")
        # It is not waited for where a notebook is closed: a checkpoint that is not whole does not count.
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop at its next validation; nothing where there is none to come."""
        if self.is_running and not self._has_ended:
            self._stopping.set()
            self._say("Stopping at the next validation …")

    def wait(self) -> None:
        """Return when it no longer runs."""
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            folder = run(self.config, self.runs, watch=self._watch)
            record = read_record(folder)
        except TrainingStopped:
            self._draw(curves_of(self._history))
            self.train_button.description = "Continue"
            step = int(self._history[-1]["step"])
            self._say(f"Stopped at step {step:,}; <b>Continue</b> goes on from its checkpoint.")
        # What ends a thread is told to nobody.
        except Exception as error:
            self._error = error
            self.train_button.description = "Train"
            self._say(_told(error))
        else:
            self._draw(record["curves"])
            self.train_button.description = "Train"
            self._say(_summary(record))
            self._folder = folder

    def _watch(self, history: History, has_ended: bool) -> bool:
        self._history, self._has_ended = history, has_ended
        now, step = time.monotonic(), history[-1]["step"]
        self._began = self._began or (now, step)
        if has_ended:
            self._say(f"Trained for {step:,.0f} steps; scoring the test set …")
        elif self._stopping.is_set():
            self._say(f"Step {step:,.0f}. Stopping at the next validation …")
        else:
            self._say(time_left(history, self.config, now - self._began[0], self._began[1]))
        if now - self._drawn >= _PAUSE:
            self._draw(curves_of(history))
            self._drawn = time.monotonic()
        return self._stopping.is_set()

    def _show_recorded(self) -> None:
        recorded = recorded_run(self.config)
        if recorded is None:
            self._say(_READY)
            return
        size = f"{recorded['data']['train_used']:,} examples"
        title = f"Recorded: {_title(RunConfig.from_dict(recorded['config']))}, {size}"
        self.view.value = curves_picture(prepare_curves(recorded["curves"]), title).html
        self._say(f"{_READY} Until then you see a recorded one, of {size}.")

    def _draw(self, curves: Logged) -> None:
        self.view.value = curves_picture(prepare_curves(curves), _title(self.config)).html

    def _say(self, html: str) -> None:
        self.said.value = html
        self.still = f"<p>{html}</p>{self.view.value}"


def earliest_end(history: History, config: RunConfig) -> int:
    """Return the first step at which the rule of training may end it, if no validation brings a gain."""
    if not config.patience:
        return config.max_steps
    step, epoch = history[-1]["step"], history[-1]["epoch"]
    passed = round(LEAST_PASSES * step / epoch, 3)
    soonest = max(step, passed, last_gain(history) + config.patience * config.eval_every)
    return min(config.max_steps, math.ceil(soonest / config.eval_every) * config.eval_every)


def time_left(history: History, config: RunConfig, seconds: float, since: float) -> str:
    """Say how far training is and, from the seconds that it took since a step, how long it may take yet."""
    step, most = history[-1]["step"], config.max_steps
    end = earliest_end(history, config)
    said = f"Step {step:,.0f} of at most {most:,}."
    if step > since:
        pace = seconds / (step - since)
        said += f" At most {_time(pace * (most - step))} left"
        said += (
            f", {_time(pace * (end - step))} if nothing is gained any more." if end < most else "."
        )
    if end < most:
        rule = f"after {config.patience} validations without a gain of half a point"
        said += f" It ends {rule}: at step {end:,} at the earliest."
    return said


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _title(config: RunConfig) -> str:
    method, data = method_named(config.method).title, dataset_spec(config.dataset).title
    return f"{method} on {data}, student {Path(config.student).name}, seed {config.seed}"


def _summary(record: dict[str, Any]) -> str:
    metrics = record["metrics"]
    why = "no validation brought a gain any more" if metrics["converged"] else "all were taken"
    valid, test = (
        f"{metrics[f'{split}_accuracy']:.1%} of {metrics[f'{split}_n']:,}"
        for split in ("valid", "test")
    )
    return (
        f"Finished after {metrics['steps']:,} steps: {why}. Selected: step {metrics['selected_step']:,}, "
        f"with {valid} validation questions right, and {test} of the test set."
    )


def _told(error: Exception) -> str:
    """Say what went wrong: for the person to mend, or else with all that helps to find the defect."""
    said = f"<b>It could not go on:</b> {escape(str(error) or type(error).__name__)}"
    if isinstance(error, KitError):
        return said
    lines = escape("".join(traceback.format_exception(error)))
    return f"{said}<details><summary>where</summary><pre>{lines}</pre></details>"


def live_training(config: RunConfig | None = None, runs: str | Path | None = None) -> LiveTraining:
    """Show one training while it runs, with a button to stop it and to go on to the same result.

        training = live_training(RunConfig(dataset="nano_cqa", method="mi", train_size=250))
        training  # press Train; where nobody can, training.start() and training.wait()
        training.run_folder

    Without a configuration it is that one, which takes about a minute; without a folder of runs it goes to a
    temporary one. Until it starts, and on a page without buttons, a recorded training of that student
    stands in its place, where there is one.
    """
    return LiveTraining(
        config or RunConfig(**_DEFAULT), tempfile.mkdtemp() if runs is None else runs
    )
