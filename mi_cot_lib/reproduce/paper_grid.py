"""Which runs fill which table and figure of the paper."""

from collections.abc import Iterator, Sequence
from typing import Any

from mi_cot_lib.objective.methods import METHODS
from mi_cot_lib.reproduce.cells import COMPARED, Cell, Item, cells_in
from mi_cot_lib.reproduce.presets import FAMILIES, NLI_FAMILIES, Preset

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


def paper_cells(item: str, preset: Preset) -> list[Cell]:
    """Return the cells of a table or the points of a figure, row by row.

    Args:
        item: One of `ITEMS`.
        preset: On what.
    """
    large, small = preset.large, preset.small
    if item in ("table1", "table2"):
        student = large if item == "table1" else small
        return list(cells_in({name: {"method": name} for name in METHODS}, FAMILIES, student))
    compared = {name: {"method": name} for name in COMPARED}
    if item == "table3":
        rows = {name: {**changes, "labels": "teacher"} for name, changes in compared.items()}
        return list(cells_in(rows, NLI_FAMILIES, large))
    if item == "table4":
        # The maximum is the default, so that its runs are Table 1's.
        rows = {"mean": {"method": "mi", "pool": "mean"}, "max": {"method": "mi"}}
        return list(cells_in(rows, FAMILIES, large))
    if item == "table5":
        rows = {"kl": {"method": "mi", "divergence": "kl"}, "ce": {"method": "mi"}}
        return list(cells_in(rows, FAMILIES, large))
    if item in ("figure2", "figure3"):
        student = large if item == "figure2" else small
        return list(_points(compared, student, preset.sizes))
    columns: Sequence[str] = {"figure4": ("svamp",), "figure5": ("esnli",)}.get(item, FAMILIES)
    return list(cells_in(compared, columns, large))


def _points(
    rows: dict[str, dict[str, Any]], student: str, sizes: dict[str, tuple[int, ...]]
) -> Iterator[Cell]:
    for column in FAMILIES:
        for size in sizes[column]:
            # The whole set is Table 1's run: a size of its own would be another configuration.
            part = {} if size == sizes[column][-1] else {"train_size": size}
            for row, changes in rows.items():
                yield Cell(row, column, {**changes, **part}, student, size)
