"""The gate: every estimator on Gaussians whose mutual information is known, against its documented error.

It checks how estimates are read off, not what training finds: critics and decoders start at the fitted
Gaussian (see `documented`).

    python -m mi_cot_lib.experiments.gate --out figures/mutual_information [--smallest]

estimates each cell (estimator, dimension, nats, seed), writes after each, and goes on from what the folder
holds already. With --smallest it estimates the gate's cells, and those of one dimension, from few items and
more: `documented.SMALLEST` is its result, and refuses fewer.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
import torch

from mi_cot_lib.errors import ConfigError, call_command
from mi_cot_lib.files import write_atomically
from mi_cot_lib.measure.mutual_information.documented import MOST_NATS_A_DIMENSION, computed_error
from mi_cot_lib.measure.mutual_information.estimate import ESTIMATORS, estimate_mi
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians
from mi_cot_lib.report.pictures.canvas import save
from mi_cot_lib.report.pictures.gate import draw_gate, prepare_gate

DIMS = (2, 8, 20)
NATS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
ITEMS = 10_000
SEEDS = 3
# Pairs a cell, and how many seeds of each: few items scatter more. The gate's 10,000 come after them.
SIZES = {200: 10, 500: 5, 1000: 3, 2000: 3}
DIMENSIONS = (1, *DIMS)
_KEY = ["estimator", "dims", "nats", "seed", "items"]
_DIGITS = 3

Row = dict[str, Any]


def gate_rows(
    seeds: Iterable[int], items: int, known: Iterable[Row] = (), dimensions: Sequence[int] = DIMS
) -> Iterator[Row]:
    """Yield a row for each cell and seed, from what is known where it is, else by estimating.

    A row holds `estimator`, `dims`, `nats` (the truth), `seed`, `items`, `estimate` (None where refused),
    `low`, `high` (95% of the bound's sampling noise, not of I) and `cap`, all in nats.
    """
    found = {tuple(row[name] for name in _KEY): row for row in known}
    for seed in seeds:
        for dims in dimensions:
            for nats in NATS:
                if nats > dims * MOST_NATS_A_DIMENSION:
                    continue
                z, v = correlated_gaussians(dims, nats, items, seed)
                for estimator in ESTIMATORS:
                    key = (estimator, dims, nats, seed, items)
                    yield found.get(key) or _estimated(key, z, v)


def judged(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Add to each row what the documented error allows, and whether the estimate is `within`."""
    table = pd.DataFrame(rows)
    cells = table[["estimator", "dims", "nats", "items"]].itertuples(index=False)
    allowed = [computed_error(*cell) for cell in cells]
    table["lowest"] = table["nats"] - [error.below for error in allowed]
    table["highest"] = table["nats"] + [error.above for error in allowed]
    table["within"] = table["estimate"].between(table["lowest"], table["highest"])
    return table


def _estimated(key: tuple[str, int, float, int, int], z: Any, v: Any) -> Row:
    estimator, _, _, seed, _ = key
    cell = dict(zip(_KEY, key, strict=True))
    try:
        made = estimate_mi(z, v, estimator, seed)
    except ConfigError:
        # Refused: too few items for so many dimensions, or a mean that a few items carry.
        return {**cell, **dict.fromkeys(("estimate", "low", "high", "cap"))}
    found = {"estimate": made.nats, "low": made.low, "high": made.high, "cap": made.cap}
    rounded = {name: None if one is None else round(one, _DIGITS) for name, one in found.items()}
    return {**cell, **rounded}


def smallest_items(rows: Iterable[Row]) -> pd.DataFrame:
    """Find from how many items on no estimate of `gate_rows` lies outside its documented error.

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


def _estimate_all(path: Path, rows: Iterable[Row], known: list[Row]) -> list[Row]:
    """Write rows as JSON, one a line, after each that is new."""
    done: list[Row] = []
    for row in rows:
        done.append(row)
        if row in known:
            continue
        lines = ",\n".join(json.dumps(one) for one in done)
        write_atomically(path, f"[\n{lines}\n]\n")
    return done


def _known(path: Path) -> list[Row]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--smallest", is_flag=True, help="Fewest items for which each error holds.")
def main(out: Path, smallest: bool) -> None:
    """Write gate.json, gate.csv and gate.png, or sizes.json and smallest.csv, to a folder."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    gate, sizes = out / "gate.json", out / "sizes.json"
    known = _known(sizes if smallest else gate)
    if smallest:
        few = (
            row
            for items, seeds in SIZES.items()
            for row in gate_rows(range(seeds), items, known, DIMENSIONS)
        )
        table = smallest_items([*_estimate_all(sizes, few, known), *_known(gate)])
        write_atomically(out / "smallest.csv", table.to_csv(index=False))
        click.echo(table.to_string(index=False))
        return
    table = judged(_estimate_all(gate, gate_rows(range(SEEDS), ITEMS, known), known))
    write_atomically(out / "gate.csv", table.round(_DIGITS).to_csv(index=False))
    save(draw_gate(prepare_gate(table)), out / "gate.png")
    missed = table[~table["within"]]
    click.echo(f"{len(table) - len(missed)} of {len(table)} estimates are within.")
    if len(missed):
        raise click.ClickException(f"outside it:\n{missed.to_string(index=False)}")


if __name__ == "__main__":
    call_command(main)
