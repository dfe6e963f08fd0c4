"""What a reader must know beside the numbers: what was compared, what was found, and what could be."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mi_cot_lib.analysis.paper_tables import ROW_TITLES
from mi_cot_lib.analysis.statistics import items_needed, seeds_needed
from mi_cot_lib.analysis.tables import p_text

_KINDS = {
    "p_seeds_holm": "over seeds (paired t)",
    "p_items_holm": "over test items (paired bootstrap of the mean over seeds)",
    "p_votes_holm": "of the majority votes (exact McNemar)",
}
LEVEL = 0.05


def accuracy_notes(
    cells: pd.DataFrame,
    comparisons: pd.DataFrame,
    columns: Mapping[str, str],
    reference: str,
    paper: Mapping[str, Mapping[str, float]],
    test_items: Mapping[str, int],
    *,
    built_in: bool,
) -> list[str]:
    """Say what Tables 1 to 5 compare, which differences hold, and what the paper's would need.

    Args:
        cells: From `prepare_accuracy_cells`.
        comparisons: From `prepare_comparisons`.
        columns: Title of each column.
        reference: The row that others are compared with.
        paper: The paper's accuracy in percent by row and column.
        test_items: Items of the paper's test sets by column.
        built_in: Whether the runs are on built-in data.
    """
    notes = _setting(cells, built_in)
    notes += _significant(comparisons, columns, reference)
    notes += _power(comparisons, columns, reference, paper, test_items)
    return notes


def size_notes(
    cells: pd.DataFrame, comparisons: pd.DataFrame, columns: Mapping[str, str], *, built_in: bool
) -> list[str]:
    """Say what Figures 2 and 3 compare and which differences hold."""
    notes = _setting(cells, built_in)
    notes.append(
        "Every point is trained for as many steps, on the first examples of the training set; the paper "
        "gives its sizes and numbers as pictures only, so none stand beside ours."
    )
    return notes + _significant(comparisons, columns, "dss", of_sizes=True)


def calibration_notes(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    impossible: Sequence[tuple[str, str, float, float, float]],
) -> list[str]:
    """Say what confidence is, what chance does, and where the paper's numbers cannot be."""
    broken = int(found["bound_broken"].sum())
    within = [
        f"{ROW_TITLES[one['row']]} on {columns[one['column']]}"
        for one in found.to_dict("records")
        if one["ece"] <= one["floor_95"]
    ]
    cells = "; ".join(
        f"{ROW_TITLES[row]} on {family}: ECE {error:.2f}, confidence {confidence:.2f}, accuracy "
        f"{accuracy:.2f}"
        for row, family, error, confidence, accuracy in impossible
    )
    return [
        "Confidence is the softmax over the candidate labels' log-probabilities, end token included, for "
        "NLI and CQA, and the probability of the written sequence with its end token for SVAMP (by "
        "length: its geometric mean a token). Accuracy is that of the most probable label.",
        "“(out)”: the student trained on the other NLI set answers this test set, at its own "
        "temperature. ECE has 10 bins of equal width.",
        f"ECE ≥ |accuracy − confidence| holds for any bins; {broken} of our runs break it.",
        f"In the paper {len(impossible)} of 8 cells in domain break it at Table 1's accuracies, even if "
        f"rounding is granted ({cells}).",
        "A perfectly calibrated student would show an ECE as well, by chance: “calibrated by chance”. "
        + (
            "At or below its 95th percentile, and so not to be told from calibrated: "
            f"{', '.join(within)}."
            if within
            else "Every cell lies above its 95th percentile."
        ),
    ]


def judged_notes(judge: str) -> list[str]:
    """Say who judged, and what ± is."""
    return [
        f"Scored by {judge}, 1 to 5, on the same 50 sampled test items for every run; ± is the standard "
        "deviation between items, as in the paper, and no measure of how sure the mean is: the interval "
        "over seeds is among the details.",
        "“Teacher (gold)” are the teacher's rationales for these items, errors included; an item whose "
        "teacher text could not be read has none. BLEU and ROUGE-L compare with them.",
    ]


def correlation_notes(judge: str) -> list[str]:
    """Say what was correlated."""
    return [
        f"Quality as scored by {judge}; correctness of the label that the same student wrote for the item.",
        "The paper correlates one sample of 50 items of one run; “p of the first seed” does the same. "
        "With 50 items, |r| must exceed 0.28 for p < 0.05, uncorrected for its eight cells.",
        "A dash stands where one of the two does not vary: there is no correlation to speak of.",
    ]


def case_notes(judge: str, rules: int, found: int) -> list[str]:
    """Say how cases were chosen."""
    missing = "" if rules == found else f" {rules - found} of {rules} rules fit no sampled item."
    return [
        f"Chosen by rule from the 50 sampled items of seed 0, in both directions; judged by {judge}."
        + missing,
        "The paper shows one case in which its method does better, and does not say how it was chosen.",
    ]


def _setting(cells: pd.DataFrame, built_in: bool) -> list[str]:
    notes = [
        "Accuracy in percent on the test set, mean over seeds with Student's 95% interval; the interval "
        "speaks of training again, not of other test items."
    ]
    if built_in:
        notes.append(
            "Data and students are built in and small: these numbers show the comparison at work and "
            "say nothing about T5 on the paper's data."
        )
    short = sorted({int(count) for count in cells["seeds"]})
    if len(short) > 1:
        notes.append(f"Cells have from {short[0]} to {short[-1]} seeds.")
    return notes


def _significant(
    comparisons: pd.DataFrame,
    columns: Mapping[str, str],
    reference: str,
    *,
    of_sizes: bool = False,
) -> list[str]:
    if not len(comparisons):
        return [f"No row shares a seed with {ROW_TITLES[reference]}: nothing is compared."]
    notes = []
    for name, what in _KINDS.items():
        hits = comparisons[comparisons[name] < LEVEL]
        told = "; ".join(
            f"{ROW_TITLES[one['row']]} on {columns[one['column']]}"
            + (f" with {int(one['size']):,} examples" if of_sizes else "")
            + f" {one['difference']:+.1f} points (p {p_text(one[name])})".replace("-", "−")
            for one in hits.to_dict("records")
        )
        notes.append(
            f"Against {ROW_TITLES[reference]}, {what}, Holm-corrected over {len(comparisons)} comparisons: "
            + (f"{told}." if told else "no difference is significant.")
        )
    return notes


def _power(
    comparisons: pd.DataFrame,
    columns: Mapping[str, str],
    reference: str,
    paper: Mapping[str, Mapping[str, float]],
    test_items: Mapping[str, int],
) -> list[str]:
    """For each difference that the paper reports: how many items and seeds would show it."""
    told = []
    for one in comparisons.to_dict("records"):
        theirs = paper.get(one["row"], {}).get(one["column"])
        base = paper.get(reference, {}).get(one["column"])
        if theirs is None or base is None or one["row"] not in ("mi", "mean", "kl"):
            continue
        gap = abs(theirs - base)
        needed = items_needed(min(theirs, base) / 100, gap / 100)
        if needed is None:
            continue
        seeds = None if pd.isna(one["spread"]) else seeds_needed(one["spread"], gap)
        told.append(
            f"{columns[one['column']].removeprefix('nano-')}: {gap:.2f} points want {needed:,} test items "
            f"a student (the paper's set has {test_items[one['column']]:,})"
            + (
                f" or, at the spread of our seeds' differences, {seeds:,} seeds"
                if seeds is not None
                else ""
            )
        )
    if not told:
        return []
    return [
        "To find the paper's own difference with 80% power at the 5% level, uncorrected: "
        + "; ".join(told)
        + "."
    ]
