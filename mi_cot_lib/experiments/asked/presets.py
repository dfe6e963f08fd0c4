"""On what comparisons are made, the paper's setting or built-in data and students, and an item's runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import DATASETS, dataset_spec
from mi_cot_lib.errors import unknown_name
from mi_cot_lib.experiments.asked.declared import DECLARED, REAL, equal_operations
from mi_cot_lib.experiments.asked.item import (
    BY_SIZE,
    EQUAL_OPERATIONS,
    FOLDS_OF_SVAMP,
    LONGER,
    REAL_SMALL,
    TWICE_AS_MANY,
    Item,
)
from mi_cot_lib.report.paper import SETTINGS
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.defaults import defaults_of

# The columns of the paper's tables, in its order.
FAMILIES = ("esnli", "anli1", "cqa", "svamp")
NLI_FAMILIES = ("esnli", "anli1")
# Where rationales name the label at all; elsewhere hiding it changes none of them.
_NAMING_THE_LABEL = ("cqa",)


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
        changes: Fields of `RunConfig` that every run of the preset has; a cell's own go before them.
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
            other_seeds=REAL.seeds,
            margin=REAL.margin,
            sizes={family: (rows,) for family, rows in _REAL_ROWS.items()},
            short=_REAL_ROWS,
            changes=dict(REAL.training),
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


@dataclass(frozen=True, slots=True)
class Wanted:
    """One run of an item: its place, what is trained, and the other data set that it also answers."""

    setting: Setting
    config: RunConfig
    outside: str | None = None

    @property
    def repetition(self) -> int:
        """Which run of its cell it is: its seed, or its fold."""
        fold = dataset_spec(self.config.dataset).fold
        return self.config.seed if fold is None else fold


def seeds_of(item: Item, preset: Preset, seeds: int | None = None) -> range:
    """Return the seeds of an item: its own, or as many as asked for; of a case study the first."""
    if item.seeds == BY_SIZE:
        own = max(preset.seeds, preset.whole_seeds, preset.other_seeds)
    else:
        own = item.seeds if isinstance(item.seeds, int) else getattr(preset, item.seeds)
    # Of a case study only one run is looked at.
    return range(own if seeds is None or own == 1 else seeds)


def wanted_of(item: Item, preset: Preset, seeds: int | None = None) -> list[Wanted]:
    """Return the runs of an item, seeds outermost: a stopped call leaves whole tables of fewer seeds.

    None of one that is not made on the preset.
    """
    if preset.name not in item.presets:
        return []
    return [one for seed in seeds_of(item, preset, seeds) for one in _of_seed(item, preset, seed)]


def runs_of(item: Item, preset: Preset, seeds: int | None = None) -> list[RunConfig]:
    """Return the configurations of an item's runs, each once."""
    configs = {one.config.run_name: one.config for one in wanted_of(item, preset, seeds)}
    return list(configs.values())


def _of_seed(item: Item, preset: Preset, seed: int) -> Iterator[Wanted]:
    for student in preset.students_of(item.students):
        for changes in item.rows:
            for family in preset.families_of(item.families):
                if not _can_be_taught(preset, changes, family):
                    continue
                if seed >= preset.at_most.get(family, seed + 1):
                    continue
                for size in preset.sizes_of(item.sizes, family):
                    if item.seeds == BY_SIZE and seed >= preset.seeds_at(size, family):
                        continue
                    # The whole set is Table 1's run: a size of its own would be another one.
                    is_whole = size == preset.sizes[family][-1]
                    rows = preset.drawn.get(family) if is_whole else size
                    config = RunConfig(
                        dataset=preset.datasets[family],
                        student=student,
                        seed=seed,
                        **_fields(preset, changes, family, student, rows),
                        data_root=None if preset.data_root is None else str(preset.data_root),
                    )
                    setting = Setting.of(config.to_dict()).with_(split=item.split)
                    if is_whole:
                        # Also where the whole of a column is a draw.
                        setting = setting.with_(size=None)
                    yield Wanted(setting, config, _outside(item, preset, family))


def _can_be_taught(preset: Preset, changes: Mapping[str, Any], family: str) -> bool:
    if changes.get("teacher_change") == "label_hidden":
        return family in _NAMING_THE_LABEL
    # Only of the kit's own texts is it known for which answer they argue.
    is_own = dataset_spec(preset.datasets[family]).built_in and preset.data_root is None
    return is_own or changes.get("teacher_accuracy") is None


def _fields(
    preset: Preset, changes: Mapping[str, Any], family: str, student: str, size: int | None
) -> dict[str, Any]:
    """Return the fields of a row's run, with what stands for others filled in."""
    fields = {**preset.changes, "train_size": size, **changes}
    if fields.pop(EQUAL_OPERATIONS, False):
        fields |= equal_operations(preset.datasets[family], student, size)
    if fields.pop(TWICE_AS_MANY, False):
        fields["train_size"] = size and 2 * size
    if fields.pop(LONGER, False) and student in BUILT_IN_WIDTHS:
        own = defaults_of(student)
        fields |= {name: LONGER_BY * own[name] for name in ("max_steps", "patience")}
    return fields


def _outside(item: Item, preset: Preset, family: str) -> str | None:
    """Return the data set with the same labels that this one's students answer as well."""
    if "outside" not in item.also or not dataset_spec(preset.datasets[family]).labels:
        return None
    others = [other for other in preset.families_of("nli") if other != family]
    return preset.datasets[others[0]] if others else None
