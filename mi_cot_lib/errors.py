"""Errors that speak to the person who can mend them."""

import difflib
import errno
import os
import re
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click


class KitError(Exception):
    """Something the user can mend: the message says what was wrong, where, and what to do next.

    Command lines print it without a traceback; everything else that is raised is a defect of the kit.
    """


class DataError(KitError):
    """A data folder, file or line that cannot be used as it is."""


class ConfigError(KitError, ValueError):
    """A configuration value out of its range or unknown by name."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> ConfigError:
    """Build the error for a name that is none of the valid ones of its kind, with the nearest."""
    valid = list(valid)
    nearest = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return ConfigError(f"unknown {kind} {name!r}.{hint} Valid: {', '.join(valid)}.")


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_disk_full(error: OSError) -> bool:
    """Tell whether a disk, a quota or a limit on files left no room for what was written."""
    return error.errno in _FULL


def describe_os_error(error: OSError) -> str:
    """Say in one line what the system refused: where, why, and what helps."""
    where = "" if error.filename is None else f" {error.filename}"
    why = error.strerror or str(error) or type(error).__name__
    if is_disk_full(error):
        return f"no room to write{where}: {why}; make room, and call the same command again"
    return f"cannot read or write{where}: {why}"


# How torch's writer of archives says that it could not write; it does not tell why.
_TORCH_WRITER = ("inline_container", "PytorchStreamWriter", "iostream error")


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Turn what is raised when a disk refuses a file into an OSError with a name.

    The system names no file where a write fails, and the writers of weights and tokenisers raise
    errors of their own.

    Raises:
        OSError: With the system's number where the writer told it, and a path.
    """
    try:
        yield
    # The tokenisers' writer raises no narrower one. What is not of a disk goes on as it is.
    except Exception as error:
        told = re.search(r"\(os error (\d+)\)", str(error))
        if isinstance(error, OSError) and error.errno is not None:
            number = error.errno
        elif told:
            number = int(told[1])
        elif any(words in str(error) for words in _TORCH_WRITER):
            number = errno.ENOSPC
        else:
            raise
        name = getattr(error, "filename", None) or str(path)
        raise OSError(number, os.strerror(number), name) from error


def call_command(command: click.Command) -> None:
    """Run a command line; an error that the user can mend is one line and exit status 2."""
    try:
        command(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        # All is put away already: a second one would only interrupt the interpreter's own end.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        click.echo("stopped; the same command goes on where it stopped.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough; Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        click.echo(f"mi-cot: {describe_os_error(error)}", err=True)
        sys.exit(2)
    except KitError as error:
        click.echo(f"mi-cot: {error}", err=True)
        sys.exit(2)
