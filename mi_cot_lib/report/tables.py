"""An item's tables as text: a small one to open with, and those that are folded away under it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pandas as pd

from mi_cot_lib.data.worlds.item import NEW
from mi_cot_lib.report.cells.accuracy import accuracy_cells, gain_changes, recall_cells
from mi_cot_lib.report.cells.calibration import calibration_cells
from mi_cot_lib.report.cells.curves import tradeoff_cells
from mi_cot_lib.report.cells.information import QUANTITIES
from mi_cot_lib.report.cells.quality import choose_cases
from mi_cot_lib.report.paper import paper_rows, paper_value, printed
from mi_cot_lib.report.runs import Result, answers_to, named, pair_title, row_title
from mi_cot_lib.report.setting import COLUMN, WORDING, Setting, title
from mi_cot_lib.report.text import DIGITS, MISSING, number, p_text, with_interval

Cell = Mapping[str, Any]
# A table with more rows does not open a section; the largest declared effects do.
_SMALL = 10
_VALUE: Callable[[Cell], tuple[float, float, float]] = itemgetter("value", "low", "high")
_DIFFERENCE: Callable[[Cell], tuple[float, float, float]] = itemgetter("difference", "low", "high")
_OVER_ITEMS: Callable[[Cell], tuple[float, float]] = itemgetter("item_low", "item_high")


def main_table(result: Result, papers: bool = True) -> pd.DataFrame:
    """Return the small table that opens an item: its rows by data set, or its largest declared effects.

    Below an item's own rows stand the paper's, where they are wanted.
    """
    if result.measure == "cases":
        return _cases(result)
    rows = _own_rows(result)
    if len(rows) > _SMALL:
        ranked = result.declared.sort_values("difference", key=abs, ascending=False)
        return _compared(result, ranked.head(_SMALL))
    columns = ["", *dict.fromkeys(title(one, COLUMN) for one in result.cells["setting"]), "Seeds"]
    return pd.DataFrame([*rows, *(_papers_rows(result) if papers else ())], columns=columns).fillna(
        MISSING
    )


def folded_tables(result: Result) -> dict[str, pd.DataFrame]:
    """Return an item's further tables by their headings."""
    if result.measure == "cases":
        return {}
    explored = result.compared.drop(index=result.declared.index)
    further = [FOLDED[name] for name in result.folded]
    found = {
        "Primary comparison": _primary(result),
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
                "Questions": WORDING["titles"]["split"].get(one["split"]) or one["split"],
                "Data sets": str(one["sets"]),
                "Difference [95%]": with_interval(*_DIFFERENCE(one), 2, signed=True),
                "p": p_text(one["p"]),
                "p same": p_text(one["p_same"]),
                f"Probability within ±{result.margin:g}": f"{one['in_margin']:.2f}",
                "Verdict": one["verdict"],
            }
            for one in result.pooled.to_dict("records")
        ]
    )


def _own_rows(result: Result) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for cell in named(result, result.cells).to_dict("records"):
        row = rows.setdefault(cell["row"], {"": cell["row"], "Seeds": set()})
        row[cell["column"]] = with_interval(*_VALUE(cell), DIGITS[result.measure])
        row["Seeds"].add(int(cell["seeds"]))
    return [{**row, "Seeds": "–".join(map(str, sorted(row["Seeds"])))} for row in rows.values()]


def _papers_rows(result: Result) -> list[dict[str, str]]:
    mark = "paper, other data" if result.built_in else "paper"
    first: dict[tuple[str, str], Setting] = {}
    for one in result.cells["setting"]:
        first.setdefault((one.family, one.split), one)
    found = []
    for row in paper_rows(result.id):
        texts = {}
        for one in first.values():
            for value in printed(row, one)[:1]:
                texts[title(one, COLUMN)] = f"{value:.2f}"
        own = next(iter(first.values())).with_(**row["row"])
        again = ", four repeats" if row.get("repeats", 1) > 1 else ""
        found.append({"": f"{row_title(result, own)}{again} ({mark})", **texts})
    return found


def _lines(
    result: Result,
    cells: pd.DataFrame,
    texts: Callable[[Cell], dict[str, str]],
    column: str = "Data set",
) -> pd.DataFrame:
    """Return a line a cell: its row, its data set, and what `texts` makes of it."""
    if cells.empty:
        return cells
    return pd.DataFrame(
        [
            {"Row": one["row"], column: one["column"], **texts(one)}
            for one in named(result, cells).to_dict("records")
        ]
    )


def _every_cell(result: Result) -> pd.DataFrame:
    """Each cell beside the paper's number; on built-in data no difference to it is taken."""
    digits = DIGITS[result.measure]

    def texts(cell: Cell) -> dict[str, str]:
        value, low, high = _VALUE(cell)
        theirs = next(iter(paper_value(result.id, cell["setting"])), None)
        gap, inside = MISSING, MISSING
        if theirs is not None and not result.built_in and not pd.isna(value):
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

    frame = _lines(result, result.cells, texts)
    return frame.drop(columns=[name for name in frame if (frame[name] == MISSING).all()])


def _compared(result: Result, compared: pd.DataFrame) -> pd.DataFrame:
    digits, rows = DIGITS[result.measure], []
    for one in compared.to_dict("records"):
        row = {
            "Compared": pair_title(result, one["setting"], one["against"]),
            "Data set": title(one["setting"], COLUMN),
            "Difference [95%]": with_interval(*_DIFFERENCE(one), digits, signed=True),
            "Seeds": str(one["seeds"]),
            "p": p_text(one["p"]),
        }
        if one["declared"]:
            row |= {"p (Holm)": p_text(one["p_holm"]), "p same (Holm)": p_text(one["p_same"])}
            row["Verdict"] = one["verdict"]
        rows.append(row)
    return pd.DataFrame(rows)


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


def _gain_changes(result: Result) -> pd.DataFrame:
    field = result.fields[-1]
    found = gain_changes(result.runs, field).to_dict("records")
    return pd.DataFrame(
        [
            {
                "MI − DSS": f"{title(one['setting'], (field,))} − {title(one['against'], (field,))}",
                "Data set": title(one["setting"], COLUMN),
                "Points [95% over seeds]": with_interval(*_DIFFERENCE(one), signed=True),
                "Seeds": str(one["seeds"]),
                "p": p_text(one["p"]),
            }
            for one in found
        ]
    )


def _recall(one: Cell) -> dict[str, str]:
    others = ("setting", "least", "guessing", "seeds", "row", "column", "method")
    labels = [name for name in one if name not in others]
    return {
        **{f"{label}, %": number(one[label]) for label in labels},
        "Least in any seed, %": number(one["least"]),
        "Seeds guessing between two": f"{one['guessing']} of {one['seeds']}",
    }


def _unseen(result: Result) -> pd.DataFrame:
    runs = answers_to("unseen", result.runs)
    cells = accuracy_cells(runs) if runs else pd.DataFrame()
    parts = {
        new: {
            one["setting"]: one
            for one in accuracy_cells([replace(run, new=new) for run in runs]).to_dict("records")
        }
        for new in (NEW if runs else ())
    }

    def texts(one: Cell) -> dict[str, str]:
        by_news = {
            f"New {new}, % [95%]": with_interval(*_VALUE(cells[one["setting"]]))
            for new, cells in parts.items()
        }
        return {"Both, % [95%]": with_interval(*_VALUE(one)), **by_news, "Seeds": str(one["seeds"])}

    return _lines(result, cells, texts)


def _calibration(one: Cell) -> dict[str, str]:
    by_length = f"{number(one['ece_normalised'])} ({number(one['confidence_normalised'])})"
    return {
        "Accuracy": number(one["accuracy"]),
        "Confidence": number(one["confidence"]),
        "ECE [95% over items]": with_interval(one["value"], *_OVER_ITEMS(one)),
        "By chance (95th percentile)": f"{number(one['floor'])} ({number(one['floor_95'])})",
        "ECE, equal mass": number(one["ece_equal_mass"]),
        "Brier": number(one["brier"], 3),
        "Temperature": number(one["temperature"], 2),
        "ECE at it": number(one["ece_scaled"]),
        "ECE by length (confidence)": MISSING if pd.isna(one["ece_normalised"]) else by_length,
        "Seeds that break the bound": f"{one['bound_broken']} of {one['seeds']}",
    }


def _judged(one: Cell) -> dict[str, str]:
    return {
        "Mean ± SD of items": f"{number(one['value'], 2)} ± {number(one['sd'], 2)}",
        "First repeat": f"{number(one['first_mean'], 2)} ± {number(one['first_sd'], 2)}",
        "Items × seeds × repeats": f"{one['items']} × {one['seeds']} × {one['repeats']}",
        "Malformed answers": f"{100 * one['malformed']:.1f}%",
        "BLEU": number(one["bleu"]),
        "ROUGE-L": number(one["rouge"]),
        "Cosine": number(one["cosine"], 3),
    }


def _correlation(one: Cell) -> dict[str, str]:
    return {
        "r [95% over items]": with_interval(*_VALUE(one), 2),
        "p of the first seed": p_text(one["p_first"]),
        "Seeds with p < 0.05": f"{one['significant']} of {one['seeds']}",
        "Seeds in which both vary": f"{one['seeds']} of {one['of_seeds']}",
    }


def _tradeoff(one: Cell) -> dict[str, str]:
    return {
        "Accuracy, % [95%]": with_interval(*_VALUE(one)),
        "Rationale loss, nats a token": number(one["loss"], 3),
        "Not beaten in both": "yes" if one["best"] else "",
    }


def _information(one: Cell) -> dict[str, str]:
    return {
        "Says": QUANTITIES[one["setting"].quantity].bounds,
        "Nats [95% over seeds]": with_interval(*_VALUE(one), 2),
        "Null": number(one["null"], 2),
        "Cap": number(one["cap"], 2),
    }


# By name the heading, and the function that makes the table.
FOLDED: dict[str, tuple[str, Callable[[Result], pd.DataFrame]]] = {
    "recall": (
        "Answers by gold label",
        lambda made: _lines(made, recall_cells(made.runs, made.golds), _recall),
    ),
    "unseen": ("Questions of a kind that no training example has", _unseen),
    "calibration": (
        "Calibration",
        lambda made: _lines(made, calibration_cells(made.runs), _calibration, "Test set"),
    ),
    "judged": ("Judged rationales", lambda made: _lines(made, made.cells, _judged)),
    "correlation": ("Correlation", lambda made: _lines(made, made.cells, _correlation)),
    "tradeoff": (
        "Accuracy and rationale loss",
        lambda made: _lines(made, tradeoff_cells(made.runs), _tradeoff),
    ),
    "information": ("What was measured", lambda made: _lines(made, made.cells, _information)),
    "gain_changes": ("Does the gain change?", _gain_changes),
}
