"""Reads a data set from a folder laid out as DSS's `datasets.zip`: rows and raw teacher texts.

`NAME/NAME_{split}.json` holds one JSON object a line, `NAME/llm/{split}_CoT_{i}.json` JSON lists of
teacher texts in the order of the rows. The built-in data sets are written in the same layout, and so
are a user's own (`described.py`), which need no teacher. JSON is read as people have it: with a byte
order mark, Windows line ends or half an emoji.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mi_cot_lib.data.questions import QUESTIONS, Place, Question
from mi_cot_lib.data.specs import DATASETS, DatasetSpec, dataset_spec
from mi_cot_lib.errors import DataError

SPLITS = ("train", "valid", "test", "unseen")

_SURROGATE = re.compile("[\ud800-\udfff]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a split as the students see it, with the teacher's text still unparsed.

    There are no choices where the data set has none, and no text where it is read without a teacher.
    """

    input: str
    label: str
    choices: tuple[str, ...]
    teacher_text: str


def datasets_folder(data_root: Path) -> Path:
    """Return the folder of the data sets, `data_root/datasets` or `data_root`; DataError where it is none."""
    data_root = Path(data_root)
    if not data_root.is_dir():
        raise DataError(f"no data folder at {data_root}: give one with --data-root or MI_COT_DATA.")
    nested = data_root / "datasets"
    return nested if nested.is_dir() else data_root


def datasets_present(data_root: Path) -> tuple[str, ...]:
    """Return the names of the known data sets of which a folder holds at least one split."""
    return tuple(name for name in DATASETS if splits_present(data_root, name))


def splits_present(data_root: Path, dataset: str | DatasetSpec) -> tuple[str, ...]:
    """Return the splits of a data set that have a file of rows, in the order train to unseen."""
    name = dataset_spec(dataset).name
    folder = datasets_folder(data_root)
    return tuple(split for split in SPLITS if _rows_file(folder, name, split).is_file())


def files_of(data_root: Path, dataset: str | DatasetSpec, split: str) -> list[Path]:
    """Return the files that `read_split` would read, those of them that are there."""
    folder, name = datasets_folder(data_root), dataset_spec(dataset).name
    texts = sorted((folder / name / "llm").glob(f"{split}_CoT_*.json"))
    return [path for path in (_rows_file(folder, name, split), *texts) if path.is_file()]


def read_split(data_root: Path, dataset: str | DatasetSpec, split: str) -> list[RawRow]:
    """Read all rows of one split file, named after the split, with their teacher texts.

    The DataError for what is missing, cannot be read or differs in number names file and line, from 1.
    """
    folder = datasets_folder(data_root)
    spec = dataset_spec(dataset)
    path = _rows_file(folder, spec.name, split)
    if not path.is_file():
        raise _missing_split(folder, spec, split)
    read = QUESTIONS[spec.answer_type]
    rows: list[Question] = []
    for line, row in _json_lines(path):
        rows.append(read(row, Place(path, line, len(rows), spec)))
    if spec.teacher_accuracy is None:
        return [RawRow(*row, "") for row in rows]
    teacher = folder / spec.name / "llm"
    texts = _teacher_texts(teacher, split)
    if len(rows) != len(texts):
        raise DataError(
            f"{spec.name} {split}: {len(rows)} rows in {path} but {len(texts)} teacher outputs in "
            f"{teacher}: one of them is incomplete; copy or fetch the data again."
        )
    return [RawRow(*row, text) for row, text in zip(rows, texts, strict=True)]


def _rows_file(folder: Path, name: str, split: str) -> Path:
    return folder / name / f"{name}_{split}.json"


def _missing_split(folder: Path, spec: DatasetSpec, split: str) -> DataError:
    name = spec.name
    there = splits_present(folder, spec)
    if there:
        return DataError(
            f"{name} has no split {split!r} in {folder / name}; there: {', '.join(there)}. "
            f"Expected the file {_rows_file(folder, name, split).name}."
        )
    others = ", ".join(datasets_present(folder))
    teacher = "" if spec.teacher_accuracy is None else f" and {name}/llm/{split}_CoT_0.json"
    return DataError(
        f"no data set {name} in {folder}; "
        f"{f'there: {others}' if others else 'it holds no data set in the DSS layout'}. "
        f"Expected {name}/{name}_{split}.json{teacher}."
    )


def _teacher_texts(folder: Path, split: str) -> list[str]:
    files: dict[int, Path] = {}
    for path in sorted(folder.glob(f"{split}_CoT_*.json")):
        match = re.fullmatch(rf"{split}_CoT_([-+]?\d+)\.json", path.name)
        if not match:
            continue
        if not match[1].isdecimal():
            raise DataError(f"{path}: the teacher's files are numbered from 0: rename it.")
        other = files.setdefault(int(match[1]), path)
        if other != path:
            raise DataError(
                f"{folder}: {other.name} and {path.name} are both number {int(match[1])} of the "
                "teacher's outputs; remove one of them."
            )
    texts: list[str] = []
    for index in range(max(files, default=0) + 1):
        if index not in files:
            missing = folder / f"{split}_CoT_{index}.json"
            raise DataError(f"missing file of teacher outputs: {missing}.")
        path = files[index]
        listed = read_json(path, "list")
        if not isinstance(listed, list):
            kind = type(listed).__name__
            raise DataError(f"{path}: a JSON list of strings is needed, not {kind}.")
        for number, text in enumerate(listed, start=1):
            if not isinstance(text, str):
                kind = type(text).__name__
                raise DataError(f"{path}: entry {number} of the list is {kind}, not a string.")
        texts += listed
    return texts


def read_json(path: Path, kind: str, advice: str = "copy or fetch the file again") -> Any:
    """Read one JSON value; half of a surrogate pair, which no text can hold, becomes U+FFFD.

    `kind` is what it should hold, `advice` what to do where it holds no JSON: for the DataError.
    """
    return _parsed(_utf_8(path), str(path), kind, advice)


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    content = _utf_8(path)
    end = b"\n" if b"\n" in content else b"\r"
    for number, line in enumerate(content.split(end), start=1):
        # A mark in mid-file is where two files were joined; the last sign of old DOS files ends them.
        line = line.removeprefix(codecs.BOM_UTF8).rstrip(b"\x1a")
        if line.strip():
            where = f"{path}, line {number}"
            row = _parsed(line, where, "object", "copy or fetch the file again")
            if not isinstance(row, dict):
                raise DataError(f"{where}: a JSON object is needed, not {type(row).__name__}.")
            yield number, row


def _utf_8(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(_UTF_16):
        raise DataError(f"{path} is UTF-16; save it as UTF-8.")
    if b"\0" in content:
        raise DataError(f"{path} holds zero bytes: save it as UTF-8, or copy it again.")
    return content.removeprefix(codecs.BOM_UTF8)


def _parsed(content: bytes, where: str, kind: str, advice: str) -> Any:
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
