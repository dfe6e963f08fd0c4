"""Execute a grid of runs with papermill: side by side, resumable, with one bar for all of them."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import papermill
from joblib import cpu_count
from jupyter_client.kernelspec import NoSuchKernel
from papermill.exceptions import PapermillExecutionError
from tqdm.auto import tqdm

from mi_cot_lib.errors import KitError, describe_os_error
from mi_cot_lib.experiments.running import arriving
from mi_cot_lib.experiments.running.engines import LOCAL, Engine, run_all
from mi_cot_lib.experiments.running.sources import noted_sources, refuse_other_sources, sources_of
from mi_cot_lib.files import refuse_unwritable, write_atomically
from mi_cot_lib.machine import home_folder, repository_root
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.training import record
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import read_progress

TRAIN_NOTEBOOK = "03_train.ipynb"
# A terminal redraws the bar in place; a log file gets a line each time.
_POLL_SECONDS = 1.0 if sys.stderr.isatty() else 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run of a grid ended: with what its notebook raised, or None where it completed."""

    run: str
    error: str | None


def execute_grid(
    configs: Sequence[RunConfig],
    runs: Path,
    jobs: int | None = None,
    on_end: Callable[[Outcome], None] = lambda outcome: None,
    engine: Engine = LOCAL,
) -> list[Outcome]:
    """Run every configuration that is not complete yet, each as its own executed notebook.

    A run that fails keeps its executed notebook with the error in it, and the others go on. On a cluster
    whose workers see the folder of runs they work in it; else each run's files are sent home when it ends.
    By default there are as many jobs at a time as cores (a nano run uses one), all of them on a cluster.
    `on_end` is called in this process with each outcome as its run ends, complete ones first.

    Returns:
        One outcome a configuration, in order. That a run is there, but made from other data, another
        student or by another version, is its error.

    Raises:
        KitError: Two configurations of the grid are the same run, the folder cannot be written or is being
            filled by another call, or the cluster does not answer.
    """
    names = [config.run_name for config in configs]
    if len(set(names)) < len(names):
        raise KitError("the grid holds one configuration twice.")
    known: dict[tuple[str, str | None, str], dict[str, str]] = {}
    outcomes: dict[str, Outcome] = {}
    missing = []

    def end(name: str, error: str | None) -> None:
        outcomes[name] = Outcome(name, error)
        on_end(outcomes[name])

    for name, config in zip(names, configs, strict=True):
        try:
            # A run that failed before it read its data has noted nothing, and is simply tried again.
            if noted_sources(runs / name) is not None:
                key = (config.dataset, config.data_root, config.student)
                if key not in known:
                    known[key] = sources_of(config)
                refuse_other_sources(runs / name, known[key])
        except KitError as refused:
            end(name, str(refused))
            continue
        if record.is_complete(runs / name):
            end(name, None)
        else:
            missing.append(config)
    if not missing:
        return [outcomes[name] for name in names]
    refuse_unwritable(runs, "Name another folder of runs with --runs.")
    here = engine == LOCAL
    # Runs side by side share this machine's cores; a cluster gives each worker its own.
    threads = cpu_count() // engine.runs_at_a_time(len(missing), jobs) if here else 1
    with nullcontext() if here else arriving.filled_from_afar(runs) as mark, _bar(configs, runs):
        tasks = {
            config.run_name: partial(_execute, config, runs.resolve(), mark, max(1, threads))
            for config in missing
        }
        for ended in run_all(tasks, engine, jobs):
            error, files = (ended.error, {}) if ended.value is None else ended.value
            try:
                arriving.unpack(files, runs / ended.name)
            except KitError as failed:
                error = error or str(failed)
            end(ended.name, error)
    return [outcomes[name] for name in names]


def execute_notebook(name: str, output: Path, parameters: dict[str, object]) -> None:
    """Execute a notebook of the course, by its file name, with parameters that it knows.

    The executed notebook is kept with its error if a cell fails.

    Raises:
        KitError: An unknown parameter, no home folder, or a failed cell.
    """
    # Jupyter looks there for its settings, and ends in a traceback where it is not.
    home_folder()
    source = repository_root() / "notebooks" / name
    known = papermill.inspect_notebook(str(source))
    if unknown := [parameter for parameter in parameters if parameter not in known]:
        raise KitError(f"{name} has no parameter {unknown[0]!r}. Valid: {', '.join(known)}.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        papermill.execute_notebook(
            str(source),
            str(output),
            parameters=parameters,
            progress_bar=False,
            # The kernel warns on each start that it listens on loopback.
            extra_arguments=["--IPKernelApp.log_level=40"],
            # Asked to end, a kernel takes two and a half seconds, in which nothing is done.
            shutdown_kernel="immediate",
        )
    except PapermillExecutionError as error:
        raise KitError(f"{error.ename}: {error.evalue} (see {output})") from error
    except NoSuchKernel as error:
        raise KitError(
            f"Jupyter knows no kernel {error.name}; `make setup` installs it."
        ) from error
    except OSError as error:
        # A failed write names no file.
        error.filename = error.filename or str(output)
        raise KitError(describe_os_error(error)) from error
    except RuntimeError as error:
        # A kernel that ends, also before it has answered once, and one that never answers.
        raise KitError(
            f"the kernel ended before the notebook did, often for want of memory: {error} "
            f"(see {output}; fewer runs at a time need less)"
        ) from error


def _execute(
    config: RunConfig, runs: Path, mark: str | None, threads: int
) -> tuple[str | None, dict[str, bytes]]:
    """Make a run, and return its error, and its files where they are not in place already."""
    # Read by libraries at their start; torch's own is set by the run.
    os.environ["OMP_NUM_THREADS"] = str(config.threads or threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with arriving.place_to_run(runs, mark) as (place, is_away):
        folder = place / config.run_name
        notebook = folder / TRAIN_NOTEBOOK
        parameters: dict[str, object] = {"config": config.to_dict(), "runs": str(place)}
        error = None
        try:
            arriving.wait_for_the_killed(folder)
            execute_notebook(TRAIN_NOTEBOOK, notebook, parameters)
        except KitError as failed:
            error = str(failed).replace(str(place), str(runs))
        try:
            if notebook.is_file():
                _forget_places(notebook, place)
            return error, arriving.packed(folder) if is_away and folder.is_dir() else {}
        except OSError as failed:
            return error or describe_os_error(failed), {}


def _forget_places(notebook: Path, runs: Path) -> None:
    """Let an executed notebook name the folder of runs as seen from itself: it may be moved with its run."""
    text = notebook.read_text(encoding="utf-8")
    for folder, instead in ((runs.resolve(), ".."), (repository_root() / "notebooks", "notebooks")):
        if folder != folder.parent:
            text = text.replace(json.dumps(str(folder), ensure_ascii=False)[1:-1], instead)
    write_atomically(notebook, text)


@contextmanager
def _bar(configs: Sequence[RunConfig], runs: Path) -> Iterator[None]:
    """Show one bar over the steps of all runs, weighted by the passes that a step takes."""
    stop = threading.Event()
    work = {c.run_name: c.max_steps * (1 + method_named(c.method).explains) for c in configs}
    complete: set[str] = set()

    def done(name: str) -> float:
        if record.is_complete(runs / name):
            complete.add(name)
            return work[name]
        step, steps, _ = read_progress(runs / name)
        # Testing, after the last step, takes about a tenth of a run.
        return 0.9 * work[name] * step / steps

    def watch() -> None:
        form = "{desc} {percentage:3.0f}%|{bar}| {elapsed} elapsed, {remaining} left{postfix}"
        with tqdm(total=sum(work.values()), desc="training", bar_format=form) as bar:
            # What an earlier call left done is no measure of this call's speed.
            bar.n = bar.initial = sum(map(done, work))
            while not stop.wait(_POLL_SECONDS):
                bar.n = sum(map(done, work))
                bar.set_postfix_str(f"{len(complete)} of {len(work)} runs", refresh=False)
                bar.refresh()
            bar.n = sum(map(done, work))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()
