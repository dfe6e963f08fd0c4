"""Which labels are answered rightly: an accuracy of two thirds may be one label known and two guessed."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.paper_accuracy import Entry, grouped, item_outcomes
from mi_cot_lib.analysis.row_titles import row_title

# Two recalls that add up to 1, this much more or less, are those of a guess between two labels.
GUESSING = 0.1


def prepare_recall(entries: Sequence[Entry], golds: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Average each gold label's recall over seeds.

    Args:
        entries: The runs of one table.
        golds: The gold label of each test item, in order, of the columns with a closed set of three.

    Returns:
        One row a cell of those columns: `row`, `column`, each label's recall in percent (mean over
        seeds), `guessing` (seeds in which the two least recalled labels' recalls add up to 1 ± 0.1) and
        `seeds`.
    """
    rows = []
    for (row, column, _), group in grouped(entries).items():
        if column not in golds:
            continue
        gold = np.array(golds[column])
        labels = list(dict.fromkeys(golds[column]))
        recalls = np.array(
            [
                [item_outcomes(entry.record)[gold == label].mean() for label in labels]
                for entry in group.values()
            ]
        )
        two_least = np.sort(recalls, axis=1)[:, :2].sum(axis=1)
        means = 100 * recalls.mean(axis=0)
        rows.append(
            {
                "row": row,
                "column": column,
                **dict(zip(labels, means.tolist(), strict=True)),
                "guessing": int((abs(two_least - 1) <= GUESSING).sum()),
                "seeds": len(group),
            }
        )
    return pd.DataFrame(rows)


def print_recall(found: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Print recall by gold label."""
    labels = [name for name in found if name not in ("row", "column", "guessing", "seeds")]
    return pd.DataFrame(
        [
            {
                "Row": row_title(one["row"]),
                "Data set": columns[one["column"]],
                **{f"{label}, %": f"{one[label]:.1f}" for label in labels},
                "Seeds guessing between two labels": f"{one['guessing']} of {one['seeds']}",
            }
            for one in found.to_dict("records")
        ]
    )


def recall_notes(found: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Warn of data sets on which most students guess between two labels: their differences mean little."""
    notes = []
    for column, cells in found.groupby("column", sort=False):
        guessing, seeds = int(cells["guessing"].sum()), int(cells["seeds"].sum())
        if guessing > seeds / 2:
            notes.append(
                f"On {columns[column]} {guessing} of {seeds} students know one label and guess between the "
                "other two (see “Answers by gold label”): such a student's accuracy on its own test set is "
                "near two thirds, and differences between such students, significant or not, are between "
                "guesses."
            )
    return notes
