"""Which runs fill which table and figure of the paper, for the paper's setting and for built-in data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.errors import unknown_name
from mi_cot_lib.objective.methods import METHODS
from mi_cot_lib.reproduce.paper_numbers import SETTINGS
from mi_cot_lib.training.config import RunConfig

# The columns of the paper's tables, in its order.
FAMILIES = ("esnli", "anli1", "cqa", "svamp")
NLI_FAMILIES = ("esnli", "anli1")
# The two methods that everything after Table 2 compares.
COMPARED = ("dss", "mi")


@dataclass(frozen=True, slots=True)
class Preset:
    """On what the paper's comparisons are made.

    Attributes:
        name: What `--preset` takes.
        datasets: Data set by column.
        large: Student of Tables 1 and 3 to 8.
        small: Student of Table 2 and Figure 3.
        seeds: Runs of each cell of a table.
        curve_seeds: Runs of each point of Figures 2 and 3.
        sizes: Training examples of Figures 2 and 3 by column, ascending; the last is the whole set.
        changes: Fields of `RunConfig` that every run of the preset has; a cell's own go before them.
        data_root: Folder of the data; None looks where `load_split` does.
    """

    name: str
    datasets: dict[str, str]
    large: str
    small: str
    seeds: int
    curve_seeds: int
    sizes: dict[str, tuple[int, ...]]
    changes: dict[str, Any] = field(default_factory=dict)
    data_root: Path | None = None


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
    """A table or figure of the paper.

    Attributes:
        id: What `mi-cot paper` takes.
        title: The paper's caption, shortened.
    """

    id: str
    title: str


ITEMS: dict[str, Item] = {
    item.id: item
    for item in (
        Item("table1", "Accuracy with the larger student"),
        Item("table2", "Accuracy with the smaller student"),
        Item("table3", "Training on the teacher's labels"),
        Item("table4", "Mean against maximum over positions"),
        Item("table5", "KL divergence against cross-entropy"),
        Item("table6", "Calibration, in and out of domain"),
        Item("table7", "Judged quality of rationales"),
        Item("table8", "Correlation of judged quality and correctness"),
        Item("figure2", "Accuracy by size of the training set, larger student"),
        Item("figure3", "Accuracy by size of the training set, smaller student"),
        Item("figure4", "Case study on SVAMP"),
        Item("figure5", "Case study on e-SNLI"),
    )
}

# Sizes of e-SNLI's and ANLI's training files (their publishers'), and of CQA's and SVAMP's in DSS's
# datasets.zip less the tenth that is held out for validation.
TRAIN_ROWS = {"esnli": 549_367, "anli1": 16_946, "cqa": 8_766, "svamp": 720}
NANO_TRAIN_ROWS = 4_000
# Shares of the training set in Figures 2 and 3; the paper's figures have their own, unnamed ones.
SHARES = (16, 8, 4, 2, 1)


def _sizes(rows: int) -> tuple[int, ...]:
    return tuple(rows // share for share in SHARES)


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="nano",
            datasets={spec.family: spec.name for spec in DATASETS.values() if spec.built_in},
            large="nano",
            small="nano48",
            seeds=5,
            curve_seeds=3,
            sizes={family: _sizes(NANO_TRAIN_ROWS) for family in FAMILIES},
        ),
        Preset(
            name="paper",
            datasets={family: family for family in FAMILIES},
            large="base",
            small="small",
            seeds=5,
            curve_seeds=3,
            sizes={family: _sizes(rows) for family, rows in TRAIN_ROWS.items()},
            changes={setting.field: setting.value for setting in SETTINGS},
        ),
    )
}


def preset_named(name: str) -> Preset:
    """Look a preset up by name.

    Raises:
        ConfigError: No preset has that name.
    """
    if name not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return PRESETS[name]


def item_named(name: str) -> Item:
    """Look a table or figure up by its id.

    Raises:
        ConfigError: The paper has no such table or figure.
    """
    if name not in ITEMS:
        raise unknown_name("table or figure", name, ITEMS)
    return ITEMS[name]


def cells_of(item: str, preset: Preset) -> list[Cell]:
    """Return the cells of a table or the points of a figure, row by row.

    Args:
        item: Its id.
        preset: On what.

    Raises:
        ConfigError: The paper has no such table or figure.
    """
    item_named(item)
    large, small = preset.large, preset.small
    if item in ("table1", "table2"):
        student = large if item == "table1" else small
        return list(_cells({name: {"method": name} for name in METHODS}, FAMILIES, student))
    compared = {name: {"method": name} for name in COMPARED}
    if item == "table3":
        rows = {name: {**changes, "labels": "teacher"} for name, changes in compared.items()}
        return list(_cells(rows, NLI_FAMILIES, large))
    if item == "table4":
        # The maximum is the default, so that its runs are Table 1's.
        rows = {"mean": {"method": "mi", "pool": "mean"}, "max": {"method": "mi"}}
        return list(_cells(rows, FAMILIES, large))
    if item == "table5":
        rows = {"kl": {"method": "mi", "divergence": "kl"}, "ce": {"method": "mi"}}
        return list(_cells(rows, FAMILIES, large))
    if item in ("figure2", "figure3"):
        student = large if item == "figure2" else small
        return list(_points(compared, student, preset.sizes))
    columns: Sequence[str] = {"figure4": ("svamp",), "figure5": ("esnli",)}.get(item, FAMILIES)
    return list(_cells(compared, columns, large))


def _cells(rows: dict[str, dict[str, Any]], columns: Sequence[str], student: str) -> Iterator[Cell]:
    for row, changes in rows.items():
        for column in columns:
            yield Cell(row, column, changes, student)


def _points(
    rows: dict[str, dict[str, Any]], student: str, sizes: dict[str, tuple[int, ...]]
) -> Iterator[Cell]:
    for column in FAMILIES:
        for size in sizes[column]:
            # The whole set is Table 1's run: a size of its own would be another configuration.
            part = {} if size == sizes[column][-1] else {"train_size": size}
            for row, changes in rows.items():
                yield Cell(row, column, {**changes, **part}, student, size)


def seeds_of(item: str, preset: Preset, seeds: int | None = None) -> range:
    """Return the seeds of an item: the preset's, or as many as asked for; of a case study the first."""
    if item in ("figure4", "figure5"):
        return range(1)
    default = preset.curve_seeds if item in ("figure2", "figure3") else preset.seeds
    return range(default if seeds is None else seeds)


def config_of(cell: Cell, preset: Preset, seed: int) -> RunConfig:
    """Return the run of one cell and one seed."""
    fields = {**preset.changes, **cell.changes, "data_root": preset.data_root}
    return RunConfig(
        dataset=preset.datasets[cell.column], student=cell.student, seed=seed, **fields
    )


def runs_of(item: str, preset: Preset, seeds: int | None = None) -> list[RunConfig]:
    """Return the runs of an item, seeds outermost: a stopped call leaves whole tables of fewer seeds."""
    return [
        config_of(cell, preset, seed)
        for seed in seeds_of(item, preset, seeds)
        for cell in cells_of(item, preset)
    ]
