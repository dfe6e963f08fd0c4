"""Errors that speak to the person who can mend them."""

import difflib
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
