"""How tables, figures and columns are called, with the mark of built-in data where it is due."""

from collections.abc import Sequence

from mi_cot_lib.analysis.paper_tables import NOT_THE_PAPERS
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.reproduce.paper_grid import FAMILIES, Preset, item_named


def titled(item: str, preset: Preset) -> str:
    """Return an item's title, with its mark where data and students are not the paper's."""
    known = item_named(item)
    number = known.id.removeprefix("table").removeprefix("figure")
    kind = "Table" if known.id.startswith("table") else "Figure"
    mark = f" ({NOT_THE_PAPERS})" if is_built_in(preset) else ""
    return f"{kind} {number}. {known.title}{mark}"


def is_built_in(preset: Preset) -> bool:
    """Tell whether a preset's data are the kit's own."""
    return all(dataset_spec(name).built_in for name in preset.datasets.values())


def column_titles(preset: Preset, columns: Sequence[str] = FAMILIES) -> dict[str, str]:
    """Return what is printed for each column; the test set is named where the student is of another."""
    return {
        column: dataset_spec(preset.datasets[column.removesuffix("_out")]).title
        + (" (out)" if column.endswith("_out") else "")
        for column in columns
    }
