"""Tables 6 to 8 as printed: calibration, judged rationales and their correlation with right answers."""

from collections.abc import Mapping

import pandas as pd

from mi_cot_lib.analysis.paper_tables import ROW_TITLES, two_digits
from mi_cot_lib.analysis.tables import MISSING, p_text, with_interval


def print_calibration(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, tuple[float, float]]],
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print ECE and mean confidence by method and data set, with the paper's below.

    Args:
        found: From `prepare_calibration`.
        columns: Title of each column; those out of domain end in `_out`.
        paper: (ECE, mean confidence) in percent.
        built_in: Whether the runs are on built-in data.
    """
    rows = []
    for row in dict.fromkeys(found["row"]):
        mine = found[found["row"] == row].set_index("column")
        cells = {
            title: f"{with_interval(*mine.loc[c, ['ece', 'low', 'high']])}; "
            f"conf. {mine.loc[c, 'confidence']:.1f}"
            for c, title in columns.items()
            if c in mine.index
        }
        rows.append({"ECE, % [95% over seeds]; confidence, %": ROW_TITLES[row], **cells})
    mark = "paper (T5, real data: not comparable)" if built_in else "paper"
    for row, numbers in paper.items():
        cells = {
            title: f"{numbers[c][0]:.2f}; conf. {numbers[c][1]:.2f}" if c in numbers else MISSING
            for c, title in columns.items()
        }
        rows.append(
            {"ECE, % [95% over seeds]; confidence, %": f"{ROW_TITLES[row]}, {mark}", **cells}
        )
    return pd.DataFrame(rows).fillna(MISSING)


def print_calibration_details(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print every measure of each cell; shares in percent, Brier score from 0 to 1."""
    rows = []
    for one in found.to_dict("records"):
        by_length = MISSING
        if pd.notna(one["ece_normalised"]):
            by_length = f"{one['ece_normalised']:.1f} (conf. {one['confidence_normalised']:.1f})"
        rows.append(
            {
                "Row": ROW_TITLES[one["row"]],
                "Test set": columns[one["column"]],
                "Accuracy": f"{one['accuracy']:.1f}",
                "Confidence": f"{one['confidence']:.1f}",
                "ECE [95% over items]": with_interval(
                    one["ece"], one["item_low"], one["item_high"]
                ),
                "calibrated by chance (95th percentile)": (
                    f"{one['floor']:.1f} ({one['floor_95']:.1f})"
                ),
                "ECE, equal mass": f"{one['ece_equal_mass']:.1f}",
                "Brier": f"{one['brier']:.3f}",
                "Temperature": f"{one['temperature']:.2f}",
                "ECE at it": f"{one['ece_scaled']:.1f}",
                "ECE, by length": by_length,
                "seeds that break the bound": f"{int(one['bound_broken'])} of {int(one['seeds'])}",
            }
        )
    return pd.DataFrame(rows)


def print_judged(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, tuple[float, float]]],
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print mean ± standard deviation of judged quality (1 to 5), with the paper's below.

    Args:
        found: From `prepare_judged`.
        columns: Title of each column.
        paper: (mean, standard deviation); rows that end in `++` are with self-consistency.
        built_in: Whether the runs are on built-in data.
    """
    rows = []
    for row in dict.fromkeys(found["row"]):
        mine = found[found["row"] == row].set_index("column")
        cells = {
            title: f"{mine.loc[c, 'mean']:.2f} ± {mine.loc[c, 'sd']:.2f}"
            for c, title in columns.items()
            if c in mine.index
        }
        rows.append({"Judged quality, 1 to 5": ROW_TITLES[row], **cells})
    mark = "paper (GPT-4, real data: not comparable)" if built_in else "paper"
    for row, numbers in paper.items():
        name = row.removesuffix("++")
        more = ", four repeats" if row.endswith("++") else ""
        cells = {
            title: f"{numbers[c][0]:.2f} ± {numbers[c][1]:.2f}" for c, title in columns.items()
        }
        rows.append({"Judged quality, 1 to 5": f"{ROW_TITLES[name]}{more}, {mark}", **cells})
    return pd.DataFrame(rows).fillna(MISSING)


def print_judged_details(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print what stands behind judged quality: seeds, malformed answers, overlap with the teacher's text."""
    rows = []
    for one in found.to_dict("records"):
        rows.append(
            {
                "Row": ROW_TITLES[one["row"]],
                "Data set": columns[one["column"]],
                "Mean [95% over seeds]": two_digits(one["mean"], one["low"], one["high"]),
                "First repeat": f"{one['first_mean']:.2f} ± {one['first_sd']:.2f}",
                "Items × seeds × repeats": f"{one['items']} × {one['seeds']} × {one['repeats']}",
                "Malformed answers": f"{100 * one['malformed']:.1f}%",
                "BLEU": MISSING if pd.isna(one["bleu"]) else f"{one['bleu']:.1f}",
                "ROUGE-L": MISSING if pd.isna(one["rouge"]) else f"{one['rouge']:.1f}",
                "Cosine": MISSING if pd.isna(one["cosine"]) else f"{one['cosine']:.3f}",
            }
        )
    return pd.DataFrame(rows)


def print_correlations(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, tuple[float, bool]]],
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print Pearson's r of judged quality and correctness, with the paper's below.

    Args:
        found: From `prepare_correlations`.
        columns: Title of each column.
        paper: r, and whether the paper marks it significant.
        built_in: Whether the runs are on built-in data.
    """
    head = "Pearson's r [95% over items]; p of the first seed; seeds with p < 0.05"
    rows = []
    for row in dict.fromkeys(found["row"]):
        mine = found[found["row"] == row].set_index("column")
        cells = {}
        for column, title in columns.items():
            if column not in mine.index:
                continue
            one = mine.loc[column]
            cells[title] = (
                f"{two_digits(one['r'], one['low'], one['high'])}; p {p_text(one['p_first'])}; "
                f"{int(one['significant'])} of {int(one['of_seeds'])}"
            )
        rows.append({head: ROW_TITLES[row], **cells})
    mark = "paper (GPT-4, real data: not comparable)" if built_in else "paper"
    for row, numbers in paper.items():
        cells = {
            title: f"{numbers[c][0]:.2f}; p {'<' if numbers[c][1] else '>'} 0.05"
            for c, title in columns.items()
        }
        rows.append({head: f"{ROW_TITLES[row]}, {mark}", **cells})
    return pd.DataFrame(rows).fillna(MISSING)
