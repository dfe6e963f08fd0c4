"""What a task is handed to: joblib's way to it, and processes of this machine that outlive one another."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor
from joblib.parallel import ParallelBackendBase

T = TypeVar("T")
# How often a run is tried again whose process was killed: Dask's own number, and Ray's.
RETRIES = 3
LOST = (
    f"every process that took it was ended from outside, the first and {RETRIES} more, often for want of "
    "memory; call again with fewer runs at a time (--jobs)"
)


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """How one task ended.

    Attributes:
        name: The task's.
        value: What it returned, None if it could not.
        error: Why there is no value: its processes were killed.
    """

    name: str
    value: T | None
    error: str | None = None


class Backend(ParallelBackendBase):
    """Joblib's way to whatever takes a task and returns its future."""

    supports_retrieve_callback = True

    def __init__(
        self,
        send: Callable[[Callable[[], Any]], Future[Any]],
        describe: Callable[[Exception], str | None],
        fewest_jobs: int,
    ) -> None:
        super().__init__(nesting_level=0)
        self._send = send
        self._describe = describe
        self._fewest_jobs = fewest_jobs

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return more than one where joblib must not call a single job's tasks in this process."""
        return max(n_jobs, self._fewest_jobs)

    def submit(self, func: Any, callback: Any = None) -> Future[Any]:
        """Send the one task of a batch, and hand its name and future to the callback when it ends."""
        ((_, (name, task), _),) = func.items
        future = self._send(task)
        future.add_done_callback(lambda done: callback((name, done)))
        return future

    def retrieve_result_callback(self, out: Any) -> list[Ended[Any]]:
        """Turn a lost process into how its task ended; whatever else was raised ends the call."""
        name, future = out
        try:
            return [Ended(name, future.result())]
        except Exception as error:
            described = self._describe(error)
            if described is None:
                raise
            return [Ended(name, None, described)]


@contextmanager
def local(jobs: int) -> Iterator[Backend]:
    """Hand tasks to processes of this machine, so many at a time."""
    processes = _Processes()
    threads = Threads(jobs, processes.call, BrokenProcessPool)
    try:
        yield Backend(
            threads.submit,
            lambda error: LOST if isinstance(error, BrokenProcessPool) else None,
            fewest_jobs=1,
        )
    finally:
        processes.close()
        threads.close()


class Threads:
    """A thread for each task under way, which waits for it and tries it again."""

    def __init__(
        self, jobs: int, attempt: Callable[[Callable[[], Any]], Any], lost: type[Exception]
    ) -> None:
        self._threads = ThreadPoolExecutor(jobs)
        self._attempt = attempt
        self._lost = lost

    def submit(self, task: Callable[[], Any]) -> Future[Any]:
        """Wait for a task in a thread of its own."""
        return self._threads.submit(self._run, task)

    def _run(self, task: Callable[[], Any]) -> Any:
        for _ in range(RETRIES):
            try:
                return self._attempt(task)
            except self._lost:
                pass
        return self._attempt(task)

    def close(self) -> None:
        """End the threads; what waits is not begun."""
        self._threads.shutdown(cancel_futures=True)


class _Processes:
    """A process for each thread: one that is killed takes no other thread's task with it."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._lock = threading.Lock()
        self._started: list[ProcessPoolExecutor] = []
        self._closed = False

    def call(self, task: Callable[[], Any]) -> Any:
        try:
            return self._process().submit(task).result()
        except BrokenProcessPool:
            del self._own.process
            raise

    def _process(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._closed:
                raise CancelledError
            if not hasattr(self._own, "process"):
                self._own.process = ProcessPoolExecutor(max_workers=1)
                self._started.append(self._own.process)
            return self._own.process

    def close(self) -> None:
        with self._lock:
            self._closed = True
        for process in self._started:
            process.shutdown(kill_workers=True)
