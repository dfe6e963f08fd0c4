"""Tables 1 to 5 and Figures 2 and 3: accuracy by row and data set, compared on seeds and on items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.paired_items import mcnemar, paired_bootstrap
from mi_cot_lib.analysis.statistics import holm, mean_interval, paired_difference
from mi_cot_lib.errors import ConfigError

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished run in its place of a table.

    Attributes:
        row: Method or variant.
        column: Family of the data set.
        seed: Its seed.
        record: From the store.
        size: Training examples, of a figure's point.
    """

    row: str
    column: str
    seed: int
    record: Record
    size: int | None = None


def prepare_accuracy_cells(entries: Sequence[Entry], split: str = "test") -> pd.DataFrame:
    """Average accuracy over seeds, one row a cell.

    Args:
        entries: The runs of one table or figure.
        split: `test` or `unseen`.

    Returns:
        Columns `row`, `column`, `size` (NaN in tables), `accuracy`, `low`, `high` (percent: mean over
        seeds and 95% t interval), `seeds`, `items`, `minutes` and `tflop` (means of a run: wall time, and
        estimated operations of training in 10^12).

    Raises:
        ConfigError: There are no entries, or a cell holds a seed twice or runs of different data.
    """
    if not entries:
        raise ConfigError("no finished runs to make this from.")
    rows = []
    for (row, column, size), group in grouped(entries).items():
        records = [entry.record for entry in group.values()]
        _refuse_mixed(row, column, records)
        known = [r["metrics"][f"{split}_accuracy"] for r in records]
        estimate = mean_interval([100 * value for value in known])
        rows.append(
            {
                "row": row,
                "column": column,
                "size": size,
                "accuracy": estimate.mean,
                "low": estimate.low,
                "high": estimate.high,
                "seeds": len(records),
                "items": records[0]["metrics"][f"{split}_n"],
                "minutes": float(np.mean([r["seconds"]["total"] for r in records])) / 60,
                "tflop": float(np.mean([r["flops"] for r in records])) / 1e12,
            }
        )
    return pd.DataFrame(rows).astype(
        {name: float for name in ("accuracy", "low", "high", "size", "minutes", "tflop")}
    )


def prepare_comparisons(
    entries: Sequence[Entry], pairs: Sequence[tuple[str, str]] | None = None
) -> pd.DataFrame:
    """Compare rows of a table with each other, on shared seeds and on shared test items.

    Three questions with an answer each: would further seeds differ (paired t-test over seeds); would
    further test items differ (paired bootstrap over items of the mean over seeds); do the majority votes
    over the shared seeds differ on these items (exact McNemar; of an even number of seeds the last has no
    vote). Each kind of p is Holm-corrected over all comparisons of the table.

    Args:
        entries: The runs of one table.
        pairs: Which rows, and which is subtracted from each; None compares every two.

    Returns:
        Columns `row`, `against` (which is subtracted), `column`, `size`, `difference`, `low`, `high`
        (points, 95% t interval over seeds), `spread` (points: standard deviation of the seeds'
        differences), `seeds`, `item_low`, `item_high` (points, 95% bootstrap interval over items),
        `p_seeds`, `p_items`, `p_votes`, each with `…_holm`, and `only_row`, `only_against`: items that one
        vote alone has right.
    """
    cells = grouped(entries)
    order = list(dict.fromkeys(row for row, _, _ in cells))
    rows = []
    for (row, column, size), group in cells.items():
        if pairs is None:
            others = order[: order.index(row)]
        else:
            others = [against for one, against in pairs if one == row]
        for against in others:
            other = cells.get((against, column, size), {})
            if group.keys() & other.keys():
                compared = _compared(group, other)
                rows.append(
                    {"row": row, "against": against, "column": column, "size": size, **compared}
                )
    frame = pd.DataFrame(rows)
    for kind in ("p_seeds", "p_items", "p_votes"):
        if len(frame):
            frame[f"{kind}_holm"] = with_holm(frame[kind])
            frame[kind] = frame[kind].astype(float)
    return frame


def _compared(group: Mapping[int, Entry], other: Mapping[int, Entry]) -> dict[str, Any]:
    shared = sorted(group.keys() & other.keys())
    mine, theirs = (
        np.array([item_outcomes(cell[seed].record) for seed in shared], dtype=float)
        for cell in (group, other)
    )
    over_seeds = paired_difference(
        {seed: 100 * values.mean() for seed, values in zip(shared, mine, strict=True)},
        {seed: 100 * values.mean() for seed, values in zip(shared, theirs, strict=True)},
    )
    over_items = paired_bootstrap(mine.mean(axis=0), theirs.mean(axis=0))
    votes = mcnemar(_majority(mine), _majority(theirs))
    return {
        "difference": over_seeds.difference.mean,
        "low": over_seeds.difference.low,
        "high": over_seeds.difference.high,
        "item_low": 100 * over_items.low,
        "item_high": 100 * over_items.high,
        "spread": over_seeds.spread,
        "seeds": len(shared),
        "p_seeds": over_seeds.p,
        "p_items": over_items.p,
        "p_votes": votes.p,
        "only_row": votes.only_a,
        "only_against": votes.only_b,
    }


def prepare_seed_differences(
    values: Mapping[tuple[str, str], Mapping[int, float]], row: str, against: str
) -> pd.DataFrame:
    """Compare two rows of any measure on shared seeds, with Holm's correction over the columns.

    Args:
        values: By (row, column) the measure of each seed; NaN where it has none.
        row: The one row.
        against: The other, which is subtracted.

    Returns:
        Columns `row`, `against`, `column`, `difference`, `low`, `high` (in the measure's unit, 95% t
        interval), `seeds`, `p`, `p_holm`.
    """
    rows = []
    for column in dict.fromkeys(column for _, column in values):
        mine, theirs = (
            {s: v for s, v in values.get((name, column), {}).items() if not np.isnan(v)}
            for name in (row, against)
        )
        if not mine.keys() & theirs.keys():
            continue
        found = paired_difference(mine, theirs)
        rows.append(
            {
                "row": row,
                "against": against,
                "column": column,
                "difference": found.difference.mean,
                "low": found.difference.low,
                "high": found.difference.high,
                "seeds": len(found.seeds),
                "p": found.p,
            }
        )
    frame = pd.DataFrame(rows)
    if len(frame):
        frame["p_holm"] = with_holm(frame["p"])
        frame = frame.astype({name: float for name in ("low", "high", "p")})
    return frame


def with_holm(values: pd.Series) -> pd.Series:
    """Return the Holm-corrected p of each; NaN where there is none."""
    known = [None if pd.isna(value) else float(value) for value in values]
    return pd.Series(holm(known), dtype=float)


def item_outcomes(record: Record, split: str = "test") -> np.ndarray:
    """Return whether each test item of a record was answered rightly, (items,) of 0 and 1."""
    return np.array([int(bit) for bit in record["correct"][split]])


def grouped(entries: Sequence[Entry]) -> dict[tuple[str, str, int | None], dict[int, Entry]]:
    """Group entries by cell, and by seed in it, in the order in which cells first occur.

    Raises:
        ConfigError: A cell holds a seed twice.
    """
    cells: dict[tuple[str, str, int | None], dict[int, Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.seed):
        cell = cells.setdefault((entry.row, entry.column, entry.size), {})
        if entry.seed in cell:
            raise ConfigError(f"seed {entry.seed} of {entry.row} on {entry.column} occurs twice.")
        cell[entry.seed] = entry
    order = list(dict.fromkeys((entry.row, entry.column, entry.size) for entry in entries))
    return {key: cells[key] for key in order}


def _majority(outcomes: np.ndarray) -> np.ndarray:
    """(seeds, items) → (items,): right where more than half of an odd number of seeds are."""
    voters = len(outcomes) - (len(outcomes) % 2 == 0)
    return outcomes[:voters].mean(axis=0) > 0.5


def _refuse_mixed(row: str, column: str, records: Sequence[Record]) -> None:
    for name, of in (
        ("data", lambda r: r["data"]["sha256"]),
        ("weights", lambda r: r["weights_sha256"]),
        ("version of the kit's numbers", lambda r: r["results_version"]),
    ):
        if len({of(record) for record in records}) > 1:
            raise ConfigError(
                f"the runs of {row} on {column} differ in {name}: "
                f"{', '.join(record['run'] for record in records)}."
            )
