"""Reads every split of a data folder and says how often its teacher is right."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mi_cot_lib.data import layout
from mi_cot_lib.data.arithmetic import equation_value, same_value
from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.data.specs import DatasetSpec, Example, dataset_spec
from mi_cot_lib.data.teacher.parse import read_teacher
from mi_cot_lib.data.teacher.released_rules import parse_as_released, value_as_released
from mi_cot_lib.errors import DataError


def check(
    data_root: Path | str, datasets: Iterable[str] | None = None, *, show: int = 0
) -> Iterator[dict[str, Any]]:
    """Read all splits of a data folder and yield one record for each.

    A record's keys: `dataset`, `split`, `rows`, `teacher_accuracy` (share of all rows of the file
    whose teacher label, as this kit reads it, is right; a label that could not be read is wrong),
    `teacher_accuracy_released` (the same by the released code's rules), `unparsed` (rows of which
    this kit could not read the rationale or the label), `ambiguous` (rows whose teacher announces two
    labels) and `outside` (rows of which what is announced is none of the question's labels); no row is
    counted twice. Accuracies are rounded to four digits.

    `datasets` have to be there; None takes those that are. `show`, with a number above 0, adds
    `examples`: for each of the three counts as many rows, each with its number in the file from 1 and
    the teacher's `text`. DataError for a folder that is missing or empty, or a file that cannot be read.
    """
    data_root = Path(data_root)
    names = layout.datasets_present(data_root) if datasets is None else tuple(datasets)
    if not names:
        raise DataError(
            f"no data set in {layout.datasets_folder(data_root)}: expected NAME/NAME_test.json and "
            "NAME/llm/test_CoT_0.json, as in DSS's datasets.zip."
        )
    for name in names:
        # Reading an absent split raises the error that says what is there instead.
        for split in layout.splits_present(data_root, name) or dataset_spec(name).splits:
            yield _record(name, split, layout.read_split(data_root, name, split), show)


def label_is_right(dataset: str | DatasetSpec, label: str | None, gold: str) -> bool:
    """Say whether an answer is right, which None is not: by value for equations, else by exact text."""
    if label is None:
        return False
    if dataset_spec(dataset).answer_type == "equation":
        return same_value(equation_value(label), equation_value(gold))
    return label == gold


def candidate_labels(dataset: str | DatasetSpec, example: Example) -> tuple[str, ...] | None:
    """Return all labels that an example can have, in their order, choices as the student reads them.

    None where any text can be right (equations), or where the example's own label is none of those
    that were found.
    """
    spec = dataset_spec(dataset)
    if spec.answer_type == "equation":
        return None
    # The paper's CQA lists some choices twice, which would count twice in a confidence.
    listed = tuple(dict.fromkeys(listed_choices(example.input)))
    labels = listed if spec.answer_type == "choice" else spec.labels
    return labels if example.label in labels else None


def _record(name: str, split: str, rows: list[layout.RawRow], show: int) -> dict[str, Any]:
    if not rows:
        raise DataError(f"{name} {split} has no rows; copy or fetch the data again.")
    right = right_released = 0
    unread: dict[str, list[dict[str, Any]]] = {"unparsed": [], "ambiguous": [], "outside": []}
    for number, row in enumerate(rows, start=1):
        _, output, problem = read_teacher(name, row.teacher_text, row.choices, row.input)
        right += label_is_right(name, output.label, row.label)
        right_released += _right_as_released(name, row)
        if problem is not None:
            unread[problem.value].append({"row": number, "text": row.teacher_text})
    record = {
        "dataset": name,
        "split": split,
        "rows": len(rows),
        "teacher_accuracy": round(right / len(rows), 4),
        "teacher_accuracy_released": round(right_released / len(rows), 4),
        **{problem: len(found) for problem, found in unread.items()},
    }
    if show:
        record["examples"] = {problem: found[:show] for problem, found in unread.items()}
    return record


def _right_as_released(name: str, row: layout.RawRow) -> bool:
    _, label = parse_as_released(name, row.teacher_text)
    if dataset_spec(name).answer_type == "equation":
        return same_value(value_as_released(label), value_as_released(row.label))
    return label == row.label
