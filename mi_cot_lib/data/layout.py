"""Reads a data set from a folder laid out as DSS's `datasets.zip`: rows and raw teacher texts.

`NAME/NAME_{split}.json` holds one JSON object a line, `NAME/llm/{split}_CoT_{i}.json` JSON lists of
teacher texts in the order of the rows. The built-in data sets are written in the same layout, and so
are a user's own (`described.py`), which need no teacher.
"""

import math
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.json_files import json_lines, read_json
from mi_cot_lib.data.specs import DATASETS, AnswerType, DatasetSpec, dataset_spec
from mi_cot_lib.errors import DataError

SPLITS = ("train", "valid", "test", "unseen")
PREMISE_HYPOTHESIS_SEPARATOR = "</s>"
CHOICES_MARK = "\nAnswer Choices:"


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
    read = _QUESTIONS[spec.answer_type]
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


Question = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands, for what is said of it.

    Attributes:
        path: Its file.
        line: Its line there, from 1.
        index: How many rows come before it.
        spec: Its data set.
    """

    path: Path
    line: int
    index: int
    spec: DatasetSpec

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"

    @property
    def remove(self) -> str:
        """How the row is left out: the teacher's text goes with it."""
        if self.spec.teacher_accuracy is None:
            return "remove the row"
        texts = self.path.parent / "llm" / f"{self.path.stem.rpartition('_')[2]}_CoT_*.json"
        return f"remove the row, and its teacher's text with it: entry {self.index + 1} of {texts}"


def _equation_question(row: dict[str, Any], where: Place) -> Question:
    label = _field(row, "label", where)
    if isinstance(label, int | float) and not isinstance(label, bool) and math.isfinite(label):
        # Written out: 1e-07 is a number to JSON and no equation.
        label = f"{Decimal(repr(label)):f}"
    elif not isinstance(label, str):
        raise DataError(
            f"{where}: the field 'label' is {type(label).__name__}, not an equation or a number."
        )
    if equation_value(label) is None:
        raise DataError(
            f"{where}: the label {label!r} is no equation with a value, such as ( 84.0 / 2.0 )."
        )
    return _text(row, "input", where), label, ()


def _choice_question(row: dict[str, Any], where: Place) -> Question:
    choices = _field(row, "choices", where)
    letters = string.ascii_lowercase
    if (
        not isinstance(choices, list)
        or not 2 <= len(choices) <= len(letters)
        or not all(isinstance(choice, str) for choice in choices)
    ):
        raise DataError(f"{where}: 'choices' has to be a list of 2 to {len(letters)} strings.")
    answer = _text(row, "answer", where)
    if answer not in choices:
        raise DataError(f"{where}: the answer {answer!r} is none of the choices {choices}.")
    twice = sorted({choice for choice in choices if choices.count(choice) > 1})
    # The paper's CQA has such rows; there they stay, as in every published number.
    if twice and where.spec.name not in DATASETS:
        raise DataError(f"{where}: the choice {twice[0]!r} stands there twice; {where.remove}.")
    listed = "".join(_choice_mark(index) + choice for index, choice in enumerate(choices))
    question = f"{_text(row, 'question', where)}{CHOICES_MARK}{listed}"
    if listed_choices(question) != tuple(choices):
        raise DataError(
            f"{where}: a choice holds the mark of another one, such as {_choice_mark(1)!r}, so that "
            "the question does not show which choices there are; write that choice otherwise."
        )
    return question, answer, tuple(choices)


def listed_choices(text: str) -> tuple[str, ...]:
    """Read the answer choices back from a row's input; empty where it lists none."""
    _, mark, rest = text.rpartition(CHOICES_MARK)
    if not mark or not rest.startswith(_choice_mark(0)):
        return ()
    choices = []
    rest = rest.removeprefix(_choice_mark(0))
    for index in range(1, len(string.ascii_lowercase)):
        choice, more, after = rest.partition(_choice_mark(index))
        choices.append(choice)
        if not more:
            break
        rest = after
    return tuple(choices)


def _choice_mark(index: int) -> str:
    return f"\n({string.ascii_lowercase[index]}) "


def _nli_question(row: dict[str, Any], where: Place) -> Question:
    labels = where.spec.labels
    label = _field(row, "label", where)
    if type(label) is not int or not 0 <= label < len(labels):
        meaning = ", ".join(f"{number} {name}" for number, name in enumerate(labels))
        if isinstance(label, str | float):
            raise DataError(f"{where}: the label is {label!r}; write the whole number: {meaning}.")
        raise DataError(f"{where}: the label {label!r} is none of {meaning}; {where.remove}.")
    texts = (_text(row, "premise", where), _text(row, "hypothesis", where))
    return PREMISE_HYPOTHESIS_SEPARATOR.join(texts), labels[label], ()


def _label_question(row: dict[str, Any], where: Place) -> Question:
    label = _text(row, "label", where)
    if label not in where.spec.labels:
        raise DataError(f"{where}: the label {label!r} is none of {', '.join(where.spec.labels)}.")
    return _text(row, "input", where), label, ()


_QUESTIONS: dict[AnswerType, Callable[[dict[str, Any], Place], Question]] = {
    "equation": _equation_question,
    "choice": _choice_question,
    "nli": _nli_question,
    "label": _label_question,
}


def _field(row: dict[str, Any], field: str, where: Place) -> Any:
    if field not in row:
        raise DataError(f"{where}: the field {field!r} is missing; there: {', '.join(row)}.")
    return row[field]


def _text(row: dict[str, Any], field: str, where: Place) -> str:
    value = _field(row, field, where)
    if not isinstance(value, str):
        raise DataError(f"{where}: the field {field!r} is {type(value).__name__}, not a string.")
    return value
