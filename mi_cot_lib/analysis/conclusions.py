"""What a comparison allows one to say, put into words from its numbers alone."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mi_cot_lib.analysis.comparable import Record, by_method
from mi_cot_lib.analysis.findings import signed
from mi_cot_lib.analysis.statistics import (
    accuracy_half_width,
    mean_interval,
    paired_difference,
    smallest_detectable_difference,
    smallest_detectable_over_seeds,
)
from mi_cot_lib.analysis.tables import REFERENCE, p_text

_LEVEL = 0.05
# Share of the steps after which training counts as late.
_LATE = 0.75


def describe_result(table: pd.DataFrame, records: Sequence[Record]) -> list[str]:
    """Say what the runs show: the order of the means, then each method against DSS, MI first.

    Returns:
        Sentences of plain text.
    """
    ordered = table.sort_values("accuracy", ascending=False)
    means = ", ".join(f"{row['title']} {row['accuracy']:.1f}%" for _, row in ordered.iterrows())
    sentences = [
        f"Mean test accuracy, highest first: {means}.",
        *_whether_training_was_over(records),
    ]
    if REFERENCE not in table.index:
        return [*sentences, "DSS is not among these runs, so no method is compared with it."]
    others = sorted(table.index.drop(REFERENCE), key=lambda name: name != "mi")
    if "mi" not in others:
        sentences.append("MI is not among these runs.")
    shared = len(_paired_seeds(records, "mi")) if "mi" in others else 0
    for name in others:
        sentences.append(_against_reference(table.loc[name], len(_paired_seeds(records, name))))
    if shared > 1 and "mi" in others:
        sentences.append(_power_over_seeds(records))
    return sentences


def describe_resolution(table: pd.DataFrame) -> list[str]:
    """Say what this many test items and seeds can and cannot show.

    Returns:
        Sentences of plain text.
    """
    items = int(table["test_items"].iloc[0])
    name = REFERENCE if REFERENCE in table.index else table.index[0]
    title, share = table.loc[name, "title"], float(table.loc[name, "accuracy"]) / 100
    half = 100 * accuracy_half_width(items, share)
    sentences = [
        f"Another test set of {items:,} items of the same kind would move one student's accuracy "
        f"by about ±{half:.1f} points (95%, Wilson, at {title}'s accuracy). More seeds do not "
        "shrink this part."
    ]
    gain = smallest_detectable_difference(items, share)
    if gain is None:
        sentences.append(
            f"From {title}'s accuracy, no gain would be found with 80% power on so few test items."
        )
    else:
        sentences.append(
            f"Two single students, each scored on {items:,} items of its own, have to lie about "
            f"{100 * gain:.1f} points apart to be told apart in 80% of repetitions."
        )
    fewest = int(table["seeds"].min())
    if fewest == 1:
        sentences.append("A method with one seed has no interval: its number is a single draw.")
    elif fewest <= 5:
        sentences.append(
            f"{fewest} seeds are few: the t interval stands on {fewest - 1} degree"
            f"{'s' if fewest > 2 else ''} of freedom, so it is wide, its width is itself "
            "uncertain, and it assumes normally distributed results without being able to check."
        )
    return sentences


def _whether_training_was_over(records: Sequence[Record]) -> list[str]:
    """Say how validation moved towards the end, and that this cannot tell where training would end."""
    curves = [_late_validation(record) for record in records]
    if not all(len(steps) > 1 for steps, _ in curves):
        return []
    rises = [
        100 * float(np.polyfit(steps, values, 1)[0]) * (steps[-1] - steps[0])
        for steps, values in curves
    ]
    last, total = curves[0][0][-1] - curves[0][0][0], records[0]["config"]["max_steps"]
    rise = mean_interval(rises)
    moved = f"Over the last {last} of {total} steps validation accuracy moved by {signed(rise.mean)} points"
    if rise.low is None or rise.high is None:
        judged = f" ({len(rises)} run{'s' if len(rises) > 1 else ''}, no interval)."
    else:
        judged = (
            f" (mean of {rise.n} runs, 95% interval [{signed(rise.low)}, {signed(rise.high)}], on the "
            "same validation items): "
        )
        judged += (
            "it was still rising, so this compares how far the methods come in that many steps."
            if rise.low > 0
            else "no rise beyond the noise of the runs."
        )
    return [
        f"{moved}{judged} Where the students would end this does not show: the learning rate falls to 0 at "
        "the last step whatever they have still to learn, and only a longer run can tell."
    ]


def _late_validation(record: Record) -> tuple[list[int], list[float]]:
    """Return steps and accuracies of the last quarter's evaluations, of the last two at least."""
    every = [
        (row["step"], row["eval_accuracy"])
        for row in record["history"]
        if row.get("eval_accuracy") is not None
    ]
    late = [one for one in every if one[0] >= _LATE * record["config"]["max_steps"]]
    chosen = late if len(late) > 1 else every[-2:]
    return [step for step, _ in chosen], [value for _, value in chosen]


def _paired_seeds(records: Sequence[Record], name: str) -> set[int]:
    groups = by_method(records)
    seeds = [{r["config"]["seed"] for r in groups.get(key, [])} for key in (name, REFERENCE)]
    return seeds[0] & seeds[1]


def _against_reference(row: pd.Series, seeds: int) -> str:
    difference, title = row["difference"], row["title"]
    size = f"{abs(difference):.1f} points"
    if round(abs(difference), 1) == 0:
        place = f"{title} and DSS have the same mean to within 0.05 points"
    else:
        place = f"{title} lies {size} {'above' if difference > 0 else 'below'} DSS"
    if pd.isna(row["difference_low"]):
        reason = "one shared seed" if seeds == 1 else "seeds whose differences do not vary"
        return f"{place}; {reason} gives no interval and no test, so nothing follows from it."
    interval = f"[{row['difference_low']:+.1f}, {row['difference_high']:+.1f}]".replace("-", "−")
    evidence = (
        f"{place} (95% interval of the difference {interval} over {seeds} shared seeds, "
        f"p = {p_text(row['p'])}, Holm-corrected {p_text(row['p_holm'])})"
    ).replace("= <", "< ")
    direction = "gain" if difference > 0 else "loss"
    if row["p_holm"] < _LEVEL:
        return f"{evidence}: over seeds, on this test set, the {direction} is significant."
    if row["p"] < _LEVEL:
        return (
            f"{evidence}: the {direction} is significant on its own, but not after correcting for "
            "the number of comparisons."
        )
    return (
        f"{evidence}: not significant. These runs show neither a difference nor that there is "
        "none; the interval says which differences remain possible."
    )


def _power_over_seeds(records: Sequence[Record]) -> str:
    points = {
        name: {r["config"]["seed"]: 100 * r["metrics"]["test_accuracy"] for r in group}
        for name, group in by_method(records).items()
    }
    paired = paired_difference(points["mi"], points[REFERENCE])
    spread = paired.spread or 0.0
    found = smallest_detectable_over_seeds(len(paired.seeds), spread)
    return (
        f"From seed to seed the difference of MI to DSS varies with a standard deviation of "
        f"{spread:.1f} points, as far as {len(paired.seeds)} seeds can tell. If that is right, a "
        f"paired test over as many seeds finds a true difference of {found:.1f} points in 80% of "
        "repetitions (uncorrected), and smaller ones less often."
    )
