"""Finished runs in their places, what an item made of them came out as, and what its rows are called."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.data.specs import ALL_FOLDS
from mi_cot_lib.data.worlds.item import NEW, New
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.over_seeds import mean_interval
from mi_cot_lib.measure.verdicts import SAME, Side, Value
from mi_cot_lib.report.setting import COLUMN, WORDING, Setting, title

# What most items ask beside each other, the MI loss and rationales; and what can be said one by one.
ASKED, _LISTED = 2, 6
NO_ROOM = f"{SAME}, no room"
Record = Mapping[str, Any]
# A setting's runs by seed.
Cells = dict[Setting, dict[int, "Run"]]
# By setting, the value of each seed, or of each of its items.
Values = Mapping[Setting, Side]
# Scores of one sampled item, one a repeat; None is a malformed answer of the judge.
Scores = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run in its place: what was trained and asked, its seed, and what `run.json` holds.

    With `new` only those answers count whose questions are new in that respect: they take turns.
    """

    setting: Setting
    seed: int
    record: Record
    new: New | None = None

    @classmethod
    def of(cls, record: Record) -> "Run":
        """Return a record in its place: the setting and seed that it is of."""
        return cls(Setting.of(record["config"]), record["config"]["seed"], record)

    def outcomes(self) -> np.ndarray:
        """Return which items of its split were answered rightly, `(items,)` of 0 and 1."""
        split = self.setting.split
        bits = (
            self.calibration()["correct"] if split == "outside" else self.record["correct"][split]
        )
        if self.new is not None:
            bits = bits[NEW.index(self.new) :: len(NEW)]
        return np.array([int(bit) for bit in bits])

    def accuracy(self) -> float:
        """Return the share of right answers in percent."""
        return 100 * float(self.outcomes().mean())

    def calibration(self) -> Record:
        """Return confidences and outcomes on its test set."""
        if self.setting.split == "outside":
            return self.record["outside"][self.setting.dataset]
        return self.record["calibration"]


@dataclass(frozen=True, slots=True)
class JudgedSample:
    """The sampled rationales of one run, or the teacher's for the same items, with the judge's scores.

    Attributes:
        setting: Of the run; its method is `teacher`, and the seed 0, where the texts are the teacher's own.
        items: By sampled item `id`, `rationale`, and of a student `predicted` and `correct`, of the teacher
            `input` and gold `label`.
        scores: As many as items; none where nobody judges.
        bleu: Corpus BLEU against the teacher's, 0 to 100, as the mean `rouge` (ROUGE-L F); NaN for those.
        cosine: Mean cosine of embeddings with the teacher's, -1 to 1; NaN where no embedder was at hand.
    """

    setting: Setting
    seed: int
    items: Sequence[Mapping[str, Any]]
    scores: Sequence[Scores]
    bleu: float = float("nan")
    rouge: float = float("nan")
    cosine: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An item, made: all that its tables, pictures and sentences are made from.

    Attributes:
        id: `table1` … `question7`, `methods`.
        measure: `accuracy`, `error`, `quality`, `correlation`, `overlap`, `information` or `cases`.
        margin: Smallest difference of interest, in the measure's unit.
        fields: Fields of a setting that tell its rows apart.
        built_in: Whether data and students are the kit's own.
        cells: One row a setting: `setting`, `value`, `low`, `high`, `seeds`, `items` and more.
        compared: From `compare`; declared ones first.
        contrasts: From `contrasts`, of the kind `contrast`, where it has any.
        pooled: From `pool`, where it is asked for: the primary comparison, a row a split.
        samples: Judged rationales, where it asks for them.
        golds: Gold labels by data set with a closed set.
        missing: Runs that are not there, and why.
        unchecked: Runs whose data or weights are not on this machine to be compared with.
        pictures: Names of `pictures.PICTURES`.
        folded: Names of `further.FOLDED`.
        cases: About what its case studies are.
        judge: Who scored rationales, in words.
        embedder: Whose embeddings of rationales are compared, where its cells hold a `cosine`.
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
    pooled: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrasts: pd.DataFrame = field(default_factory=pd.DataFrame)
    contrast: str = ""
    samples: Sequence[JudgedSample] = ()
    golds: Mapping[str, list[str]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    unchecked: Collection[str] = ()
    pictures: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    cases: str | None = None
    judge: str | None = None
    embedder: str | None = None

    @property
    def mark(self) -> Mapping[str, str]:
        """What is said of results that are not of the paper's data and students: `badge`, `caveat`, `paper`.

        The first two are empty where they are.
        """
        marks: Mapping[str, Mapping[str, str]] = WORDING["marks"]
        return marks["built_in"] if self.built_in else marks.get(self.preset, marks["paper"])

    @property
    def kind(self) -> str:
        """`Table 1`, `Figure 2`, `Question 3`; `Methods`, `Declared whole`."""
        name = self.id.rstrip("0123456789")
        return f"{name.replace('_', ' ').capitalize()} {self.id[len(name) :]}".strip()

    @property
    def asked(self) -> pd.DataFrame:
        """The comparisons that it is about, be they declared or not."""
        return self.compared[self.compared["asked"]] if len(self.compared) else self.compared

    @property
    def declared(self) -> pd.DataFrame:
        """The comparisons that were declared beforehand: they have verdicts."""
        return self.compared[self.compared["declared"]] if len(self.compared) else self.compared


def row_title(result: Result, setting: Setting) -> str:
    """Return what a setting's row is called in this item."""
    return title(setting, _row_fields(result))


def column_title(result: Result, setting: Setting) -> str:
    """Return what a setting's column is called: data set and split, and the size where no row says it."""
    in_column = any(map(any, _sizes(result))) and "size" not in _row_fields(result)
    return title(setting, (*COLUMN, "size") if in_column else COLUMN)


def named(result: Result, cells: pd.DataFrame) -> pd.DataFrame:
    """Add what each cell's `row` and `column` are called, and its `method`."""
    settings = list(cells["setting"])
    return cells.assign(
        row=[row_title(result, one) for one in settings],
        column=[column_title(result, one) for one in settings],
        method=[one.method for one in settings],
    )


def pair_titles(result: Result, setting: Setting, against: Setting) -> tuple[str, str, str]:
    """Return what a comparison's sides are called, and once what they share: `MI`, `DSS`, `250 examples`."""
    fields = _row_fields(result)
    differing = [name for name in fields if getattr(setting, name) != getattr(against, name)]
    # What only one side has is no difference of two values: α3 of MI against DSS.
    own = [name for name in differing if getattr(against, name) is not None] or differing
    if not (title(setting, differing) and title(against, own)):
        # A side that changes nothing is called by what it shares with the other.
        differing = own = [name for name in fields if name in (*differing, *result.fields)]
    shared = [name for name in fields if name not in differing]
    return title(setting, differing), title(against, own), title(setting, shared)


def pair_title(result: Result, setting: Setting, against: Setting) -> str:
    """Return what a comparison is called: `MI − DSS, 250 examples`."""
    one, other, shared = pair_titles(result, setting, against)
    return f"{one} − {other}" + (f", {shared}" if shared else "")


def pairs_of(compared: pd.DataFrame) -> list[tuple[Setting, Setting]]:
    """Return the two settings of each comparison."""
    return list(zip(compared["setting"], compared["against"], strict=True))


def verdict_of(compared: Mapping[str, Any]) -> str:
    """Return a comparison's verdict; `NO_ROOM` where little else than the same could have come out."""
    return (
        NO_ROOM
        if compared["verdict"] == SAME and not compared["room"]
        else str(compared["verdict"])
    )


def is_listed(result: Result) -> bool:
    """Tell whether several comparisons are declared, each of them on several data sets: each has its say."""
    declared = result.declared
    if declared.empty:
        return False
    sides = {pair_titles(result, *pair)[:2] for pair in pairs_of(declared)}
    return ASKED < len(sides) <= _LISTED and len(declared) > len(sides)


def has_claims(result: Result) -> bool:
    """Tell whether its declared comparisons test what others say."""
    return len(result.declared) > 0 and bool(result.declared["claim"].notna().all())


def _sizes(result: Result) -> list[set[int | None]]:
    """Return the sizes of each data set."""
    found: dict[str, set[int | None]] = {}
    for one in result.cells["setting"]:
        found.setdefault(one.dataset, set()).add(one.size)
    return list(found.values())


def _row_fields(result: Result) -> tuple[str, ...]:
    varied = any(len(found) > 1 for found in _sizes(result))
    return (*result.fields, *(("size",) if varied else ()))


def by_setting(runs: Iterable[Run]) -> Cells:
    """Group runs by setting, and by seed in it, in the order in which settings first occur.

    Raises:
        ConfigError: A setting has a seed twice, or runs of different data, weights or versions.
    """
    cells: Cells = {}
    for run in runs:
        cell = cells.setdefault(run.setting, {})
        if run.seed in cell:
            raise ConfigError(f"seed {run.seed} of {run.record['run']} occurs twice.")
        cell[run.seed] = run
    for setting, cell in cells.items():
        _refuse_mixed([run.record for run in cell.values()], setting.dataset == ALL_FOLDS.name)
        cells[setting] = dict(sorted(cell.items()))
    return cells


def by_seed(runs: Iterable[Run], value_of: Callable[[Run], Value]) -> Values:
    """Return a value of each seed, by setting."""
    return {
        setting: {seed: value_of(run) for seed, run in group.items()}
        for setting, group in by_setting(runs).items()
    }


def over_seeds(values: Iterable[float]) -> dict[str, float]:
    """Return `value`, `low` and `high`: mean and 95% t interval of the seeds that have one, NaN without."""
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return dict.fromkeys(("value", "low", "high"), np.nan)
    found = mean_interval(known)
    ends = {"low": found.low, "high": found.high}
    return {"value": found.mean, **{name: np.nan if x is None else x for name, x in ends.items()}}


def _refuse_mixed(records: Sequence[Record], are_folds: bool) -> None:
    for name, of in (
        ("data", lambda r: are_folds or r["data"]["sha256"]),
        ("weights", lambda r: r["weights_sha256"]),
        ("version of the kit's numbers", lambda r: r["results_version"]),
    ):
        if len({of(record) for record in records}) > 1:
            runs = ", ".join(record["run"] for record in records)
            raise ConfigError(f"runs of one place differ in {name}: {runs}.")
