"""How a run's files come home from another machine: left in place on a shared disk, else sent as they are."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from filelock import FileLock, Timeout

from mi_cot_lib.errors import KitError, describe_os_error
from mi_cot_lib.training import record
from mi_cot_lib.training.checkpoints import FOLDER

# A killed process's kernel sees within a second that it is alone, and ends.
_KERNEL_ENDS_SECONDS = 5


@contextmanager
def filled_from_afar(runs: Path) -> Iterator[str]:
    """Let no second call fill a folder of runs from a cluster meanwhile, or raise a KitError.

    Yields:
        The name of a file in it, by which a worker tells whether it sees this very folder.
    """
    runs.mkdir(parents=True, exist_ok=True)
    mark = runs / f".shared-{uuid4().hex}"
    try:
        with FileLock(runs / ".cluster.lock", timeout=0):
            mark.touch()
            try:
                yield mark.name
            finally:
                mark.unlink(missing_ok=True)
    except Timeout:
        raise KitError(
            f"{runs} is being filled from a cluster by another call; wait for it."
        ) from None


@contextmanager
def place_to_run(runs: Path, mark: str | None) -> Iterator[tuple[Path, bool]]:
    """Give the folder of runs to work in, on the machine that works, and whether it is for the time being.

    The caller's own is one that holds its mark, which is None where the caller works itself.
    """
    if mark is None or (runs / mark).is_file():
        yield runs, False
        return
    with TemporaryDirectory(prefix="mi-cot-") as folder:
        yield Path(folder).resolve(), True


def wait_for_the_killed(folder: Path) -> None:
    """Wait until the kernel of a killed process has left a run's folder; a living one is left alone."""
    # The run itself says what stands in its way.
    with suppress(Timeout, OSError), FileLock(folder / record.LOCK, timeout=_KERNEL_ENDS_SECONDS):
        pass


def packed(folder: Path) -> dict[str, bytes]:
    """Read all that a run keeps, by its path in the run's folder: not its checkpoints."""
    files = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != record.LOCK
    )
    named = ((path.relative_to(folder), path) for path in files)
    return {name.as_posix(): path.read_bytes() for name, path in named if name.parts[0] != FOLDER}


def unpack(files: dict[str, bytes], folder: Path) -> None:
    """Write what was packed elsewhere, the record last; a run that is complete here stays as it is."""
    if not files:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / record.LOCK, timeout=0):
            if record.is_complete(folder):
                return
            for name in sorted(files, key=lambda name: name == record.RECORD):
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_name(path.name + ".part")
                part.write_bytes(files[name])
                os.replace(part, path)
    except Timeout:
        raise KitError(f"{folder} is being made by another process; wait for it.") from None
    except OSError as error:
        raise KitError(describe_os_error(error)) from error
