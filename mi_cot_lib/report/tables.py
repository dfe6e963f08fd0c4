"""An item's tables as text: a small one to open with, and those that every item has folded under it."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pandas as pd

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.measure.verdicts import SAME
from mi_cot_lib.report.cells.accuracy import accuracy_cells
from mi_cot_lib.report.cells.quality import choose_cases
from mi_cot_lib.report.further import FOLDED, VALUE, Cell, lines_of
from mi_cot_lib.report.paper import paper_rows, paper_value, printed
from mi_cot_lib.report.runs import (
    Result,
    column_title,
    has_claims,
    is_listed,
    named,
    pair_title,
    pair_titles,
    row_title,
    verdict_of,
)
from mi_cot_lib.report.setting import WORDING, Setting
from mi_cot_lib.report.text import DIGITS, MISSING, number, p_text, with_interval

# A table with more rows does not open a section; its largest differences do.
_SMALL = 10
_DIFFERENCE: Callable[[Cell], tuple[float, float, float]] = itemgetter("difference", "low", "high")


def main_table(result: Result) -> pd.DataFrame:
    """Return the small table that opens an item: its rows by data set, what was declared, or largest effects.

    Below an item's own rows stand the paper's.
    """
    if result.measure == "cases":
        return _cases(result)
    rows = _own_rows(result)
    if has_claims(result):
        return _claims(result)
    if is_listed(result):
        return _decided(result, result.declared)
    if len(rows) > _SMALL:
        ranked = result.asked.sort_values("difference", key=abs, ascending=False)
        return _compared(result, ranked.head(_SMALL))
    columns = [
        "",
        *dict.fromkeys(column_title(result, one) for one in result.cells["setting"]),
        "Seeds",
    ]
    return pd.DataFrame([*rows, *_papers_rows(result)], columns=columns).fillna(MISSING)


def answering_table(result: Result) -> pd.DataFrame:
    """Return by data set each declared comparison that answers a question: its interval and its verdict."""
    declared = result.declared
    turned = _decided(result, declared[declared["question"] != ""]).set_index("").T
    return turned.rename_axis(None, axis=1).reset_index(names="")


def _decided(result: Result, declared: pd.DataFrame) -> pd.DataFrame:
    """Each comparison by data set: its interval and its verdict."""
    rows: dict[str, dict[str, str]] = {}
    for one in declared.to_dict("records"):
        one_side, other, _ = pair_titles(result, one["setting"], one["against"])
        row = rows.setdefault(f"{one_side} − {other}", {})
        found = with_interval(*_DIFFERENCE(one), DIGITS[result.measure], signed=True)
        row[column_title(result, one["setting"])] = f"{found} {_verdict(one)}"
    return pd.DataFrame([{"": name, **row} for name, row in rows.items()]).fillna(MISSING)


def folded_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return an item's further tables by their headings."""
    if result.measure == "cases":
        return {}
    explored = result.compared.drop(index=result.declared.index)
    further = [FOLDED[name] for name in result.folded]
    found = {
        "Primary comparison": _primary(result),
        WORDING["contrasts"].get(result.contrast, ""): _contrasts(result),
        "Every cell": _every_cell(result),
        "Declared comparisons": _compared(result, result.declared),
        "Exploratory comparisons": _compared(result, explored),
        "Cost": _costs(result),
        **{heading: make(result) for heading, make in further},
    }
    return {heading: frame for heading, frame in found.items() if len(frame)}


def _primary(result: Result) -> pd.DataFrame:
    """The declared comparison over all data sets with room, over seeds and items together."""
    return pd.DataFrame(
        [
            {
                "Questions": one["split"],
                "Data sets": ", ".join(dataset_spec(name).title for name in one["datasets"]),
                "Difference [95%]": with_interval(*_DIFFERENCE(one), 2, signed=True),
                "p": p_text(one["p"]),
                "p same": p_text(one["p_same"]),
                f"Probability within ±{result.margin:g}": f"{one['in_margin']:.2f}",
                "Would be seen": number(one["detectable"], 1),
                "Verdict": one["verdict"],
            }
            for one in result.pooled.to_dict("records")
        ]
    )


def _own_rows(result: Result) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for cell in named(result, result.cells).to_dict("records"):
        row = rows.setdefault(cell["row"], {"": cell["row"], "Seeds": set()})
        text = with_interval(*VALUE(cell), DIGITS[result.measure])
        row[cell["column"]] = f"{text} (unfinished)" if cell.get("unfinished") else text
        row["Seeds"].add(int(cell["seeds"]))
    return [{**row, "Seeds": "–".join(map(str, sorted(row["Seeds"])))} for row in rows.values()]


def _papers_rows(result: Result) -> list[dict[str, str]]:
    mark = result.mark["paper"]
    first: dict[tuple[str, str], Setting] = {}
    for one in result.cells["setting"]:
        first.setdefault((one.family, one.split), one)
    found = []
    for row in paper_rows(result.id):
        texts = {}
        for one in first.values():
            for value in printed(row, one)[:1]:
                texts[column_title(result, one)] = f"{value:.2f}"
        own = next(iter(first.values())).with_(**row["row"])
        again = ", four repeats" if row.get("repeats", 1) > 1 else ""
        found.append({"": f"{row_title(result, own)}{again} ({mark})", **texts})
    return found


def _every_cell(result: Result) -> pd.DataFrame:
    """Each cell beside the paper's number; no difference to it is taken where data or student are others."""
    digits = DIGITS[result.measure]

    def texts(cell: Cell) -> dict[str, str]:
        value, low, high = VALUE(cell)
        theirs = next(iter(paper_value(result.id, cell["setting"])), None)
        gap, inside = MISSING, MISSING
        if theirs is not None and not result.mark["badge"] and not pd.isna(value):
            gap = number(value - theirs, digits, signed=True)
            if not pd.isna(low):
                inside = "yes" if low <= theirs <= high else "no"
        return {
            "Ours [95%]": with_interval(value, low, high, digits),
            "Seeds": str(int(cell["seeds"])),
            "Items": f"{int(cell['items']):,}",
            "Paper": MISSING if theirs is None else f"{theirs:.2f}",
            "Difference": gap,
            "Paper within our interval": inside,
        }

    frame = lines_of(result, result.cells, texts)
    return frame.drop(columns=[name for name in frame if (frame[name] == MISSING).all()])


def _compared(result: Result, compared: pd.DataFrame) -> pd.DataFrame:
    digits, rows = DIGITS[result.measure], []
    for one in compared.to_dict("records"):
        row = {
            "Compared": pair_title(result, one["setting"], one["against"]),
            "Data set": column_title(result, one["setting"]),
            "Difference [95%]": with_interval(*_DIFFERENCE(one), digits, signed=True),
            "Seeds": str(one["seeds"]),
            "p": p_text(one["p"]),
        }
        if one["declared"]:
            row |= {"p (Holm)": p_text(one["p_holm"]), "p same (Holm)": p_text(one["p_same"])}
            row["Would be seen"] = number(one["detectable"], digits)
            row["Verdict"] = _verdict(one)
        rows.append(row)
    return pd.DataFrame(rows)


def _verdict(one: Cell) -> str:
    """A verdict in a word, and whether anything else could have come out."""
    return verdict_of(one).replace(SAME, "same")


def _claims(result: Result) -> pd.DataFrame:
    """What is said of each comparison, by whom, and what became of it."""
    digits = DIGITS[result.measure]
    return pd.DataFrame(
        [
            {
                "Claim": f"{one['claim'].text} ({one['claim'].source})",
                "Compared": pair_title(result, one["setting"], one["against"]),
                "Difference [95%]": with_interval(*_DIFFERENCE(one), digits, signed=True),
                "Would be seen": number(one["detectable"], digits),
                "Claim is": one["claim"].answer(
                    one["verdict"], one["low"], one["high"], result.margin
                ),
            }
            for one in result.declared.to_dict("records")
        ]
    )


def _costs(result: Result) -> pd.DataFrame:
    """What the rows cost, averaged over data sets: a reader must see what a gain was paid with."""
    # The same runs answer further questions too.
    cells = accuracy_cells(
        [run for run in result.runs if run.setting.split not in ("unseen", "outside")]
    )
    rows = named(result, cells).groupby("row", sort=False)
    means = rows[["minutes", "tflop", "steps"]].mean()
    sums = rows[["converged", "seeds"]].sum()
    return pd.DataFrame(
        {
            "Row": means.index,
            "Steps a run": means["steps"].map("{:,.0f}".format),
            "Ended by patience": [f"{a} of {b}" for a, b in sums.itertuples(index=False)],
            "Minutes a run": means["minutes"].map("{:.1f}".format),
            "TFLOP of training a run": means["tflop"].map("{:,.1f}".format),
            "Times the first row's": (means["tflop"] / means["tflop"].iloc[0]).map("{:.1f}".format),
        }
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


def _contrasts(result: Result) -> pd.DataFrame:
    """Whether a gain changes, or accuracy with a weight."""
    return pd.DataFrame(
        [
            {
                "Compared": one["contrast"],
                "Data set": column_title(result, one["setting"]),
                "Points [95%]": with_interval(*_DIFFERENCE(one), signed=True),
                "Seeds": str(one["seeds"]),
                "p (Holm)": p_text(one["p_holm"]),
                "p same (Holm)": p_text(one["p_same"]),
                "Verdict": one["verdict"],
            }
            for one in result.contrasts.to_dict("records")
        ]
    )
