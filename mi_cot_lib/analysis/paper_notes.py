"""What a reader must know beside the numbers: what was compared, what was found, and what could be."""

from collections.abc import Mapping, Sequence

import pandas as pd

from mi_cot_lib.analysis.paper_claims import LEVEL as LEVEL
from mi_cot_lib.analysis.paper_claims import rows_apart, what_claims_need
from mi_cot_lib.analysis.row_titles import row_title
from mi_cot_lib.analysis.statistics import smallest_detectable_over_seeds
from mi_cot_lib.analysis.tables import p_text

_KINDS = {
    "p_seeds_holm": "over seeds (paired t)",
    "p_items_holm": "over test items (paired bootstrap of the mean over seeds)",
    "p_votes_holm": "of the majority votes (exact McNemar)",
}


def accuracy_notes(
    cells: pd.DataFrame,
    comparisons: pd.DataFrame,
    columns: Mapping[str, str],
    paper: Mapping[str, Mapping[str, float]],
    test_items: Mapping[str, int],
    families: Mapping[str, str],
    *,
    built_in: bool,
) -> list[str]:
    """Say what Tables 1 to 5 compare, which differences hold, and what the paper's would need.

    Args:
        cells: From `prepare_accuracy_cells`.
        comparisons: From `prepare_comparisons`.
        columns: Title of each column.
        paper: The paper's accuracy in percent by row and column.
        test_items: Items of the paper's test sets by column.
        families: What the paper calls each column's data set.
        built_in: Whether the runs are on built-in data.
    """
    notes = _setting(cells, built_in)
    notes += _significant(comparisons, columns)
    notes += _same(comparisons, paper, test_items, families)
    notes += _found(comparisons)
    notes += what_claims_need(comparisons, columns, paper, test_items, families, built_in=built_in)
    if {"finetune", "dss"} <= set(cells["row"]):
        notes.append(
            "DSS and MI pass every example twice, once a task, and write rationales; at equal steps they "
            "cost what the table of costs says, and a gain was paid with that."
        )
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
    return notes + _significant(comparisons, columns) + _found(comparisons)


def question_notes(
    cells: pd.DataFrame, comparisons: pd.DataFrame, columns: Mapping[str, str], *, built_in: bool
) -> list[str]:
    """Say what an open question compares, which differences hold, and how large any could still be."""
    notes = _setting(cells, built_in) + _significant(comparisons, columns)
    if len(comparisons):
        above = int((comparisons["difference"] > 0).sum())
        notes.append(f"{above} of {len(comparisons)} differences are above 0.")
    return notes + _found(comparisons)


def calibration_notes(
    found: pd.DataFrame,
    columns: Mapping[str, str],
    impossible: Sequence[tuple[str, str, float, float, float]],
) -> list[str]:
    """Say what confidence is, what chance does, and where the paper's numbers cannot be."""
    broken = int(found["bound_broken"].sum())
    within = [
        f"{row_title(one['row'])} on {columns[one['column']]}"
        for one in found.to_dict("records")
        if one["ece"] <= one["floor_95"]
    ]
    cells = "; ".join(
        f"{row_title(row)} on {family}: ECE {error:.2f}, confidence {confidence:.2f}, accuracy "
        f"{accuracy:.2f}"
        for row, family, error, confidence, accuracy in impossible
    )
    return [
        "Confidence is the softmax over the candidate labels' log-probabilities, end token included, for "
        "NLI and CQA, and the probability of the written sequence with its end token for SVAMP (by "
        "length: its geometric mean a token). Accuracy is that of the most probable label, which can be "
        "right where the written text is no label at all: for CQA it is above Table 1's.",
        "“(out)”: the student trained on the other NLI set answers this test set, at its own "
        "temperature; the paper's “(Out)” names one of the two without saying which, and is read so here. "
        "ECE has 10 bins of equal width.",
        f"ECE ≥ |accuracy − confidence| holds for any bins; {broken} of our runs break it.",
        f"In the paper {len(impossible)} of 8 cells in domain break it at Table 1's accuracies, even if "
        f"rounding is granted ({cells}).",
        "A perfectly calibrated student would show an ECE as well, by chance: “calibrated by chance”. "
        + (
            "With their mean over seeds at or below its 95th percentile, and so not to be told from "
            f"calibrated: {', '.join(within)}."
            if within
            else "Every cell's mean over seeds lies above its 95th percentile; single seeds of a cell can "
            "lie below."
        ),
    ]


def judged_notes(judge: str, differences: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Say who judged, what ± is, and how far MI's rationales are from DSS's.

    Args:
        judge: Who scored.
        differences: From `prepare_seed_differences`, of mean quality.
        columns: Title of each column.
    """
    told = "; ".join(
        f"{columns[one['column']]} "
        + f"{one['difference']:+.2f}".replace("-", "−")
        + f" (p {p_text(one['p'])}, Holm {p_text(one['p_holm'])})"
        for one in differences.to_dict("records")
    )
    return [
        f"Scored by {judge}, 1 to 5, on the same 50 sampled test items for every run, beside the question "
        "and its gold answer. ± is the standard deviation between the items' mean scores and no measure of "
        "how sure the mean is: the interval over seeds is among the details. Over what the paper's ± is, it "
        "does not say.",
        "“Teacher (gold)” are the teacher's rationales for these items, errors included; an item whose "
        "teacher text could not be read has none. BLEU and ROUGE-L compare with them.",
        f"MI less DSS, over seeds: {told}." if told else "MI and DSS share no seed.",
    ]


def correlation_notes(judge: str) -> list[str]:
    """Say what was correlated."""
    return [
        f"Quality as scored by {judge}; correctness of the label that the same student wrote for the item.",
        "The paper correlates one sample of 50 items of one run; “p of the first seed” does the same. "
        "With 50 items, |r| must exceed 0.28 for p < 0.05, uncorrected for its eight cells.",
        "A seed in which one of the two does not vary has no correlation and is left out; a dash stands "
        "where no seed has one. Where nearly all items have one score, r says little.",
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
        "speaks of training again, not of other test items. The tests over items and of votes take these "
        "trained students as they are: one that went astray can make them significant."
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


def _significant(comparisons: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    if not len(comparisons):
        return ["No two rows share a seed: nothing is compared."]
    notes = []
    for name, what in _KINDS.items():
        tested = int(comparisons[name].notna().sum())
        if not tested and (comparisons["seeds"] > 1).all():
            notes.append(f"Not to be tested {what}: the differences do not vary at all.")
            continue
        if not tested:
            notes.append(f"Not to be tested {what}: there are too few seeds.")
            continue
        told = "; ".join(
            f"{row_title(one['row'])} − {row_title(one['against'])} on {columns[one['column']]}"
            + ("" if pd.isna(one["size"]) else f" with {int(one['size']):,} examples")
            + f" (p {p_text(one[name])})"
            + (f" {one['difference']:+.1f} points" if name != "p_votes_holm" else "").replace(
                "-", "−"
            )
            for one in comparisons[comparisons[name] < LEVEL].to_dict("records")
        )
        notes.append(
            f"Significant {what}, Holm-corrected over {tested} comparisons: {told or 'none'}."
        )
    return notes


def _same(
    comparisons: pd.DataFrame,
    paper: Mapping[str, Mapping[str, float]],
    test_items: Mapping[str, int],
    families: Mapping[str, str],
) -> list[str]:
    """Name rows whose students answer every question alike, which no test needs to tell apart."""
    notes: list[str] = []
    if not len(comparisons):
        return notes
    for (row, against), pairs in comparisons.groupby(["row", "against"], sort=False):
        alike = (pairs[["difference", "spread", "only_row", "only_against"]] == 0).all(axis=1)
        if not alike.all():
            continue
        told = f"{row_title(row)} and {row_title(against)} give the same answers throughout."
        if {row, against} == {"kl", "ce"}:
            told += (
                " The two losses have one gradient where their target is held (the label side is detached), "
                "so that one and the same student is trained twice; the same holds in the paper's setting by "
                "the released code."
            ) + rows_apart(paper.get(row, {}), paper.get(against, {}), test_items, families)
        notes.append(told)
    return notes


def _found(comparisons: pd.DataFrame) -> list[str]:
    """Say how large a difference must be for these runs to show it."""
    spreads = comparisons["spread"].dropna() if len(comparisons) else pd.Series(dtype=float)
    if not len(spreads) or not spreads.any():
        return []
    seeds = int(comparisons["seeds"].min())
    least = [smallest_detectable_over_seeds(seeds, float(spread)) for spread in spreads]
    known = pd.Series([one for one in least if one is not None])
    if not len(known):
        return []
    return [
        f"With {seeds} seeds at the spread of these runs, a test over seeds finds with 80% power (at the 5% "
        f"level, before Holm) differences from {known.min():.1f} to {known.max():.1f} points, by comparison; "
        f"the median is {known.median():.1f}.{_after_holm(seeds, spreads)}"
    ]


def _after_holm(seeds: int, spreads: pd.Series) -> str:
    """Say the same of the level that the smallest p of all comparisons must stay under."""
    if len(spreads) == 1:
        return ""
    level = LEVEL / len(spreads)
    least = smallest_detectable_over_seeds(seeds, float(spreads.median()), alpha=level)
    return f" The first of Holm's steps tests at 5% / {len(spreads)} = {level:.2%}, where it is {least:.1f}."
