"""On what comparisons are made: the paper's setting, the kit's own data, or a small student and real data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import DATASETS, dataset_spec
from mi_cot_lib.errors import unknown_name
from mi_cot_lib.experiments.asked.declared import DECLARED, REAL
from mi_cot_lib.experiments.asked.item import (
    FOLDS_OF_SVAMP,
    REAL_SMALL,
    Item,
)
from mi_cot_lib.report.paper import SETTINGS

# The columns of the paper's tables, in its order.
FAMILIES = ("esnli", "anli1", "cqa", "svamp")
NLI_FAMILIES = ("esnli", "anli1")


@dataclass(frozen=True, slots=True)
class Preset:
    """On what the paper's comparisons are made.

    Attributes:
        datasets: Data set by column.
        large: Student of all other tables and questions.
        small: Student of Table 2 and Figure 3.
        smaller: Students below the large one, by size.
        other_kind: Students of another architecture, as large as the large one.
        swept: Columns of Figure 3 and of questions 1, 2 and 4, whose grids are large.
        taught: Columns of questions 3 and 7, which ask what becomes of the gain from rationales: of the
            built-in sets one with such a gain.
        seeds: Runs of each cell that is decided on, `whole_seeds` of those of all examples, `other_seeds` of
            those of other tables.
        margin: Smallest difference of interest, in points of accuracy.
        sizes: Training examples of Figures 2 and 3 by column, ascending; the last is the whole set.
        short: Training examples by column where rationales matter most.
        changes: Fields of `RunConfig` that every run of the preset has; a column's and a cell's own go before
            them.
        changes_of: Fields of `RunConfig` by column.
        drawn: Training examples by column where each run draws so many of the whole set.
        at_most: Seeds by column, where a column has fewer than the others.
        data_root: Folder of the data; None looks where `load_split` does.
    """

    name: str
    datasets: dict[str, str]
    large: str
    small: str
    smaller: tuple[str, ...]
    swept: tuple[str, ...]
    taught: tuple[str, ...]
    seeds: int
    whole_seeds: int
    other_seeds: int
    margin: float
    sizes: dict[str, tuple[int, ...]]
    short: Mapping[str, int]
    changes: dict[str, Any] = field(default_factory=dict)
    changes_of: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drawn: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    other_kind: tuple[str, ...] = ()
    data_root: Path | None = None

    @property
    def is_built_in(self) -> bool:
        """Whether all data are the kit's own."""
        return all(dataset_spec(name).built_in for name in self.datasets.values())

    def families_of(self, columns: str | tuple[str, ...]) -> tuple[str, ...]:
        """Return an item's columns: the families that it names, or one of the preset's lists."""
        lists = {"all": FAMILIES, "nli": NLI_FAMILIES, "swept": self.swept, "taught": self.taught}
        named = lists[columns] if isinstance(columns, str) else columns
        return tuple(family for family in named if family in self.datasets)

    def sizes_of(self, which: str, family: str) -> tuple[int, ...]:
        """Return a column's numbers of training examples: `whole`, `short` or `each`."""
        sizes, short = self.sizes[family], self.short[family]
        return {
            "whole": sizes[-1:],
            "short": (short,),
            "each": tuple(sorted({*sizes, short})),
        }[which]

    def seeds_at(self, size: int, family: str) -> int:
        """Return how many seeds are compared at a number of training examples of a column."""
        if size == self.sizes[family][-1]:
            return self.whole_seeds
        return self.seeds if size == self.short[family] else self.other_seeds

    def students_of(self, role: str) -> tuple[str, ...]:
        """Return the students in a role: `large`, `small`, `each`, the largest first, or of each kind."""
        return {
            "large": (self.large,),
            "small": (self.small,),
            "each": (self.large, *self.smaller),
            "kinds": (self.large, *self.other_kind),
        }[role]


# Sizes of e-SNLI's and ANLI's training files (their publishers'), and of CQA's and SVAMP's in DSS's
# datasets.zip less the tenth that is held out for validation.
TRAIN_ROWS = {"esnli": 549_367, "anli1": 16_946, "cqa": 8_766, "svamp": 720}
NANO_TRAIN_ROWS = 4_000
# Within three thousand steps a narrow built-in student that learns rationale and label as one sequence still
# confuses two labels, and it stays long where it does: it has three times the steps, and the patience.
LONGER_BY = 3
# Validations without gain after which training ends while somebody waits: a fifth fewer steps. The rate then
# falls sooner, too, and DSS on few examples of nano-CQA ends up to two points lower than with the tables'.
BRIEF_PATIENCE = 5
# Shares of the training set in Figures 2 and 3; the paper's figures have their own, unnamed ones.
SHARES = (32, 16, 4, 1)


_REAL_ROWS = {
    **REAL.drawn,
    **dict.fromkeys(("svamp", *FOLDS_OF_SVAMP), TRAIN_ROWS["svamp"]),
}


def _sizes(rows: int) -> tuple[int, ...]:
    return tuple(rows // share for share in SHARES)


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="nano",
            datasets={spec.family: spec.name for spec in DATASETS.values() if spec.built_in},
            large="nano",
            small="nano24",
            smaller=("nano32", "nano24", "nano16"),
            swept=("cqa",),
            taught=("cqa",),
            seeds=DECLARED.seeds,
            whole_seeds=DECLARED.whole_seeds,
            margin=DECLARED.margin,
            other_seeds=DECLARED.other_seeds,
            sizes={family: _sizes(NANO_TRAIN_ROWS) for family in FAMILIES},
            short=DECLARED.short,
            other_kind=("nano_llama",),
        ),
        Preset(
            name="paper",
            datasets={family: family for family in FAMILIES},
            large="base",
            small="small",
            smaller=("small",),
            swept=FAMILIES,
            taught=FAMILIES,
            seeds=5,
            whole_seeds=DECLARED.whole_seeds,
            other_seeds=3,
            margin=DECLARED.margin,
            sizes={family: _sizes(rows) for family, rows in TRAIN_ROWS.items()},
            short={family: rows // 8 for family, rows in TRAIN_ROWS.items()},
            changes={setting.field: setting.value for setting in SETTINGS},
        ),
        Preset(
            name=REAL_SMALL,
            datasets={name: name for name in ("cqa", "svamp", *FOLDS_OF_SVAMP)},
            large="smollm2",
            small="smollm2",
            smaller=(),
            swept=("svamp",),
            taught=("svamp",),
            seeds=REAL.seeds,
            whole_seeds=REAL.seeds,
            other_seeds=REAL.other_seeds,
            margin=REAL.margin,
            sizes={family: (rows,) for family, rows in _REAL_ROWS.items()},
            short=_REAL_ROWS,
            changes=dict(REAL.training),
            changes_of=REAL.changes,
            drawn=REAL.drawn,
            at_most=REAL.at_most,
        ),
    )
}


def for_dataset(preset: Preset, item: Item, dataset: str) -> tuple[Preset, Item]:
    """Return a preset and an item that is made on one data set alone, while somebody waits for it.

    Raises:
        ConfigError: An unknown data set.
    """
    spec = dataset_spec(dataset)
    here = replace(
        preset,
        datasets={**preset.datasets, spec.family: dataset},
        changes={**preset.changes, "patience": BRIEF_PATIENCE},
    )
    if not spec.built_in:
        # Real files have other numbers of examples.
        real = PRESETS["paper"]
        here = replace(here, sizes=real.sizes, short=real.short)
    return here, replace(item, families=(spec.family,))


def preset_named(name: str) -> Preset:
    """Look a preset up by name, or raise a ConfigError."""
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]
