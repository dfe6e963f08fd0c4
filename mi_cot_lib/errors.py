"""Errors that speak to the person who can mend them."""

import difflib
import errno
from collections.abc import Iterable


class KitError(Exception):
    """Something the user can mend: the message says what was wrong, where, and what to do next.

    Command lines print it without a traceback; everything else that is raised is a defect of the kit.
    """


class DataError(KitError):
    """A data folder, file or line that cannot be used as it is."""


class ConfigError(KitError, ValueError):
    """A configuration value out of its range or unknown by name."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> ConfigError:
    """Build the error for a name that is not one of the valid ones, nearest first.

    Args:
        kind: What the name should have been, such as "dataset".
        name: What was given.
        valid: Every name that would have been accepted.

    Returns:
        The error, for the caller to raise.
    """
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
