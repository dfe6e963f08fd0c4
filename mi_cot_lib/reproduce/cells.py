"""A place of a table or a point of a figure, and what is trained for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The two methods that everything after Table 2 compares.
COMPARED = ("dss", "mi")


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a table, or one point of a figure: what is trained there, but for the seed.

    Attributes:
        row: Method, or variant of the MI term.
        column: Family of the data set.
        changes: Fields of `RunConfig` other than data set, student and seed.
        student: Name of the student.
        size: Training examples, of a figure's point.
    """

    row: str
    column: str
    changes: dict[str, Any]
    student: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A table or figure of the paper, or a question that it leaves open.

    Attributes:
        id: What `mi-cot paper` takes.
        title: A table's caption, shortened, or the question.
    """

    id: str
    title: str


def cells_in(
    rows: Mapping[str, dict[str, Any]], columns: Sequence[str], student: str
) -> Iterator[Cell]:
    """Return the cells of a table, row by row.

    Args:
        rows: Fields of `RunConfig` by row.
        columns: Families of data sets.
        student: Name of the student.
    """
    for row, changes in rows.items():
        for column in columns:
            yield Cell(row, column, changes, student)
