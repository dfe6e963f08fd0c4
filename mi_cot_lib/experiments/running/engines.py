"""Where runs are made: processes of this machine, a Dask cluster or a Ray cluster, in one way.

Joblib hands the runs out and streams what comes back, through a backend of this module. Those that it knows
by name do not outlive a killed process: loky gives up every run under way, Dask's waits for ever for a run
that is no longer tried, and Ray's cannot stream.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.experiments.running.backends import Backend, Ended, local
from mi_cot_lib.experiments.running.clusters import dask, ray_cluster

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Engine:
    """What makes the runs of a call.

    Attributes:
        name: local, dask or ray.
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


def run_all(
    tasks: Mapping[str, Callable[[], T]], engine: Engine, jobs: int | None = None
) -> Iterator[Ended[T]]:
    """Call every task once in another process, and yield each as it ends.

    A task whose process is killed is tried again, up to `RETRIES` times, and loses no other task anything.
    Locally a single job is called in this process.

    Args:
        tasks: Functions without arguments, by name. What they are and return is pickled.
        engine: Where.
        jobs: Tasks at a time; default: one for each core here, all of them on a cluster.

    Raises:
        KitError: The cluster does not answer, or its package is not installed.
    """
    if not tasks:
        return
    jobs = engine.runs_at_a_time(len(tasks), jobs)
    with _OPENED[engine.name](engine, jobs) as backend:
        with parallel_config(backend=backend, n_jobs=jobs):
            pool = Parallel(return_as="generator_unordered", pre_dispatch=jobs)
        yield from pool(delayed(_call)(name, task) for name, task in tasks.items())


def _call(name: str, task: Callable[[], T]) -> Ended[T]:
    return Ended(name, task())


_OPENED: dict[str, Callable[[Engine, int], AbstractContextManager[Backend]]] = {
    "local": lambda engine, jobs: local(jobs),
    "dask": lambda engine, jobs: dask(engine.address or "", jobs),
    "ray": lambda engine, jobs: ray_cluster(engine.address, engine.gpus_per_run),
}
ENGINES = tuple(_OPENED)
LOCAL = Engine()
