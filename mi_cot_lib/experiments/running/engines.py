"""Where runs are made: processes of this machine, a Dask cluster or a Ray cluster, in one way.

Joblib keeps a thread for each run under way and streams what comes back; the thread hands its run to the
engine, waits, and tries again where a process was killed. Joblib's own ways to the engines do not outlive
that: loky gives up every run under way, Dask's waits for ever for a run that is no longer tried, and Ray's
cannot stream.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import uuid4

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor

from mi_cot_lib.errors import ConfigError, KitError, unknown_name

Task = Callable[[], Any]
Lost = tuple[type[Exception], ...]
# Calls a task, known by its name, elsewhere.
Hand = Callable[[str, Task], Any]
# How often a run is tried again whose process was killed: Dask's own number, and Ray's.
RETRIES = 3


@dataclass(frozen=True, slots=True)
class Engine:
    """What makes the runs of a call.

    Attributes:
        address: Of the cluster's scheduler or head, such as tcp://10.0.0.1:8786. Ray without one starts on
            this machine.
        gpus_per_run: GPUs that Ray sets aside for each run; shares such as 0.5 let runs share one.

    Raises:
        ConfigError: At construction, where these do not go together.
    """

    name: str = "local"
    address: str | None = None
    gpus_per_run: float = 0

    def __post_init__(self) -> None:
        """Check that the engine is known and has what it needs."""
        if self.name not in _OPENED:
            raise unknown_name("engine", self.name, _OPENED)
        if self.name == "local" and self.address:
            raise ConfigError("--address names a cluster: add --engine dask or --engine ray.")
        if self.name == "dask" and not self.address:
            raise ConfigError(
                "--engine dask needs --address tcp://HOST:PORT, as `dask scheduler` prints it."
            )
        if self.gpus_per_run and self.name != "ray":
            raise ConfigError("--gpus-per-run is Ray's: add --engine ray.")

    def runs_at_a_time(self, runs: int, jobs: int | None) -> int:
        """Return how many of so many runs are handed out at once; a cluster takes all and queues them."""
        return min(jobs or (cpu_count() if self.name == "local" else runs), runs)


@dataclass(frozen=True, slots=True)
class Ended:
    """How one task ended: with the value that it returned, or an error where its processes were killed."""

    name: str
    value: Any
    error: str | None = None


def run_all(tasks: Mapping[str, Task], engine: Engine, jobs: int | None = None) -> Iterator[Ended]:
    """Call every task once in another process, and yield each as it ends.

    A task whose process is killed is tried again, up to `RETRIES` times, and loses no other task anything.
    Locally a single job is called in this process. What tasks are and return is pickled.

    Raises:
        KitError: The cluster does not answer, or its package is not installed.
    """
    if not tasks:
        return
    jobs = engine.runs_at_a_time(len(tasks), jobs)
    with _OPENED[engine.name](engine, jobs) as (hand, lost):
        with parallel_config(backend="threading", n_jobs=jobs):
            pool = Parallel(return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)
        yield from pool(delayed(_ended)(name, task, hand, lost) for name, task in tasks.items())


def _ended(name: str, task: Task, hand: Hand, lost: Lost) -> Ended:
    try:
        for _ in range(1 + RETRIES):
            try:
                return Ended(name, hand(name, task))
            except lost:
                pass
        raise KitError(
            f"every process that took it was ended from outside, the first and {RETRIES} more, often for "
            "want of memory; call again with fewer runs at a time (--jobs)"
        )
    except KitError as error:
        return Ended(name, None, str(error))


@contextmanager
def _local(engine: Engine, jobs: int) -> Iterator[tuple[Hand, Lost]]:
    """Give each thread a process of its own: one that is killed takes no other thread's task with it."""
    own, lock, closed = threading.local(), threading.Lock(), threading.Event()
    started: list[ProcessPoolExecutor] = []

    def hand(name: str, task: Task) -> Any:
        if jobs == 1:
            return task()
        with lock:
            if closed.is_set():
                raise CancelledError
            if not hasattr(own, "process"):
                own.process = ProcessPoolExecutor(max_workers=1)
                started.append(own.process)
        try:
            return own.process.submit(task).result()
        except BrokenProcessPool:
            del own.process
            raise

    try:
        yield hand, (BrokenProcessPool,)
    finally:
        with lock:
            closed.set()
        for process in started:
            process.shutdown(kill_workers=True)


class _TriedEnough(Exception):
    """A task has killed as many of Dask's workers as it may."""


@contextmanager
def _dask(engine: Engine, jobs: int) -> Iterator[tuple[Hand, Lost]]:
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        _refuse_without("dask")
    try:
        client = Client(engine.address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise KitError(f"no Dask scheduler answers at {engine.address}: {_first(error)}") from error
    with client:
        executor, call = client.get_executor(pure=False), uuid4().hex

        def hand(name: str, task: Task) -> Any:
            try:
                return _loaded(executor.submit(_counted, f"{call}-{name}", task).result)
            except CancelledError:
                raise KitError(
                    f"the Dask scheduler at {engine.address} ended or gave it up; call again"
                ) from None

        try:
            yield hand, (KilledWorker, _TriedEnough)
        finally:
            executor.shutdown(wait=False)


def _counted(key: str, task: Task) -> Any:
    """Call a task on a Dask worker, unless it has been begun too often.

    The scheduler tries again by itself, but holds a worker's end against each task that waited there. So it
    is asked again, and the tries that began are counted with it.
    """
    from distributed import get_client

    client = get_client()
    begun = client.get_metadata([key], 0)
    if begun > RETRIES:
        raise _TriedEnough
    client.set_metadata([key], begun + 1)
    return task()


@contextmanager
def _ray(engine: Engine, jobs: int) -> Iterator[tuple[Hand, Lost]]:
    """Without an address a cluster is started here, and ended."""
    # Ray reports its use to its makers unless told otherwise before it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray import exceptions
    except ImportError:
        _refuse_without("ray")
    own = not ray.is_initialized()
    try:
        ray.init(
            # Without an address Ray would join whatever runs on this machine, whoever started it.
            engine.address or "local",
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=None if engine.address else False,
        )
    except Exception as error:
        # Ray raises this very class where its own processes do not start in time.
        place = engine.address or "this machine"
        raise KitError(f"no Ray head answers at {place}: {_first(error)}") from error
    called: Any = ray.remote(num_cpus=1, num_gpus=engine.gpus_per_run, max_retries=0)(_called)
    lost = (
        exceptions.WorkerCrashedError,
        exceptions.NodeDiedError,
        exceptions.OutOfMemoryError,
        exceptions.ObjectLostError,
    )
    try:
        yield lambda name, task: _loaded(called.remote(task).future().result), lost
    finally:
        if own:
            ray.shutdown()


def _called(task: Task) -> Any:
    return task()


def _loaded(result: Callable[[], Any]) -> Any:
    """Wait for what a cluster's worker returns, which needs the kit as well."""
    try:
        return result()
    except ImportError as error:
        raise KitError(
            f"a worker cannot load the kit ({error}); install this checkout of it on every machine"
        ) from error


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _refuse_without(extra: str) -> NoReturn:
    raise KitError(
        f"--engine {extra} needs an extra: `.venv/bin/python -m pip install -c constraints.txt "
        f"-e '.[{extra}]'`, which is mi-cot[{extra}]."
    ) from None


_OPENED: dict[str, Callable[[Engine, int], AbstractContextManager[tuple[Hand, Lost]]]] = {
    "local": _local,
    "dask": _dask,
    "ray": _ray,
}
LOCAL = Engine()
