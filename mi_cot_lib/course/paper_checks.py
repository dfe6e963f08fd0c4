"""What printed accuracies say by themselves: whether a gain is one, and whether a number is of one run."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.calibration import breaks_the_bound
from mi_cot_lib.report.paper import paper_rows

# Half a unit of the last of the two digits that are printed.
_ROUNDING = Fraction(1, 200)
# Three numbers, each rounded to two digits.
_SLACK = 0.015


def printed_rows(table: str) -> dict[str, dict[str, Any]]:
    """Return what a table prints in domain, by what tells its rows apart and data set."""
    return {"".join(row["row"].values()): row["cells"] for row in paper_rows(table)}


def impossible_cells() -> pd.DataFrame:
    """Find the cells of Table 6 that no binning allows at Table 1's accuracies.

    Returns:
        A row a cell, in percent: `method`, `data`, `ECE`, `confidence`, `accuracy (Table 1)`. What rounding
        can do is granted.
    """
    accuracies = printed_rows("table1")
    cells = [
        (method, name, error, confidence, accuracies[method][name])
        for method, row in printed_rows("table6").items()
        for name, (error, confidence) in row.items()
    ]
    names = ["method", "data", "ECE", "confidence", "accuracy (Table 1)"]
    return pd.DataFrame(
        [c for c in cells if breaks_the_bound(c[2], c[4], c[3], slack=_SLACK)], columns=names
    )


def prepare_gains(
    better: Mapping[str, float], than: Mapping[str, float], items: Mapping[str, int]
) -> pd.DataFrame:
    """Test one row of a table against another, each accuracy as that of one student on its own items.

    Which items either answered rightly is not published, so that they cannot be paired.

    Args:
        better: Accuracy in percent by data set.
        than: The same of what it is compared with.
        items: Test items of each data set.

    Returns:
        A row a data set with `gain` (points), `half-width` (of its 95% interval by Wald, points), `p` (two
        proportions, two-sided z-test) and `one item` (points).
    """
    rows = {}
    for name, accuracy in better.items():
        n = items[name]
        counts = [share * n / 100 for share in (accuracy, than[name])]
        low, high = confint_proportions_2indep(
            counts[0], n, counts[1], n, method="wald", compare="diff"
        )
        rows[name] = {
            "gain": accuracy - than[name],
            "half-width": 50 * (high - low),
            "p": proportions_ztest(counts, [n, n])[1],
            "one item": 100 / n,
        }
    return pd.DataFrame(rows).T.rename_axis("data")


def fewest_runs(accuracy: float, items: int, most: int = 20) -> int:
    """Return of how many runs, at least, a printed accuracy is the mean.

    One run on n items is right on a whole number of them. The mean of r runs is a whole number over r·n;
    where none of these is printed as this accuracy, it is of more than r runs. (1 proves nothing: any
    number that one run can have, several can have, too.)

    Args:
        accuracy: In percent, printed to two digits; rounding up and down is granted.
        items: Test items.
        most: Where to stop.

    Raises:
        ConfigError: Not even the mean of `most` runs is printed so.
    """
    printed = Fraction(str(accuracy))
    for runs in range(1, most + 1):
        answers = runs * items
        right = round(printed * answers / 100)
        if abs(Fraction(100 * right, answers) - printed) <= _ROUNDING:
            return runs
    raise ConfigError(f"{accuracy}% of {items} items is no mean of {most} runs or fewer.")
