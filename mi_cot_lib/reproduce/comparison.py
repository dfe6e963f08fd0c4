"""The paper's central comparison on built-in data: four methods, some seeds, one page."""

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.comparable import setting_title
from mi_cot_lib.analysis.conclusions import describe_result
from mi_cot_lib.analysis.figures import (
    draw_accuracy,
    draw_curves,
    prepare_accuracy,
    prepare_curves,
    save,
)
from mi_cot_lib.analysis.report import render_report
from mi_cot_lib.analysis.tables import prepare_method_table, to_csv, to_markdown
from mi_cot_lib.environment import repository_root
from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.methods import METHODS
from mi_cot_lib.reproduce.readme import replace_section
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import from_json, write_atomically, write_json

RECORDS = "records.json"
PAGE = "index.html"
COMMAND = "make reproduce"
# Data set and number of seeds of `make reproduce` as it is committed.
RECORDED = ("nano_svamp", 3)
RESULTS_START = "<!-- results: written by `make record` -->"
RESULTS_END = "<!-- /results -->"


def central_comparison(dataset: str, seeds: int) -> list[RunConfig]:
    """Return the grid of Table 1's four methods on one data set, seeds outermost.

    With seeds outermost an interrupted call leaves whole comparisons of fewer seeds.
    """
    return [
        RunConfig(dataset=dataset, method=method, seed=seed)
        for seed in range(seeds)
        for method in METHODS
    ]


def write_comparison(records: Sequence[dict[str, Any]], folder: Path, command: str) -> Path:
    """Write table, figures, their numbers and the page of a comparison.

    Args:
        records: Records of the runs to compare.
        folder: Receives `table.{csv,md}`, `accuracy.{png,json}`, `curves.{png,json}`,
            `records.json` and `index.html`.
        command: The command that makes them again.

    Returns:
        The page.

    Raises:
        ConfigError: The records cannot be compared.
    """
    table = prepare_method_table(records)
    folder.mkdir(parents=True, exist_ok=True)
    to_csv(table, folder / "table.csv")
    write_atomically(folder / "table.md", to_markdown(table) + "\n")
    accuracy, curves = prepare_accuracy(records), prepare_curves(records)
    figures = {"accuracy": draw_accuracy(accuracy), "curves": draw_curves(curves)}
    pictures = [folder / f"{name}.png" for name in figures]
    for figure, picture in zip(figures.values(), pictures, strict=True):
        save(figure, picture)
    write_json(folder / "accuracy.json", _values(accuracy), indent=1)
    write_json(folder / "curves.json", _values(curves), indent=1)
    write_json(folder / RECORDS, list(records), sort_keys=True)
    render_report(records, table, pictures, command, folder / PAGE)
    return folder / PAGE


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read the records that a comparison was made from.

    Args:
        folder: Where `write_comparison` wrote.

    Raises:
        DataError: There are none, or they cannot be read.
    """
    try:
        records: list[dict[str, Any]] = from_json((folder / RECORDS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder} holds no {RECORDS}; `{COMMAND}` makes them.") from None
    except ValueError as error:
        raise DataError(
            f"{folder / RECORDS} is not valid JSON ({error}); `{COMMAND}` makes it again."
        ) from error
    return records


def recorded_folder() -> Path:
    """Return the folder of the comparison that is committed with the kit."""
    return repository_root() / "figures" / "recorded"


def record_comparison(source: Path) -> Path:
    """Make a finished comparison the committed one: its figures, and the results in README.

    Args:
        source: Where `write_comparison` wrote.

    Returns:
        The committed page.

    Raises:
        DataError: There are no records, they are of another grid, or README lacks the marks between
            which results stand.
    """
    records = read_records(source)
    if {r["run"] for r in records} != {config.run_name for config in central_comparison(*RECORDED)}:
        raise DataError(
            f"{source} is not the comparison that is recorded ({RECORDED[1]} seeds on {RECORDED[0]} "
            f"with default settings); `{COMMAND}` makes it."
        )
    page = write_comparison(records, recorded_folder(), COMMAND)
    replace_section(RESULTS_START, RESULTS_END, results_section(records))
    return page


def results_section(records: Sequence[dict[str, Any]]) -> str:
    """Write README's results: setting, table and what it shows, as Markdown."""
    table = prepare_method_table(records)
    lines = "\n".join(f"- {line}" for line in describe_result(table, records))
    return f"\n\n*{setting_title(records)}.*\n\n{to_markdown(table).strip()}\n\n{lines}\n\n"


def _values(prepared: Any) -> dict[str, Any]:
    values = {}
    for item in fields(prepared):
        value = getattr(prepared, item.name)
        if isinstance(value, pd.DataFrame):
            value = json.loads(value.round(6).to_json(orient="records"))
        values[item.name] = value
    return values
