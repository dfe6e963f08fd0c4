"""How strong the MI loss was while recorded students trained, beside the loss of the rationales."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.open_questions import prepare_gradients
from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.analysis.row_titles import JOINT


def complete_columns(
    entries: Sequence[Entry], cells: Sequence[tuple[str, str]], seeds: int
) -> tuple[list[str], list[str]]:
    """Tell the data sets whose runs are all there from those that lack some.

    Args:
        entries: Finished runs.
        cells: What is needed, (row, column) each, with this many seeds.
        seeds: How many.

    Returns:
        The complete columns, and the others that are needed.
    """
    held = {(entry.row, entry.column, entry.seed) for entry in entries}
    counts = Counter((row, column) for row, column, _ in held)
    columns = list(dict.fromkeys(column for _, column in cells))
    lacking = {column for row, column in cells if counts[row, column] < seeds}
    return [c for c in columns if c not in lacking], [c for c in columns if c in lacking]


def prepare_strength(entries: Sequence[Entry]) -> pd.DataFrame:
    """Compare the weighted gradient norms of the three terms of runs with all of them.

    Args:
        entries: With curves.

    Returns:
        One row a cell: `row`, `column`, `seeds`, the median over the logged steps of the norms
        `prediction`, `generation` and `mi` (means over seeds), `mi / generation` (the median of the
        steps' quotients), and `low` and `high`, the least and greatest of its seeds.
    """
    cells = dict.fromkeys((entry.row, entry.column) for entry in entries)
    rows = []
    for row, column in cells:
        mine = [entry for entry in entries if (entry.row, entry.column) == (row, column)]
        whole = _quotient(mine)
        seeds = [_quotient([entry])["mi / generation"] for entry in mine]
        rows.append(
            {"row": row, "column": column, "seeds": len(mine), **whole}
            | {"low": min(seeds), "high": max(seeds)}
        )
    return pd.DataFrame(rows)


def prepare_changes(entries: Sequence[Entry]) -> pd.DataFrame:
    """Collect the MI loss's gradient norms of runs under changed teachers, for `draw_naming`.

    Args:
        entries: With curves; of the rows, those `mi CHANGE` count.

    Returns:
        `change`, `column`, `step`, and of the MI term's weighted gradient `norm` (mean over seeds), `low`
        and `high` (least and greatest).
    """
    mine = [entry for entry in entries if entry.row.startswith(f"mi{JOINT}")]
    found = prepare_gradients(mine)
    found = found[found["term"] == "mi"].drop(columns="term")
    return found.assign(change=[row.partition(JOINT)[2] for row in found.pop("row")])


def _quotient(entries: Sequence[Entry]) -> dict[str, float]:
    norms = prepare_gradients(entries).pivot(index="step", columns="term", values="norm")
    found: Mapping[str, pd.Series] = {str(term): norms[term] for term in norms}
    quotients = found["mi"] / found["generation"]
    medians = {term: float(np.median(values)) for term, values in found.items()}
    return {**medians, "mi / generation": float(np.median(quotients))}
