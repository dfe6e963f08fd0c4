"""The page of `mi-cot report`: every item that is there, the paper's settings, and what was run where."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.paper_page import render_markdown, render_page
from mi_cot_lib.analysis.paper_tables import Printed
from mi_cot_lib.reproduce.paper import Request, command_of
from mi_cot_lib.reproduce.paper_numbers import SETTINGS
from mi_cot_lib.reproduce.paper_runs import Failure
from mi_cot_lib.reproduce.paper_titles import is_built_in
from mi_cot_lib.reproduce.presets import Preset
from mi_cot_lib.training.record import describe_hardware, write_atomically

PAGE, MARKDOWN = "report.html", "report.md"


def write_report(
    printed: Sequence[Printed],
    records: Sequence[Any],
    failures: Sequence[Failure],
    request: Request,
) -> Path:
    """Write `report.html` and `report.md` beside the items' files.

    Args:
        printed: The items, made.
        records: The records that they were made from, each once.
        failures: Items that could not be made; the page says why.
        request: On what; its folder of results holds the items' pictures.

    Returns:
        The page.
    """
    preset, out = request.preset, request.out
    command = command_of("report", request)
    texts = {
        "heading": "The paper's tables and figures, and what it leaves open"
        + (", on built-in data" if is_built_in(preset) else ""),
        "origin": _origin(preset),
        "command": command,
    }
    page = render_page(
        printed,
        out,
        {item.id: command_of(f"paper {item.id}", request) for item in printed},
        pd.DataFrame([asdict(one) for one in SETTINGS]).astype(str),
        [*_facts(records), *((f"Not made: {one.run}", one.error) for one in failures)],
        **texts,
    )
    write_atomically(out / PAGE, page)
    write_atomically(out / MARKDOWN, render_markdown(printed, **texts))
    return out / PAGE


def _origin(preset: Preset) -> str:
    if is_built_in(preset):
        return (
            "Built-in data with a simulated teacher, and built-in students of under half a million "
            "weights. None of these numbers is the paper's, and none can confirm or refute its tables: "
            "the paper's numbers stand beside them only to show what is being made again."
        )
    return (
        "The paper's data sets and students, trained by this kit. Intervals are over seeds; the paper "
        "gives one number a cell."
    )


def _facts(records: Sequence[Any]) -> list[tuple[str, str]]:
    minutes = sum(one["seconds"]["total"] for one in records) / 60
    flops = sum(one["flops"] for one in records)
    hardware = {describe_hardware(one["hardware"]) for one in records}
    versions = {
        ", ".join(f"{name} {value}" for name, value in sorted(one["versions"].items()))
        for one in records
    }
    return [
        ("Runs", f"{len(records):,}"),
        ("Time of training and testing", f"{minutes / 60:.1f} hours, all runs added up"),
        ("Training", f"{flops / 1e15:.3f} PFLOP in matrix products, estimated"),
        ("Hardware", "; ".join(sorted(hardware))),
        ("Versions", "; ".join(sorted(versions))),
        ("Commits", ", ".join(sorted({str(one["git_commit"]) for one in records}))),
        ("Version of the kit's numbers", ", ".join({str(r["results_version"]) for r in records})),
    ]
