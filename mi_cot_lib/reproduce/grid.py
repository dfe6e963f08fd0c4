"""From the name of a table, figure or question to its runs."""

from mi_cot_lib.errors import unknown_name
from mi_cot_lib.reproduce.cells import Cell, Item
from mi_cot_lib.reproduce.paper_grid import ITEMS, paper_cells
from mi_cot_lib.reproduce.presets import Preset
from mi_cot_lib.reproduce.question_grid import QUESTIONS, question_cells
from mi_cot_lib.training.config import RunConfig


def item_named(name: str) -> Item:
    """Look a table, figure or question up by its id.

    Raises:
        ConfigError: There is none of that name.
    """
    known = {**ITEMS, **QUESTIONS}
    if name not in known:
        raise unknown_name("table, figure or question", name, known)
    return known[name]


def cells_of(item: str, preset: Preset) -> list[Cell]:
    """Return the cells of an item, row by row.

    Args:
        item: Its id.
        preset: On what.

    Raises:
        ConfigError: There is no such item.
    """
    item_named(item)
    return paper_cells(item, preset) if item in ITEMS else question_cells(item, preset)


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
