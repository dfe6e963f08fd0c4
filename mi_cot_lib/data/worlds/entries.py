"""Reads the words of the built-in world from its TOML files and says which entry of them is broken."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from mi_cot_lib.errors import DataError, unknown_name

Made = TypeVar("Made")


def read_toml(path: Path) -> dict[str, Any]:
    """Read one file, its lists as tuples.

    Raises:
        DataError: It is not TOML; the message names file and line.
    """
    try:
        return _frozen(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(f"{path}: not TOML ({error}); mend that line.") from error


def entry(kind: type[Made], table: Mapping[str, Any], place: str) -> Made:
    """Make a dataclass of a table whose keys are its fields.

    Args:
        kind: Its fields are texts, tuples or mappings of texts, or anything made before; what it raises
            as ValueError is said of this entry.
        table: The entry.
        place: The file, and which entry of it, for errors.

    Raises:
        ConfigError: The entry has a key that is no field; the message names the nearest one.
        DataError: A key is missing, or a value is of another type or not what its meaning demands.
    """
    wanted = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    check_names(f"key in {place}:", table, wanted)
    for name, field in wanted.items():
        if name in table and not _fits(table[name], field.type):
            raise DataError(
                f"{place}: {name!r} has to be {_named(field.type)}, not {table[name]!r}."
            )
        if name not in table and MISSING is field.default is field.default_factory:
            raise DataError(f"{place}: the key {name!r} is missing.")
    try:
        return kind(**table)
    except ValueError as error:
        raise DataError(f"{place}: {error}") from error


def entries(kind: type[Made], tables: Iterable[Mapping[str, Any]], place: str) -> tuple[Made, ...]:
    """Make a dataclass of each table of a list; errors as for `entry`, with the table's number."""
    return tuple(entry(kind, each, f"{place} {number}") for number, each in enumerate(tables, 1))


def check_slots(texts: Iterable[str], known: Collection[str]) -> None:
    """Refuse a sentence with a slot that nothing fills.

    Raises:
        ValueError: The message names the sentence and the slots that it may have.
    """
    for text in texts:
        unknown = set(re.findall(r"\{(\w*)\}", text)) - set(known)
        if unknown:
            raise ValueError(
                f"nothing fills {{{min(unknown)}}} in {text!r}; there: {', '.join(sorted(known))}."
            )


def check_names(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuse a name that stands for nothing.

    Raises:
        ConfigError: The message names the nearest known one.
    """
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _fits(value: Any, wanted: Any) -> bool:
    origin, args = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        counted = args[-1] is Ellipsis or (isinstance(value, tuple) and len(value) == len(args))
        return isinstance(value, tuple) and counted and all(_fits(each, args[0]) for each in value)
    if origin is not None:
        return isinstance(value, dict) and all(_fits(each, args[1]) for each in value.values())
    return isinstance(value, wanted)


def _named(wanted: Any) -> str:
    args = get_args(wanted)
    if get_origin(wanted) is tuple:
        return "a list of texts" if args[-1] is Ellipsis else f"a list of {len(args)} texts"
    return "a text" if wanted is str else "a table"
