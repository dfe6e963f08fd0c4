"""What printed accuracies say by themselves, and what the released calibration script computes."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
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


def printed_calibration() -> pd.DataFrame:
    """Set Table 6's cells in domain beside Table 1's accuracies.

    Returns:
        One row a cell, in percent and points: `method`, `data`, `ECE`, `confidence`, `accuracy (Table 1)`,
        `least` (`|accuracy − confidence|`, below which no binning brings an ECE) and `impossible`: it lies
        below, by more than three roundings.
    """
    accuracies = printed_rows("table1")
    cells = [
        (method, name, error, confidence, accuracies[method][name])
        for method, row in printed_rows("table6").items()
        for name, (error, confidence) in row.items()
    ]
    names = ["method", "data", "ECE", "confidence", "accuracy (Table 1)"]
    return pd.DataFrame(cells, columns=names).assign(
        least=[abs(accuracy - confidence) for *_, confidence, accuracy in cells],
        impossible=[breaks_the_bound(c[2], c[4], c[3], slack=_SLACK) for c in cells],
    )


def impossible_cells() -> pd.DataFrame:
    """Find the cells of Table 6 that no binning allows at Table 1's accuracies (percent), rounded."""
    cells = printed_calibration()
    return cells[cells["impossible"]].drop(columns=["least", "impossible"])


def prepare_gains(
    better: Mapping[str, float], than: Mapping[str, float], items: Mapping[str, int]
) -> pd.DataFrame:
    """Test one row of a table against another, each accuracy as that of one student on its own items.

    Accuracies in percent, gains in points, the interval is Wald's at 95%, p of the two-sided z-test of two
    proportions. Which items were answered rightly is not published, so that they cannot be paired.
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
    """Return of how many runs, at least, a printed accuracy (percent, two digits) is the mean.

    One run on n items is right on a whole number of them. The mean of r runs is a whole number over r·n;
    where none of these is printed as this accuracy, rounded up or down, it is of more than r runs. (1
    proves nothing: any number that one run can have, several can have, too.) A ConfigError: more than `most`.
    """
    printed = Fraction(str(accuracy))
    for runs in range(1, most + 1):
        answers = runs * items
        right = round(printed * answers / 100)
        if abs(Fraction(100 * right, answers) - printed) <= _ROUNDING:
            return runs
    raise ConfigError(f"{accuracy}% of {items} items is no mean of {most} runs or fewer.")


class ReleasedScores(NamedTuple):
    """What the released script calls "avg_probs", "ECE_equal_mass" and "acc", as shares."""

    confidence: float
    error: float
    accuracy: float


def score_as_released(first_step: np.ndarray, labels: Sequence[Sequence[int]]) -> ReleasedScores:
    """Score students' first decoder step as the released script does; no student here is scored so.

    Source: `uncertainty.py` and `calib_metrics.py` of xinchen9/cot_distillation_ACL2024.

    Of each answer the script looks at the first step alone. Its `max()` is taken of a list that holds one
    list, and returns that list: the whole distribution, whose mean is 1/V whatever the student says.
    Each answer then counts as a data set of its own. Its bins pair the probabilities with the one
    predicted token, so only the first probability, that of token 0 (T5's padding), finds a partner: the
    error is `|right − p(token 0)|`. The accuracy is divided by the number of the label's tokens.

    `first_step` is (answers, vocab), each row a distribution; labels are token ids, end token included.

    Raises:
        ConfigError: Not one label an answer, or an empty one.
    """
    if len(first_step) != len(labels) or not len(labels) or not all(map(len, labels)):
        raise ConfigError(
            f"got {len(first_step)} answers and {len(labels)} labels, none may be empty."
        )
    right = first_step.argmax(axis=1) == [label[0] for label in labels]
    return ReleasedScores(
        confidence=float(first_step.mean(axis=1).mean()),
        error=float(np.abs(right - first_step[:, 0]).mean()),
        accuracy=float(np.mean(right / [len(label) for label in labels])),
    )
