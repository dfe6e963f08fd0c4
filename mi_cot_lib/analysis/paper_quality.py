"""Tables 6 to 8 as printed: calibration, judged rationales and their correlation with right answers."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.paper_tables import two_digits
from mi_cot_lib.analysis.row_titles import row_title
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
    return _above_the_papers(
        "ECE, % [95% over seeds]; confidence, %",
        found,
        columns,
        lambda one: f"{with_interval(*one[['ece', 'low', 'high']])}; conf. {one['confidence']:.1f}",
        {row_title(row): numbers for row, numbers in paper.items()},
        lambda pair: f"{pair[0]:.2f}; conf. {pair[1]:.2f}",
        "T5" if built_in else None,
    )


def print_calibration_details(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print every measure of each cell; shares in percent, Brier score from 0 to 1."""
    rows = []
    for one in found.to_dict("records"):
        by_length = MISSING
        if pd.notna(one["ece_normalised"]):
            by_length = f"{one['ece_normalised']:.1f} (conf. {one['confidence_normalised']:.1f})"
        rows.append(
            {
                "Row": row_title(one["row"]),
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
    titles = {
        row: row_title(row.removesuffix("++")) + (", four repeats" if row.endswith("++") else "")
        for row in paper
    }
    return _above_the_papers(
        "Judged quality, 1 to 5",
        found,
        columns,
        lambda one: f"{one['mean']:.2f} ± {one['sd']:.2f}",
        {titles[row]: numbers for row, numbers in paper.items()},
        lambda pair: f"{pair[0]:.2f} ± {pair[1]:.2f}",
        "GPT-4" if built_in else None,
    )


def print_judged_details(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print what stands behind judged quality: seeds, malformed answers, overlap with the teacher's text."""
    rows = []
    for one in found.to_dict("records"):
        rows.append(
            {
                "Row": row_title(one["row"]),
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
    return _above_the_papers(
        "Pearson's r [95% over items]; p of the first seed; seeds with p < 0.05, of those that have a p",
        found,
        columns,
        lambda one: (
            f"{two_digits(one['r'], one['low'], one['high'])}; p {p_text(one['p_first'])}; "
            f"{int(one['significant'])} of {int(one['seeds'])}"
        ),
        {row_title(row): numbers for row, numbers in paper.items()},
        lambda pair: f"{pair[0]:.2f}; p {'<' if pair[1] else '>'} 0.05",
        "GPT-4" if built_in else None,
    )


def print_each(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, tuple[float, Any]]],
    measure: str,
    value: str,
    *,
    built_in: bool,
) -> pd.DataFrame:
    """Print each cell beside the paper's number, as `print_against_paper` does for accuracy.

    Args:
        found: Columns `row`, `column`, `low`, `high` and the one named by `value`.
        columns: Title of each column.
        paper: By row and column; the first of each pair is compared.
        measure: What is measured, and over what its interval is.
        value: Which column holds it.
        built_in: Whether the runs are on built-in data, of which no difference is taken.
    """
    rows = []
    for one in found.to_dict("records"):
        ours, low, high = (one[name] for name in (value, "low", "high"))
        theirs = paper.get(one["row"], {}).get(one["column"], (None,))[0]
        compared = theirs is not None and not built_in and not pd.isna(ours)
        inside = MISSING
        if compared and not pd.isna(low):
            inside = "yes" if low <= theirs <= high else "no"
        rows.append(
            {
                "Row": row_title(one["row"]),
                "Data set": columns[one["column"]],
                measure: two_digits(ours, low, high),
                "Paper" + (" (other data)" if built_in else ""): MISSING
                if theirs is None
                else f"{theirs:.2f}",
                "Difference": f"{ours - theirs:+.2f}".replace("-", "−") if compared else MISSING,
                "Paper within our interval": inside,
            }
        )
    return pd.DataFrame(rows)


def _above_the_papers(
    head: str,
    found: pd.DataFrame,
    columns: Mapping[str, str],
    ours: Callable[[pd.Series], str],
    paper: Mapping[str, Mapping[str, Any]],
    theirs: Callable[[Any], str],
    other: str | None,
) -> pd.DataFrame:
    """Print our rows, then the paper's by their titles; `other` names whose those are on other data."""
    mark = f"paper ({other}, real data: not comparable)" if other else "paper"
    rows = []
    for row in dict.fromkeys(found["row"]):
        mine = found[found["row"] == row].set_index("column")
        cells = {title: ours(mine.loc[c]) for c, title in columns.items() if c in mine.index}
        rows.append({head: row_title(row), **cells})
    for title, numbers in paper.items():
        cells = {name: theirs(numbers[c]) for c, name in columns.items() if c in numbers}
        rows.append({head: f"{title}, {mark}", **cells})
    return pd.DataFrame(rows).fillna(MISSING)
