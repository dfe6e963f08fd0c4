"""Tables that an item folds away, by name; those that every item has are in `tables`."""

from collections.abc import Callable

import pandas as pd

from mi_cot_lib.report.cells.accuracy import accuracy_cells, recall_cells
from mi_cot_lib.report.cells.calibration import calibration_cells
from mi_cot_lib.report.cells.changes import gain_changes
from mi_cot_lib.report.cells.curves import tradeoff_cells
from mi_cot_lib.report.cells.quantities import QUANTITIES
from mi_cot_lib.report.printed.names import COLUMN, row_title
from mi_cot_lib.report.printed.text import MISSING, number, p_text, with_interval
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.runs import answers_to
from mi_cot_lib.report.setting import title


def _recall(result: Result) -> pd.DataFrame:
    found = recall_cells(result.runs, dict(result.golds))
    labels = [name for name in found if name not in ("setting", "guessing", "seeds")]
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                **{f"{label}, %": number(one[label]) for label in labels},
                "Seeds guessing between two": f"{one['guessing']} of {one['seeds']}",
            }
            for one in found.to_dict("records")
        ]
    )


def _unseen(result: Result) -> pd.DataFrame:
    runs = answers_to("unseen", result.runs)
    if not runs:
        return pd.DataFrame()
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                "Accuracy, % [95%]": with_interval(one["value"], one["low"], one["high"]),
                "Seeds": str(one["seeds"]),
            }
            for one in accuracy_cells(runs).to_dict("records")
        ]
    )


def _calibration(result: Result) -> pd.DataFrame:
    rows = []
    for one in calibration_cells(result.runs).to_dict("records"):
        by_length = MISSING
        if pd.notna(one["ece_normalised"]):
            by_length = f"{number(one['ece_normalised'])} ({number(one['confidence_normalised'])})"
        rows.append(
            {
                "Row": row_title(result, one["setting"]),
                "Test set": title(one["setting"], COLUMN),
                "Accuracy": number(one["accuracy"]),
                "Confidence": number(one["confidence"]),
                "ECE [95% over items]": with_interval(
                    one["value"], one["item_low"], one["item_high"]
                ),
                "By chance (95th percentile)": (
                    f"{number(one['floor'])} ({number(one['floor_95'])})"
                ),
                "ECE, equal mass": number(one["ece_equal_mass"]),
                "Brier": number(one["brier"], 3),
                "Temperature": number(one["temperature"], 2),
                "ECE at it": number(one["ece_scaled"]),
                "ECE by length (confidence)": by_length,
                "Seeds that break the bound": f"{one['bound_broken']} of {one['seeds']}",
            }
        )
    return pd.DataFrame(rows)


def _judged(result: Result) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                "Mean ± SD of items": f"{number(one['value'], 2)} ± {number(one['sd'], 2)}",
                "First repeat": f"{number(one['first_mean'], 2)} ± {number(one['first_sd'], 2)}",
                "Items × seeds × repeats": f"{one['items']} × {one['seeds']} × {one['repeats']}",
                "Malformed answers": f"{100 * one['malformed']:.1f}%",
                "BLEU": number(one["bleu"]),
                "ROUGE-L": number(one["rouge"]),
                "Cosine": number(one["cosine"], 3),
            }
            for one in result.cells.to_dict("records")
        ]
    )


def _correlation(result: Result) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                "r [95% over items]": with_interval(one["value"], one["low"], one["high"], 2),
                "p of the first seed": p_text(one["p_first"]),
                "Seeds with p < 0.05": f"{one['significant']} of {one['seeds']}",
                "Seeds in which both vary": f"{one['seeds']} of {one['of_seeds']}",
            }
            for one in result.cells.to_dict("records")
        ]
    )


def _tradeoff(result: Result) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                "Accuracy, % [95%]": with_interval(one["value"], one["low"], one["high"]),
                "Rationale loss, nats a token": number(one["loss"], 3),
                "Not beaten in both": "yes" if one["best"] else "",
            }
            for one in tradeoff_cells(result.runs).to_dict("records")
        ]
    )


def _information(result: Result) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Row": row_title(result, one["setting"]),
                "Data set": title(one["setting"], COLUMN),
                "Says": QUANTITIES[one["setting"].quantity].bounds,
                "Nats [95% over seeds]": with_interval(one["value"], one["low"], one["high"], 2),
                "Null": number(one["null"], 2),
                "Cap": number(one["cap"], 2),
            }
            for one in result.cells.to_dict("records")
        ]
    )


def _gain_changes(result: Result) -> pd.DataFrame:
    field = result.fields[-1]
    return pd.DataFrame(
        [
            {
                "MI − DSS": f"{title(one['setting'], (field,))} − {title(one['against'], (field,))}",
                "Data set": title(one["setting"], COLUMN),
                "Points [95% over seeds]": with_interval(
                    one["difference"], one["low"], one["high"], signed=True
                ),
                "Seeds": str(one["seeds"]),
                "p": p_text(one["p"]),
            }
            for one in gain_changes(result.runs, field).to_dict("records")
        ]
    )


# By name, the heading and the function that makes the table.
FOLDED: dict[str, tuple[str, Callable[[Result], pd.DataFrame]]] = {
    "recall": ("Answers by gold label", _recall),
    "unseen": ("Unseen templates", _unseen),
    "calibration": ("Calibration", _calibration),
    "judged": ("Judged rationales", _judged),
    "correlation": ("Correlation", _correlation),
    "tradeoff": ("Accuracy and rationale loss", _tradeoff),
    "information": ("What was measured", _information),
    "gain_changes": ("Does the gain change?", _gain_changes),
}
