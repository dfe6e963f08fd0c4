"""Reads a data set from a folder laid out as DSS's `datasets.zip`: rows and raw teacher texts.

`NAME/NAME_{split}.json` holds one JSON object a line, `NAME/llm/{split}_CoT_{i}.json` JSON lists of
teacher texts in the order of the rows. The built-in data sets are written in the same layout, and so
are a user's own (`described.py`), which need no teacher.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.data.json_files import json_lines, read_json
from mi_cot_lib.data.questions import QUESTIONS, Place, Question
from mi_cot_lib.data.specs import DATASETS, DatasetSpec, dataset_spec
from mi_cot_lib.errors import DataError

SPLITS = ("train", "valid", "test", "unseen")


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a split as the students see it, with the teacher's text still unparsed.

    Attributes:
        input: The text that both prompts share.
        label: The gold label as text.
        choices: The answer choices in their order; empty where the data set has none.
        teacher_text: The teacher's raw output; empty where the data set is read without one.
    """

    input: str
    label: str
    choices: tuple[str, ...]
    teacher_text: str


def datasets_folder(data_root: Path) -> Path:
    """Return the folder that holds one folder a data set: `data_root/datasets`, or `data_root`.

    Raises:
        DataError: `data_root` is not a folder.
    """
    data_root = Path(data_root)
    if not data_root.is_dir():
        raise DataError(f"no data folder at {data_root}: give one with --data-root or MI_COT_DATA.")
    nested = data_root / "datasets"
    return nested if nested.is_dir() else data_root


def datasets_present(data_root: Path) -> tuple[str, ...]:
    """Return the names of the known data sets of which `data_root` holds at least one split.

    Raises:
        DataError: `data_root` is not a folder.
    """
    return tuple(name for name in DATASETS if splits_present(data_root, name))


def splits_present(data_root: Path, dataset: str | DatasetSpec) -> tuple[str, ...]:
    """Return the splits of a data set that have a file of rows, in the order train to unseen.

    Raises:
        DataError: `data_root` is not a folder.
        ConfigError: No data set has that name.
    """
    name = dataset_spec(dataset).name
    folder = datasets_folder(data_root)
    return tuple(split for split in SPLITS if _rows_file(folder, name, split).is_file())


def read_split(data_root: Path, dataset: str | DatasetSpec, split: str) -> list[RawRow]:
    """Read all rows of one split file with their teacher texts.

    Args:
        data_root: The folder that holds `datasets/`, or that folder itself.
        dataset: A data set's name, or the specification of one of the user's own.
        split: The split as it stands in the file's name.

    Raises:
        ConfigError: No data set has that name.
        DataError: A missing folder or split, a line or a list that cannot be read, or rows and
            teacher texts of different number; the message names the file and, from 1, the line.
    """
    folder = datasets_folder(data_root)
    spec = dataset_spec(dataset)
    name = spec.name
    path = _rows_file(folder, name, split)
    if not path.is_file():
        raise _missing_split(folder, spec, split)
    read = QUESTIONS[spec.answer_type]
    rows: list[Question] = []
    for line, row in json_lines(path):
        rows.append(read(row, Place(path, line, len(rows), spec)))
    if spec.teacher_accuracy is None:
        return [RawRow(*row, "") for row in rows]
    texts = _teacher_texts(folder / name / "llm", split)
    if len(rows) != len(texts):
        raise DataError(
            f"{name} {split}: {len(rows)} rows in {path} but {len(texts)} teacher outputs in "
            f"{folder / name / 'llm'}: one of them is incomplete; copy or fetch the data again."
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
    others = datasets_present(folder)
    return DataError(
        f"no data set {name} in {folder}; "
        f"{'there: ' + ', '.join(others) if others else 'it holds no data set in the DSS layout'}. "
        f"Expected {name}/{name}_{split}.json"
        f"{'' if spec.teacher_accuracy is None else f' and {name}/llm/{split}_CoT_0.json'}."
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
            raise DataError(
                f"missing file of teacher outputs: {folder / f'{split}_CoT_{index}.json'}."
            )
        texts.extend(_text_list(files[index]))
    return texts


def _text_list(path: Path) -> list[str]:
    texts = read_json(path, "list")
    if not isinstance(texts, list):
        raise DataError(f"{path}: a JSON list of strings is needed, not {type(texts).__name__}.")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(
                f"{path}: entry {index + 1} of the list is {type(text).__name__}, not a string."
            )
    return texts
