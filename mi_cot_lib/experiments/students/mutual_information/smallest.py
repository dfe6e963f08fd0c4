"""The fewest items from which on each estimator's documented error holds, by dimensions.

    python -m mi_cot_lib.experiments.students.mutual_information.smallest --out figures/mutual_information

estimates the gate's cells, and those of one dimension, from few items and more (`sizes.json`, resumable),
and writes what holds where as `smallest.csv`. `documented.SMALLEST` is its result, and refuses fewer.
"""

from collections.abc import Iterable
from pathlib import Path

import click
import pandas as pd
import torch

from mi_cot_lib.experiments.students.mutual_information.gate import (
    DIMS,
    Row,
    gate_rows,
    judged,
    read_rows,
    write_rows,
)
from mi_cot_lib.files import write_atomically
from mi_cot_lib.measure.mutual_information.estimate import ESTIMATORS

# Pairs a cell, and how many seeds of each: few items scatter more. The gate's 10,000 come after them.
SIZES = {200: 10, 500: 5, 1000: 3, 2000: 3}
DIMENSIONS = (1, *DIMS)


def smallest_items(rows: Iterable[Row]) -> pd.DataFrame:
    """Find from how many items on no estimate lies outside its documented error.

    Args:
        rows: Of `gate_rows`, of several sizes.

    Returns:
        A row an estimator and dimension: `estimator`, `dims`, a column for each size with the number of
        estimates outside, and `smallest`: the least size at which, as at all larger ones, none was.
    """
    table = judged(rows)
    outside = (
        (~table["within"])
        .groupby([table["estimator"], table["dims"], table["items"]])
        .sum()
        .unstack()
        .reindex(list(ESTIMATORS), level=0)
    )
    # Sizes that were not tried say nothing, either way.
    from_largest = outside[outside.columns[::-1]]
    held = from_largest.fillna(0).eq(0).cumprod(axis=1).astype(bool) & from_largest.notna()
    smallest = held.apply(lambda row: min(row.index[row], default=None), axis=1)
    return outside.assign(smallest=smallest).reset_index().rename_axis(columns=None)


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of gate.json, for sizes.json and smallest.csv.",
)
def main(out: Path) -> None:
    """Estimate the gate's cells from fewer items, and say from how many on each error holds."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "sizes.json"
    known, rows = read_rows(path), []
    for items, seeds in SIZES.items():
        for row in gate_rows(range(seeds), items, known, DIMENSIONS):
            rows.append(row)
            if row not in known:
                write_rows(path, rows)
    write_rows(path, rows)
    table = smallest_items([*rows, *read_rows(out / "gate.json")])
    write_atomically(out / "smallest.csv", table.to_csv(index=False))
    click.echo(table.to_string(index=False))


if __name__ == "__main__":
    main()
