"""What an item is: a table or figure of the paper, an open question, or a comparison of the kit's own."""

from dataclasses import dataclass
from typing import Any

from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.report.compare import MI_AGAINST_DSS, Comparison

# Fields of `RunConfig`, a row of a table each.
Rows = tuple[dict[str, Any], ...]
PAPER, QUESTION, OWN, STORY = "paper", "question", "own", "story"
# In a row: finetuning that takes no fewer operations than DSS, twice as many training examples, and room to
# learn for longer.
EQUAL_OPERATIONS, TWICE_AS_MANY, LONGER = "equal_operations", "twice_as_many", "longer"
# Presets by name: `asked.presets` says what they are.
NANO, PAPERS, REAL_SMALL = "nano", "paper", "real-small"
BOTH, EACH = (NANO, PAPERS), (NANO, PAPERS, REAL_SMALL)
# A column each, whose runs are repetitions of one cell.
FOLDS_OF_SVAMP = tuple(spec.name for spec in DATASETS.values() if spec.fold is not None)
# As many seeds as the preset has for what is compared at that size.
BY_SIZE = "by_size"
# The two methods that everything after Table 2 compares.
COMPARED: Rows = ({"method": "dss"}, {"method": "mi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A table or figure of the paper, a question that it leaves open, or a comparison of the kit's own.

    Attributes:
        rows: Fields of `RunConfig`, a row each; three names above stand for the preset's.
        fields: Fields of a `Setting` that tell its rows apart.
        students: `large`, `small`, `each` of the preset's, or its `kinds`.
        families: Columns: a name of the preset's lists, or families of data sets.
        sizes: Of the training set: `whole`, `short` or `each` of the preset's.
        seeds: How many; or which of the preset's numbers of them; or of each size its own.
        measure: What is compared: `accuracy`, `error` (ECE), `quality`, `correlation`, `overlap`,
            `information`, or `cases`.
        split: Whose answers: `test`, `valid`.
        also: Further answers in columns of their own: `unseen`, `outside`.
        asked: Comparisons that it is about.
        declared: Whether those were declared beforehand, and get verdicts.
        contrast: `changes` of MI's gain, or `slopes`, over what `fields` tell apart beside methods; or none.
        primary: Compared over all data sets at once, alone and uncorrected.
        margin: Smallest difference of interest, in the measure's unit; None is the preset's, of accuracy.
        explored: What else is compared, without a verdict; None is every two rows.
        pictures: Names of `report.pictures`, the first of which opens the page's section.
        folded: Names of `report.further`, beside those that every item has.
        needs: What its records must hold beside correctness.
        cases: About what case studies are: `labels` or `rationales`.
        presets: Names of the presets that it is made on.
    """

    id: str
    title: str
    question: str
    kind: str = PAPER
    rows: Rows = COMPARED
    fields: tuple[str, ...] = ("method",)
    students: str = "large"
    families: str | tuple[str, ...] = "all"
    sizes: str = "whole"
    seeds: int | str = "other_seeds"
    measure: str = "accuracy"
    split: str = "test"
    also: tuple[str, ...] = ()
    asked: tuple[Comparison, ...] = (MI_AGAINST_DSS,)
    declared: bool = False
    contrast: str = ""
    primary: Comparison | None = None
    margin: float | None = None
    explored: tuple[Comparison, ...] | None = ()
    pictures: tuple[str, ...] = ("cells",)
    folded: tuple[str, ...] = ()
    needs: tuple[str, ...] = ("correct",)
    cases: str | None = None
    presets: tuple[str, ...] = BOTH

    @property
    def is_judged(self) -> bool:
        """Whether somebody has to score rationales for it."""
        return "samples" in self.needs and self.measure != "overlap"
