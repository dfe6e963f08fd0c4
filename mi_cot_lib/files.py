"""Files that are whole or absent, and JSON without numbers that are none."""

import json
import math
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mi_cot_lib.errors import DataError, KitError


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line, in one move."""
    lines = [
        _to_json(row, path, f"[{number}]", ensure_ascii=False) for number, row in enumerate(rows)
    ]
    write_atomically(path, "".join(lines))


def write_json(path: Path, values: Any, **layout: Any) -> None:
    """Write a file of JSON in one move, with the layout of `json.dumps`.

    Where a number is not finite, a KitError says where it stands, and nothing is written.
    """
    write_atomically(path, _to_json(values, path, "", **layout))


def from_json(text: str) -> Any:
    """Read JSON, which has no NaN and no infinity; ValueError where it is none."""

    def refuse(constant: str) -> None:
        raise ValueError(f"it holds {constant}")

    def finite(digits: str) -> float:
        number = float(digits)
        # 1e999 is JSON, and read as infinity.
        if math.isinf(number):
            refuse(digits)
        return number

    return json.loads(text, parse_constant=refuse, parse_float=finite)


def _to_json(values: Any, path: Path, place: str, **layout: Any) -> str:
    try:
        return json.dumps(values, allow_nan=False, **layout) + "\n"
    except ValueError:
        wrong = [f"{where} is {number}" for where, number in _not_finite(values, place)]
        raise KitError(
            f"{path}: {wrong[0]}, which is no result, and nothing was written; something before it has "
            "overflowed, such as a student's training."
        ) from None


def _not_finite(values: Any, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(values, float) and not math.isfinite(values):
        yield place.lstrip("."), values
    elif isinstance(values, Mapping):
        for name, value in values.items():
            yield from _not_finite(value, f"{place}.{name}")
    elif isinstance(values, list | tuple):
        for row, value in enumerate(values):
            yield from _not_finite(value, f"{place}[{row}]")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the whole of it or none; an OSError names it and leaves nothing."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            # Some disks take a name before its content, and say only now that they are full.
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error


def refuse_unwritable(folder: Path, advice: str) -> None:
    """Refuse with a DataError a folder, there or still to be made, that work would be put into in vain."""
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise DataError(f"cannot write to {place}: {error.strerror}. {advice}") from error
