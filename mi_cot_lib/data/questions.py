"""Turns a row of a file into a question as the students see it, and says what is wrong with a row."""

import math
import string
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.specs import DATASETS, AnswerType, DatasetSpec
from mi_cot_lib.errors import DataError

PREMISE_HYPOTHESIS_SEPARATOR = "</s>"
CHOICES_MARK = "\nAnswer Choices:"

# Input, label, choices.
Question = tuple[str, str, tuple[str, ...]]


class Place(NamedTuple):
    """Where a row stands, for what is said of it: file, line from 1, rows before it, its data set."""

    path: Path
    line: int
    rows_before: int
    spec: DatasetSpec

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"

    @property
    def remove(self) -> str:
        """How the row is left out: the teacher's text goes with it."""
        if self.spec.teacher_accuracy is None:
            return "remove the row"
        texts = self.path.parent / "llm" / f"{self.path.stem.rpartition('_')[2]}_CoT_*.json"
        return f"remove the row, and its teacher's text with it: entry {self.rows_before + 1} of {texts}"


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


QUESTIONS: dict[AnswerType, Callable[[dict[str, Any], Place], Question]] = {
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
