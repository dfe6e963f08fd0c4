"""Measure how a training step's time and peak memory grow, and draw it.

Batches of random tokens: inputs of 64, labels of 4, rationales of 16 to 512; 4 to 64 examples. The fast
path should take time in proportion to both, and memory that does not grow with vocabulary x positions. Each
way has a process of its own, because the operating system tells a process's peak memory only.
"""

import json
from pathlib import Path
from typing import Any

import click
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.harness import DEVICE, options, print_result, print_table
from benchmarks.memory import measure
from benchmarks.train_step import precision_of
from mi_cot_lib.errors import call_command
from mi_cot_lib.machine import repository_root

LENGTHS = (16, 32, 64, 128, 256, 512)
BATCHES = (4, 8, 16, 32, 64)
# Where the other stands while one varies.
BASE = {"length": 64, "batch_size": 16}
SERIES: dict[str, tuple[int, ...]] = {"length": LENGTHS, "batch_size": BATCHES}
TITLES = {"length": "rationale length (tokens)", "batch_size": "batch (examples)"}
WAYS = {"released": ("released way", "#d55e00", "s--"), "fast": ("fast path", "#0072b2", "o-")}


def growth(rows: list[dict[str, Any]], series: str, way: str) -> float:
    """Return the exponent of time against the varied size: 1 is in proportion, 0 is constant."""
    chosen = [row for row in rows if row["series"] == series and row["way"] == way]
    # A small batch pays mostly what every step pays, such as AdamW's; growth shows in the upper half.
    upper = chosen[len(chosen) // 2 :]
    sizes, seconds = ([row[name] for row in upper] for name in (series, "seconds"))
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def draw_scaling(rows: list[dict[str, Any]]) -> Figure:
    """Draw time and peak memory of both ways against each varied size."""
    figure, axes = plt.subplots(2, 2, figsize=(8, 6), sharey="row", layout="constrained")
    for column, series in enumerate(SERIES):
        for row, (quantity, label) in enumerate(
            (("seconds", "seconds a step"), ("mb", "peak memory above\nthe floor (MB)"))
        ):
            ax = axes[row, column]
            for way, (title, colour, style) in WAYS.items():
                points = [r for r in rows if r["series"] == series and r["way"] == way]
                ax.plot(
                    [p[series] for p in points],
                    [max(p[quantity], 1e-2) for p in points],
                    style,
                    color=colour,
                    label=title,
                )
            ax.set(xscale="log", yscale="log", xlabel=TITLES[series])
            ax.set_xticks(SERIES[series], [f"{size:,}" for size in SERIES[series]])
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter("{x:,g}")
            ax.minorticks_off()
            ax.grid(alpha=0.3)
            if column == 0:
                ax.set_ylabel(label)
    axes[0, 0].legend(frameon=False)
    return figure


@click.command(help=__doc__)
@options(repeats=2)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of figure and numbers; default: figures/benchmarks.",
)
def scaling(
    data_root: Path | None,
    student: str,
    batch_size: int,
    precision: str,
    repeats: int,
    out: Path | None,
) -> None:
    """Print a table, draw the figure, and print the exponents as one JSON line."""
    base = {**BASE, "batch_size": batch_size}
    points = [
        {"series": series, **base, series: size}
        for series, sizes in SERIES.items()
        for size in sizes
    ]
    shapes = [(point["batch_size"], point["length"]) for point in points]
    rows: list[dict[str, Any]] = []
    for way in WAYS:
        found = measure(
            way,
            shapes,
            student=student,
            precision=precision,
            repeats=repeats,
            data_root=data_root,
        )
        rows += [
            {**point, "way": way, "seconds": round(min(one["seconds"]), 3), "mb": round(one["mb"])}
            for point, one in zip(points, found, strict=True)
        ]
    click.echo(f"{student}, {DEVICE}, {precision_of(precision)}\n")
    print_table(rows)
    out = out or repository_root() / "figures" / "benchmarks"
    out.mkdir(parents=True, exist_ok=True)
    name = "scaling" if DEVICE == "cpu" else f"scaling_{DEVICE}"
    draw_scaling(rows).savefig(out / f"{name}.png", dpi=150, metadata={"Software": None})
    (out / f"{name}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print_result(
        {
            "benchmark": "scaling",
            "precision": precision_of(precision),
            "student": student,
            "time_exponent": {
                series: {way: round(growth(rows, series, way), 2) for way in WAYS}
                for series in SERIES
            },
            "memory_mb": {
                way: {
                    series: [
                        row["mb"] for row in rows if (row["series"], row["way"]) == (series, way)
                    ]
                    for series in SERIES
                }
                for way in WAYS
            },
        }
    )


if __name__ == "__main__":
    call_command(scaling)
