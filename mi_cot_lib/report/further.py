"""Further tables that an item names, folded away under it: one function each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pandas as pd

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.data.worlds.item import NEW
from mi_cot_lib.report.cells.accuracy import accuracy_cells, answers_to, recall_cells
from mi_cot_lib.report.cells.calibration import calibration_cells
from mi_cot_lib.report.cells.curves import tradeoff_cells
from mi_cot_lib.report.cells.information import QUANTITIES
from mi_cot_lib.report.runs import Result, named
from mi_cot_lib.report.text import MISSING, number, p_text, with_interval

Cell = Mapping[str, Any]
VALUE: Callable[[Cell], tuple[float, float, float]] = itemgetter("value", "low", "high")
_OVER_ITEMS: Callable[[Cell], tuple[float, float]] = itemgetter("item_low", "item_high")


def lines_of(
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


def _recall(one: Cell) -> dict[str, str]:
    others = ("setting", "least", "unknown", "seeds", "row", "column", "method")
    labels = [name for name in one if name not in others]
    return {
        **{f"{label}, %": number(one[label]) for label in labels},
        "Least in any seed, %": number(one["least"]),
        "Seeds with one below 60%": f"{one['unknown']} of {one['seeds']}",
    }


def _unseen(result: Result) -> pd.DataFrame:
    runs = answers_to("unseen", result.runs)
    cells = accuracy_cells(runs) if runs else pd.DataFrame()
    # Only the kit's own take turns in what is new.
    own = [run for run in runs if dataset_spec(run.setting.dataset).built_in]
    parts = {
        new: {
            one["setting"]: one
            for one in accuracy_cells([replace(run, new=new) for run in own]).to_dict("records")
        }
        for new in (NEW if own else ())
    }

    def texts(one: Cell) -> dict[str, str]:
        by_news = {
            f"New {new}, % [95%]": with_interval(*VALUE(cells[one["setting"]]))
            for new, cells in parts.items()
            if one["setting"] in cells
        }
        return {"All, % [95%]": with_interval(*VALUE(one)), **by_news, "Seeds": str(one["seeds"])}

    return lines_of(result, cells, texts)


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


def _overlap(one: Cell) -> dict[str, str]:
    return {
        "ROUGE-L [95% over seeds]": with_interval(*VALUE(one)),
        "BLEU": number(one["bleu"]),
        "Cosine": number(one["cosine"], 3),
        "Items × seeds": f"{one['items']} × {one['seeds']}",
    }


def _correlation(one: Cell) -> dict[str, str]:
    return {
        "r [95% over items]": with_interval(*VALUE(one), 2),
        "p of the first seed": p_text(one["p_first"]),
        "Seeds with p < 0.05": f"{one['significant']} of {one['seeds']}",
        "Seeds in which both vary": f"{one['seeds']} of {one['of_seeds']}",
    }


def _tradeoff(one: Cell) -> dict[str, str]:
    return {
        "Accuracy, % [95%]": with_interval(*VALUE(one)),
        "Rationale loss, nats a token": number(one["loss"], 3),
        "Not beaten in both": "yes" if one["best"] else "",
    }


def _information(one: Cell) -> dict[str, str]:
    return {
        "Says": QUANTITIES[one["setting"].quantity].bounds,
        "Nats [95% over seeds]": with_interval(*VALUE(one), 2),
        "Null": number(one["null"], 2),
        "Cap": number(one["cap"], 2),
    }


# By name the heading, and the function that makes the table.
FOLDED: dict[str, tuple[str, Callable[[Result], pd.DataFrame]]] = {
    "recall": (
        "Answers by gold label",
        lambda made: lines_of(made, recall_cells(made.runs, made.golds), _recall),
    ),
    "unseen": ("Questions unlike any training example", _unseen),
    "calibration": (
        "Calibration",
        lambda made: lines_of(made, calibration_cells(made.runs), _calibration, "Test set"),
    ),
    "judged": ("Judged rationales", lambda made: lines_of(made, made.cells, _judged)),
    "overlap": (
        "Rationales beside the teacher's",
        lambda made: lines_of(made, made.cells, _overlap),
    ),
    "correlation": ("Correlation", lambda made: lines_of(made, made.cells, _correlation)),
    "tradeoff": (
        "Accuracy and rationale loss",
        lambda made: lines_of(made, tradeoff_cells(made.runs), _tradeoff),
    ),
    "information": ("What was measured", lambda made: lines_of(made, made.cells, _information)),
}
