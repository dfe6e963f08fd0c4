"""Compared rows put into words: which differences are significant, and how large any could be."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.row_titles import change_title, row_title
from mi_cot_lib.analysis.tables import p_text

# Title of each column.
Columns = Mapping[str, str]
# Differences that a short answer names, of those over items as well; a finding names all over seeds.
_MOST_NAMED = 4


def verdict(rows: pd.DataFrame, columns: Columns, *, none: str) -> str:
    """Name the differences that are significant over seeds; where there are none, say `none`.

    Significant is what Holm's correction leaves. Intervals that exclude 0 one by one are told as such.
    """
    if not rows["p_seeds_holm"].notna().any():
        return "Too few seeds for an answer: nothing can be tested over seeds."
    sure = rows[is_sure(rows)]
    if not len(sure):
        apart = rows[is_apart(rows)]
        if not len(apart):
            return none
        return (
            f"{none} Taken one by one, without Holm's correction, {len(apart)} of {len(rows)} intervals lie "
            f"on one side of 0: {_largest(apart, columns)}."
        )
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
            f" The 95% intervals over {int(rows['seeds'].min())} seeds, each by itself, have a median "
            f"half-width of {((rows['high'] - rows['low']) / 2).median():.1f} points; "
            f"{int(is_apart(rows).sum())} of {len(rows)} lie on one side of 0. Whatever lies inside an "
            "interval remains possible."
        )
    if "p_items_holm" not in rows:
        return text
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
        f"{difference_title(one)} on {columns[str(one['column'])]} {signed(one['difference'])} points "
        f"[{signed(one['low'])}, {signed(one['high'])}] (p after Holm {p_text(one['p_seeds_holm'])})"
        for one in rows.to_dict("records")
    )


def difference_title(one: Mapping[Hashable, Any]) -> str:
    """Return what was subtracted from what: a row from a row, or a gain from a gain."""
    if one.get("is_gain"):
        return f"gain with {change_title(one['row'])} − gain with {change_title(one['against'])}"
    return f"{row_title(one['row'])} − {row_title(one['against'])}"


def is_sure(rows: pd.DataFrame) -> pd.Series:
    """Tell which differences are significant over seeds after Holm's correction."""
    return rows["p_seeds_holm"] < LEVEL


def is_apart(rows: pd.DataFrame) -> pd.Series:
    """Tell which differences' intervals over seeds, each by itself, lie on one side of 0."""
    return (rows["low"] > 0) | (rows["high"] < 0)


def signed(value: float) -> str:
    """Write points with their sign and one decimal."""
    return f"{value:+.1f}".replace("-", "−")
