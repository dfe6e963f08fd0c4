"""Reads JSON files as people have them: with a byte order mark, Windows line ends or half an emoji."""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mi_cot_lib.errors import DataError

_COPY = "copy or fetch the file again"
_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a file of one JSON object a line; yield each with the number of its line, from 1.

    Half of a surrogate pair, which no text can hold, becomes U+FFFD.

    Raises:
        DataError: The message names file and line.
    """
    content = _utf_8(path)
    end = b"\n" if b"\n" in content else b"\r"
    for number, line in enumerate(content.split(end), start=1):
        # A mark in mid-file is where two files were joined; the last sign of old DOS files ends them.
        line = line.removeprefix(codecs.BOM_UTF8).rstrip(b"\x1a")
        if line.strip():
            row = _parsed(line, f"{path}, line {number}", "object")
            if not isinstance(row, dict):
                raise DataError(
                    f"{path}, line {number}: a JSON object is needed, not {type(row).__name__}."
                )
            yield number, row


def read_json(path: Path, kind: str, advice: str = _COPY) -> Any:
    """Read one JSON value; half of a surrogate pair becomes U+FFFD.

    Args:
        path: The file.
        kind: What it should hold, for the message: "list" or "object".
        advice: What to do where it does not hold JSON.

    Raises:
        DataError: The message names the file.
    """
    return _parsed(_utf_8(path), str(path), kind, advice)


def _utf_8(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(_UTF_16):
        raise DataError(f"{path} is UTF-16; save it as UTF-8.")
    if b"\0" in content:
        raise DataError(f"{path} holds zero bytes: save it as UTF-8, or copy it again.")
    return content.removeprefix(codecs.BOM_UTF8)


def _parsed(content: bytes, where: str, kind: str, advice: str = _COPY) -> Any:
    try:
        return _whole(json.loads(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 ({error}); save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not a JSON {kind} ({error}); {advice}.") from error


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return value
