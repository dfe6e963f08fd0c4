"""An item's tables as text: a small one to open with, and those that are folded away under it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mi_cot_lib.report.cells.accuracy import accuracy_cells
from mi_cot_lib.report.cells.cases import choose_cases
from mi_cot_lib.report.paper import paper_rows, paper_value
from mi_cot_lib.report.printed.folded import FOLDED
from mi_cot_lib.report.printed.names import COLUMN, pair_title, row_title
from mi_cot_lib.report.printed.text import DIGITS, MISSING, interval, number, p_text, with_interval
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.setting import title

# A table with more rows does not open a section; the largest declared effects do.
_SMALL = 10


def main_table(result: Result) -> pd.DataFrame:
    """Return the small table that opens an item: its rows by data set, or its largest declared effects."""
    if result.measure == "cases":
        return _cases(result)
    rows = _rows(result)
    if len(rows) > _SMALL:
        ranked = result.declared.sort_values("difference", key=abs, ascending=False)
        return _compared(result, ranked.head(_SMALL))
    return pd.DataFrame([*_own_rows(result, rows), *_papers_rows(result)]).fillna(MISSING)


def folded_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return an item's further tables by their headings."""
    if result.measure == "cases":
        return {}
    explored = result.compared[~result.compared["declared"]] if len(result.compared) else []
    found = {"Every cell": _every_cell(result)}
    if len(result.declared):
        found["Declared comparisons"] = _compared(result, result.declared)
    if len(explored):
        found["Exploratory comparisons"] = _compared(result, explored)
    found["Cost"] = _costs(result)
    for name in result.folded:
        heading, make = FOLDED[name]
        frame = make(result)
        if len(frame):
            found[heading] = frame
    return found


def _rows(result: Result) -> dict[str, list[Mapping[str, Any]]]:
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for cell in result.cells.to_dict("records"):
        rows.setdefault(row_title(result, cell["setting"]), []).append(cell)
    return rows


def _own_rows(result: Result, rows: Mapping[str, list[Mapping[str, Any]]]) -> list[dict[str, str]]:
    digits = DIGITS[result.measure]
    columns = dict.fromkeys(title(one, COLUMN) for one in result.cells["setting"])
    found = []
    for name, cells in rows.items():
        held = {title(cell["setting"], COLUMN): cell for cell in cells}
        texts = {
            column: with_interval(*(held[column][key] for key in ("value", "low", "high")), digits)
            for column in columns
            if column in held
        }
        seeds = sorted({int(cell["seeds"]) for cell in cells})
        found.append({"": name, **texts, "Seeds": "–".join(map(str, dict.fromkeys(seeds)))})
    return found


def _papers_rows(result: Result) -> list[dict[str, str]]:
    mark = "paper, other data" if result.built_in else "paper"
    first = {}
    for one in result.cells["setting"]:
        first.setdefault((one.family, one.split), one)
    found = []
    for row in paper_rows(result.id):
        texts = {}
        for (family, split), one in first.items():
            value = row.get("outside" if split == "outside" else "cells", {}).get(family)
            if value is not None:
                shown = value[0] if isinstance(value, list) else value
                texts[title(one, COLUMN)] = f"{shown:.2f}"
        named = next(iter(first.values())).with_(**row["row"])
        again = ", four repeats" if row.get("repeats", 1) > 1 else ""
        found.append({"": f"{row_title(result, named)}{again} ({mark})", **texts})
    return found


def _every_cell(result: Result) -> pd.DataFrame:
    """Each cell beside the paper's number; on built-in data no difference to it is taken."""
    digits, rows = DIGITS[result.measure], []
    for cell in result.cells.to_dict("records"):
        setting = cell["setting"]
        theirs = (paper_value(result.id, setting) or (None,))[0]
        gap, inside = MISSING, MISSING
        if theirs is not None and not result.built_in and not pd.isna(cell["value"]):
            gap = number(cell["value"] - theirs, digits, signed=True)
            if not pd.isna(cell["low"]):
                inside = "yes" if cell["low"] <= theirs <= cell["high"] else "no"
        rows.append(
            {
                "Row": row_title(result, setting),
                "Data set": title(setting, COLUMN),
                "Ours [95%]": with_interval(cell["value"], cell["low"], cell["high"], digits),
                "Seeds": str(int(cell["seeds"])),
                "Items": f"{int(cell['items']):,}",
                "Paper": MISSING if theirs is None else f"{theirs:.2f}",
                "Difference": gap,
                "Paper within our interval": inside,
            }
        )
    frame = pd.DataFrame(rows)
    return frame.drop(columns=[name for name in frame if (frame[name] == MISSING).all()])


def _compared(result: Result, compared: pd.DataFrame) -> pd.DataFrame:
    digits, rows = DIGITS[result.measure], []
    for one in compared.to_dict("records"):
        row = {
            "Compared": pair_title(result, one["setting"], one["against"]),
            "Data set": title(one["setting"], COLUMN),
            "Difference [95% over seeds]": with_interval(
                one["difference"], one["low"], one["high"], digits, signed=True
            ),
            "Seeds": str(one["seeds"]),
            "p": p_text(one["p"]),
        }
        if one["declared"]:
            row |= {"p (Holm)": p_text(one["p_holm"]), "p same (Holm)": p_text(one["p_same"])}
            row |= {"Verdict": one["verdict"]}
        if "item_low" in one:
            row |= {
                "[95% over items]": interval(
                    one["item_low"], one["item_high"], digits, signed=True
                ),
                "p over items": p_text(one["p_items"]),
                "McNemar p of votes": p_text(one["p_votes"]),
                "Only one : only other": f"{one['only_one']} : {one['only_other']}",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _costs(result: Result) -> pd.DataFrame:
    """What the rows cost, averaged over data sets: a reader must see what a gain was paid with."""
    own = [run for run in result.runs if run.setting.split != "outside"]
    cells = accuracy_cells(own)
    names = [row_title(result, one) for one in cells["setting"]]
    means = cells.groupby(pd.Series(names), sort=False)[["minutes", "tflop"]].mean()
    first = means["tflop"].iloc[0]
    return pd.DataFrame(
        [
            {
                "Row": name,
                "Minutes a run": f"{one.minutes:.1f}",
                "TFLOP of training a run": f"{one.tflop:,.1f}",
                "Times the first row's": f"{one.tflop / first:.1f}",
            }
            for name, one in zip(means.index, means.itertuples(), strict=True)
        ]
    )


def _cases(result: Result) -> pd.DataFrame:
    rows = []
    for case in choose_cases(result.samples, result.cases or "labels"):
        texts = {"Case": f"{case.title} ({case.id})"}
        for method, answer in case.answers.items():
            right = "right" if answer["correct"] else "wrong"
            texts[method.upper()] = (
                f"{answer['predicted']} ({right}), {answer['score']:g} of 5. {answer['rationale']}"
            )
        rows.append(texts)
    return pd.DataFrame(rows or [{"Case": "no sampled item fits"}])
