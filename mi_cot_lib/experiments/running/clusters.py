"""Clusters that tasks are handed to: Dask's and Ray's, each with its way of losing a worker."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.backends import LOST, RETRIES, Backend, Threads

T = TypeVar("T")


@contextmanager
def dask(address: str, jobs: int) -> Iterator[Backend]:
    """Hand tasks to a Dask cluster."""
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise _not_installed("dask") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _no_answer("Dask scheduler", address, error) from error

    def describe(error: Exception) -> str | None:
        if isinstance(error, CancelledError):
            return f"the Dask scheduler at {address} ended or gave it up; call again"
        return LOST if isinstance(error, KilledWorker | _TriedEnough) else _other_checkout(error)

    with client:
        executor = client.get_executor(pure=False)
        # The scheduler tries again by itself, but holds a worker's end against each task that waited there.
        # So it is asked again, and the tries that began are counted with it.
        threads = Threads(
            jobs,
            lambda task: executor.submit(task).result(),
            KilledWorker,
        )
        try:
            yield Backend(
                lambda task: threads.submit(partial(_counted, uuid4().hex, task)),
                describe,
                fewest_jobs=2,
            )
        finally:
            executor.shutdown(wait=False)
            threads.close()


class _TriedEnough(Exception):
    """A task has killed as many workers as it may."""


def _counted(key: str, task: Callable[[], T]) -> T:
    """Call a task on a Dask worker, unless it has been begun too often."""
    from distributed import get_client

    client = get_client()
    begun = client.get_metadata([key], 0)
    if begun > RETRIES:
        raise _TriedEnough
    client.set_metadata([key], begun + 1)
    return task()


@contextmanager
def ray_cluster(address: str | None, gpus_per_run: float) -> Iterator[Backend]:
    """Hand tasks to a Ray cluster; without an address to one that is started here."""
    # Ray reports its use to its makers unless told otherwise before it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        from ray import exceptions
    except ImportError:
        raise _not_installed("ray") from None
    lost = (
        exceptions.WorkerCrashedError,
        exceptions.NodeDiedError,
        exceptions.OutOfMemoryError,
        exceptions.ObjectLostError,
    )
    own = not ray.is_initialized()
    try:
        ray.init(
            # Without an address Ray would join whatever runs on this machine, whoever started it.
            address or "local",
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
            include_dashboard=None if address else False,
        )
    except Exception as error:
        # Ray raises this very class where its own processes do not start in time.
        raise _no_answer("Ray head", address, error) from error
    called: Any = ray.remote(num_cpus=1, num_gpus=gpus_per_run, max_retries=RETRIES)(_plainly)
    try:
        yield Backend(
            lambda task: called.remote(task).future(),
            lambda error: LOST if isinstance(error, lost) else _other_checkout(error),
            fewest_jobs=2,
        )
    finally:
        if own:
            ray.shutdown()


def _plainly(task: Callable[[], T]) -> T:
    return task()


def _not_installed(extra: str) -> KitError:
    return KitError(
        f"--engine {extra} needs an extra: `.venv/bin/python -m pip install -c constraints.txt "
        f"-e '.[{extra}]'`, which is mi-cot[{extra}]."
    )


def _no_answer(what: str, address: str | None, error: Exception) -> KitError:
    lines = str(error).splitlines() or [type(error).__name__]
    return KitError(f"no {what} answers at {address or 'this machine'}: {lines[0]}")


def _other_checkout(error: Exception) -> str | None:
    if not isinstance(error, ImportError):
        return None
    return f"a worker cannot load the kit ({error}); install this checkout of it on every machine"
