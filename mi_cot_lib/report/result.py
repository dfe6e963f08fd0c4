"""What one item came out as: all that its tables, pictures and sentences are made from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from mi_cot_lib.report.cells.quality import JudgedSample
from mi_cot_lib.report.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An item, made.

    Attributes:
        id: `table1` … `question6`, `methods`.
        title: A caption, short.
        question: What it answers.
        measure: `accuracy`, `error`, `quality`, `correlation` or `cases`.
        margin: Smallest difference of interest, in the measure's unit.
        fields: Fields of a setting that tell its rows apart.
        built_in: Whether data and students are the kit's own.
        preset: On what.
        cells: One row a setting: `setting`, `value`, `low`, `high`, `seeds`, `items` and more.
        compared: From `compare`; declared ones first.
        runs: The runs behind it.
        samples: Judged rationales, where it asks for them.
        golds: Gold labels by data set with a closed set.
        missing: Runs that are not there, and why.
        unchecked: Runs whose data or weights are not on this machine to be compared with.
        pictures: Names of `pictures.PICTURES`.
        folded: Names of `tables.FOLDED`.
        cases: About what its case studies are.
        judge: Who judged.
    """

    id: str
    title: str
    question: str
    measure: str
    margin: float
    fields: tuple[str, ...]
    built_in: bool
    preset: str
    cells: pd.DataFrame
    compared: pd.DataFrame
    runs: Sequence[Run]
    samples: Sequence[JudgedSample] = ()
    golds: Mapping[str, list[str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    unchecked: Collection[str] = ()
    pictures: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    cases: str | None = None
    judge: str | None = None

    @property
    def kind(self) -> str:
        """`Table 1`, `Figure 2`, `Question 3`; `Methods`, `Information`."""
        name, number = self.id.rstrip("0123456789"), self.id.lstrip("abcdefghijklmnopqrstuvwxyz")
        return f"{name.capitalize()} {number}".strip()

    @property
    def declared(self) -> pd.DataFrame:
        """The comparisons that were declared beforehand."""
        return self.compared[self.compared["declared"]] if len(self.compared) else self.compared
