"""Compared rows put into words: which differences are significant, and how large any could be."""

from collections.abc import Mapping

import pandas as pd

from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.analysis.tables import p_text

# Title of each column.
Columns = Mapping[str, str]
# Differences that a short answer names, of those over items as well; a finding names all over seeds.
_MOST_NAMED = 4


def verdict(rows: pd.DataFrame, columns: Columns, *, none: str) -> str:
    """Name the differences that are significant over seeds; where there are none, say `none`."""
    if not rows["p_seeds_holm"].notna().any():
        return "Too few seeds for an answer: nothing can be tested over seeds."
    sure = rows[is_sure(rows)]
    if not len(sure):
        return none
    return (
        f"{len(sure)} of {len(rows)} differences are significant over seeds after Holm's correction: "
        f"{_largest(sure, columns)}."
    )


def finding(what: str, rows: pd.DataFrame, columns: Columns) -> str:
    """Say how far differences go, which are significant, and how large any could be."""
    if not len(rows):
        return f"{what}: not compared, runs are missing."
    span = f"{signed(rows['difference'].min())} to {signed(rows['difference'].max())} points"
    sure = rows[is_sure(rows)]
    text = f"{what}: {len(rows)} compared, {span}; "
    text += (
        f"significant over seeds after Holm's correction: {named(sure, columns)}."
        if len(sure)
        else "none significant over seeds after Holm's correction."
    )
    if rows["low"].notna().any():
        text += (
            f" The 95% intervals, each by itself over {int(rows['seeds'].min())} seeds, reach from "
            f"{signed(rows['low'].min())} to {signed(rows['high'].max())} (median half-width "
            f"{((rows['high'] - rows['low']) / 2).median():.1f} points): no effect within its interval is "
            "excluded."
        )
    these = rows[~is_sure(rows) & (rows["p_items_holm"] < LEVEL)]
    if len(these):
        over_items = {"item_low": "low", "item_high": "high", "p_items_holm": "p_seeds_holm"}
        these = these.drop(columns=list(over_items.values())).rename(columns=over_items)
        text += (
            " Significant over items alone, with intervals over items (true of these very students, not "
            f"of others trained from new seeds): {_largest(these, columns)}."
        )
    return text


def _largest(rows: pd.DataFrame, columns: Columns) -> str:
    """Name the largest differences, and how many more there are."""
    order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
    few = rows.reindex(order).head(_MOST_NAMED)
    rest = f", and {len(rows) - len(few)} more" if len(rows) > len(few) else ""
    return named(few, columns) + rest


def named(rows: pd.DataFrame, columns: Columns) -> str:
    """Name each difference with its interval and corrected p."""
    return "; ".join(
        f"{row_title(one['row'])} − {row_title(one['against'])} on {columns[one['column']]} "
        f"{signed(one['difference'])} points [{signed(one['low'])}, {signed(one['high'])}] "
        f"(p {p_text(one['p_seeds_holm'])})"
        for one in rows.to_dict("records")
    )


def is_sure(rows: pd.DataFrame) -> pd.Series:
    """Tell which differences are significant over seeds after Holm's correction."""
    return rows["p_seeds_holm"] < LEVEL


def signed(value: float) -> str:
    """Write points with their sign and one decimal."""
    return f"{value:+.1f}".replace("-", "−")
