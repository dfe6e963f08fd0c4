"""What the paper's own accuracies can show: where rows differ, and what its claimed gains would need."""

from collections.abc import Mapping

import pandas as pd

from mi_cot_lib.analysis.paired_items import two_accuracies_p
from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.analysis.statistics import holm, items_needed, seeds_needed

LEVEL = 0.05


def rows_apart(
    first: Mapping[str, float],
    second: Mapping[str, float],
    test_items: Mapping[str, int],
    families: Mapping[str, str],
) -> str:
    """Say where two rows of the paper lie farther apart than chance over test items explains.

    Args:
        first: Accuracy in percent by column.
        second: The other row's.
        test_items: Items of the paper's test sets by column.
        families: What the paper calls each column's data set.
    """
    columns = [name for name in first if name in second]
    if not columns:
        return ""
    found = [two_accuracies_p(first[c] / 100, second[c] / 100, test_items[c]) for c in columns]
    told = "; ".join(
        f"{families[c]} {abs(first[c] - second[c]):.2f} points, p {p:.2g}"
        for c, p in zip(columns, found, strict=True)
    )
    far = [
        families[c]
        for c, p in zip(columns, holm(found), strict=True)
        if p is not None and p < LEVEL
    ]
    return (
        " Its two rows differ by (Fisher's exact test, each row on test items of its own): "
        f"{told}. "
        + (
            f"On {', '.join(far)} that is more than chance over test items explains, and the loss cannot: "
            "the trainings differed in something else, such as the seed, of which the paper says nothing."
            if far
            else "Chance over test items can explain that."
        )
    )


def what_claims_need(
    comparisons: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, float]],
    test_items: Mapping[str, int],
    families: Mapping[str, str],
    *,
    built_in: bool,
) -> list[str]:
    """For each difference that the paper claims for its method: how many items and seeds would show it."""
    items, seeds = [], []
    for one in comparisons.to_dict("records"):
        column = one["column"]
        theirs, base = (paper.get(one[side], {}).get(column) for side in ("row", "against"))
        # The claim is about the MI method, or about a choice inside it.
        if theirs is None or base is None or one["row"] not in ("mi", "max", "ce"):
            continue
        gap = abs(theirs - base)
        needed = items_needed(min(theirs, base) / 100, gap / 100)
        if needed is None:
            continue
        against = row_title(one["against"])
        items.append(
            f"{families[column]} against {against}: {gap:.2f} points, {needed:,} items (the paper's set "
            f"has {test_items[column]:,})"
        )
        count = None if pd.isna(one["spread"]) else seeds_needed(one["spread"], gap)
        if count is not None:
            seeds.append(f"{columns[column]} against {against}: {count:,}")
    notes = []
    if items:
        notes.append(
            "Test items a student with which the paper's own difference is found with 80% power at the 5% "
            "level, uncorrected, each student on its own items (on shared items somewhat fewer): "
            + "; ".join(items)
            + "."
        )
    if seeds and not built_in:
        notes.append(
            "Seeds with which differences of that size are found at the spread of our own runs: "
            + "; ".join(seeds)
            + "."
        )
    return notes
