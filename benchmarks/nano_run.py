"""Time whole runs of the built-in student, until they have learned: one seed of what an item compares.

Each takes as many steps as it needs; the ratios are those of whole runs to finetuning's.
"""

import tempfile
from dataclasses import replace
from typing import Any

import click

from benchmarks.harness import print_result, print_table, spread
from mi_cot_lib.errors import call_command
from mi_cot_lib.experiments.asked.items import item_named
from mi_cot_lib.experiments.asked.presets import preset_named
from mi_cot_lib.experiments.asked.wanted import Wanted, wanted_of
from mi_cot_lib.experiments.records import read_record
from mi_cot_lib.experiments.running.run import run
from mi_cot_lib.report.setting import Setting, title

_SHOWN = ("dataset", "size", "method", "change")


def measured(one: Wanted, max_steps: int | None) -> dict[str, Any]:
    """Train one student in a new folder and return its record."""
    config = one.config if max_steps is None else replace(one.config, max_steps=max_steps)
    with tempfile.TemporaryDirectory() as runs:
        return read_record(run(config, runs))


def row_of(setting: Setting, record: dict[str, Any], times: float) -> dict[str, Any]:
    """Return what is printed of a run; `times` is its whole time over finetuning's."""
    seconds, metrics = record["seconds"], record["metrics"]
    return {
        "run": title(setting, _SHOWN),
        "steps": metrics["steps"],
        "converged": "yes" if metrics["converged"] else "no",
        "train, seconds": seconds["train"],
        "a step, ms": round(1000 * seconds["train"] / metrics["steps"], 1),
        "test, seconds": seconds["test"],
        "times finetuning": round(times, 2),
    }


@click.command(help=__doc__)
@click.option("--item", default="methods", show_default=True, help="As in `mi-cot paper --list`.")
@click.option("--repeats", default=1, show_default=True, type=click.IntRange(min=1), help="Rounds.")
@click.option(
    "--max-steps", type=click.IntRange(min=1), help="Shorter runs; default: the item's own."
)
def nano_run(item: str, repeats: int, max_steps: int | None) -> None:
    """Print a table, and the ratios as one JSON line; one run at a time, validation included."""
    wanted = wanted_of(item_named(item), preset_named("nano"), seeds=1)
    rows: list[dict[str, Any]] = []
    ratios: dict[str, list[float]] = {}
    for _ in range(repeats):
        finetuning: dict[str, float] = {}
        for one in wanted:
            record = measured(one, max_steps)
            total = record["seconds"]["total"]
            # Each data set's first run is finetuning's.
            times = total / finetuning.setdefault(one.setting.dataset, total)
            rows.append(row_of(one.setting, record, times))
            ratios.setdefault(rows[-1]["run"], []).append(times)
            click.echo(f"{rows[-1]['run']}: {total} seconds", err=True)
    print_table(rows)
    print_result(
        {
            "benchmark": "nano_run",
            "item": item,
            "times_finetuning": {run: spread(values) for run, values in ratios.items()},
        }
    )


if __name__ == "__main__":
    call_command(nano_run)
