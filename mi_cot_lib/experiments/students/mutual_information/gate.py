"""The gate: every estimator on Gaussians whose mutual information is known, against its documented error.

It checks how estimates are read off, not what training finds: critics and decoders start at the fitted
Gaussian (see `documented`).

    python -m mi_cot_lib.experiments.students.mutual_information.gate --out figures/mutual_information

estimates each cell (estimator, dimension, nats, seed), writes after each, and goes on from what the folder
holds already.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
import torch

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.files import write_atomically
from mi_cot_lib.measure.mutual_information.documented import MOST_NATS_A_DIMENSION, computed_error
from mi_cot_lib.measure.mutual_information.estimate import ESTIMATORS, estimate_mi
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians
from mi_cot_lib.report.pictures.canvas import save
from mi_cot_lib.report.pictures.gate import draw_gate, prepare_gate

DIMS = (2, 8, 20)
NATS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
ITEMS = 10_000
_KEY = ["estimator", "dims", "nats", "seed", "items"]
_DIGITS = 3

Row = dict[str, Any]


def run_gate(seeds: Iterable[int], items: int = ITEMS) -> pd.DataFrame:
    """Estimate every cell of the gate and hold it against the documented error.

    Args:
        seeds: Of data and estimator, both.
        items: Pairs in each cell.

    Returns:
        A row a cell and seed: `estimator`, `dims`, `nats` (the truth), `seed`, `items`, `estimate` (None
        where refused), `low`, `high` (95% of the bound's sampling noise, not of I), `cap` (nats), `lowest`,
        `highest` (what the documented error allows) and `within`.
    """
    return judged(gate_rows(seeds, items))


def gate_rows(
    seeds: Iterable[int], items: int, known: Iterable[Row] = (), dimensions: Sequence[int] = DIMS
) -> Iterator[Row]:
    """Yield a row for each cell and seed, from what is known where it is, else by estimating."""
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
    allowed = [
        computed_error(estimator, dims, nats, items)
        for estimator, dims, nats, items in table[
            ["estimator", "dims", "nats", "items"]
        ].itertuples(index=False)
    ]
    table["lowest"] = [
        nats - error.below for nats, error in zip(table["nats"], allowed, strict=True)
    ]
    table["highest"] = [
        nats + error.above for nats, error in zip(table["nats"], allowed, strict=True)
    ]
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
    return {
        **cell,
        "estimate": round(made.nats, _DIGITS),
        "low": round(made.low, _DIGITS),
        "high": round(made.high, _DIGITS),
        "cap": None if made.cap is None else round(made.cap, _DIGITS),
    }


def read_rows(path: Path) -> list[Row]:
    """Read the rows that a folder holds already; none where the file is absent."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def write_rows(path: Path, rows: list[Row]) -> None:
    """Write rows as JSON, one a line."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    write_atomically(path, f"[\n{lines}\n]\n")


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for gate.json, gate.csv and gate.png.",
)
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="How many.")
@click.option(
    "--items", type=click.IntRange(min=100), default=ITEMS, show_default=True, help="Pairs a cell."
)
def main(out: Path, seeds: int, items: int) -> None:
    """Estimate every cell of the gate, and write its numbers and its figure."""
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "gate.json"
    known = read_rows(path)
    rows: list[Row] = []
    for row in gate_rows(range(seeds), items, known):
        rows.append(row)
        if row not in known:
            write_rows(path, rows)
    table = judged(rows)
    write_rows(path, rows)
    write_atomically(out / "gate.csv", table.round(_DIGITS).to_csv(index=False))
    save(draw_gate(prepare_gate(table)), out / "gate.png")
    missed = table[~table["within"]]
    click.echo(
        f"{len(table) - len(missed)} of {len(table)} estimates within their documented error."
    )
    if len(missed):
        raise click.ClickException(f"outside it:\n{missed.to_string(index=False)}")


if __name__ == "__main__":
    main()
