"""What measured students say, in words that are chosen by the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mi_cot_lib.analysis.mutual_information.quantities import QUANTITIES, SYMBOLS
from mi_cot_lib.analysis.mutual_information.student_table import Record
from mi_cot_lib.analysis.paper_notes import LEVEL
from mi_cot_lib.analysis.statistics import smallest_detectable_over_seeds
from mi_cot_lib.analysis.tables import p_text
from mi_cot_lib.data.specs import dataset_spec

# Of a cap: what lies above it has no room to be raised.
_FULL = 0.95
_PART = {"I(Z;V)": "zv_infonce", "I(Z;Y)": "zy", "H(V)": "v_answers"}


def group_title(dataset: str, student: str) -> str:
    """Return how a data set with its student is called: `nano-SVAMP, nano48`."""
    return f"{dataset_spec(dataset).title}, {student}"


def verdict(row: Mapping[str, Any]) -> str:
    """Say what the loss did to one quantity: `raised`, `lowered` or `not decided`.

    Decided is what Student's paired t-test over seeds decides at the 5% level after Holm's correction.
    """
    if pd.isna(row["p_holm"]) or row["p_holm"] >= LEVEL:
        return "not decided"
    return "raised" if row["difference"] > 0 else "lowered"


def conclusions(table: pd.DataFrame) -> list[str]:
    """Answer, for each of I(Z;V), I(Z;Y) and H(V), whether the loss raised it, by data set and student.

    Args:
        table: From `prepare_students`.

    Returns:
        A sentence or two for each symbol, data set and student. Upper bounds are not counted as measures:
        one that was raised or lowered is named apart.
    """
    found = []
    for symbol in SYMBOLS:
        chosen = [name for name, one in QUANTITIES.items() if one.symbol == symbol]
        for (dataset, student), group in table.groupby(["dataset", "student"], sort=False):
            rows = group[group["quantity"].isin(chosen)].dropna(subset="difference")
            if not all(QUANTITIES[name].is_upper for name in rows["quantity"]):
                title = group_title(dataset, student)
                found.append(f"{symbol} on {title}: {_sentence(rows.to_dict('records'), symbol)}")
    return found


def overall(table: pd.DataFrame) -> list[str]:
    """Say in one sentence for each of I(Z;V), I(Z;Y) and H(V) where its main measure went.

    Args:
        table: From `prepare_students`.
    """
    found = []
    for symbol in SYMBOLS:
        main = table[table["quantity"] == _PART[symbol]].dropna(subset="difference")
        places: dict[str, list[str]] = {}
        for row in main.to_dict("records"):
            title = group_title(row["dataset"], row["student"])
            places.setdefault(verdict(row), []).append(f"{title} ({_by(row)})")
        parts = [f"{word} on {' and '.join(held)}" for word, held in places.items()]
        if parts:
            found.append(f"{QUANTITIES[_PART[symbol]].title}: {'; '.join(parts)}.")
    return found


def protocol_notes(records: Sequence[Record], table: pd.DataFrame) -> list[str]:
    """Say how students were measured, what the null came to, and what could have been found.

    Args:
        records: Of one protocol.
        table: From `prepare_students`.
    """
    protocol = records[0]["protocol"]
    measured = records[0]["measured"]
    kept = [100 * one["measured"]["kept"][side] for one in records for side in "vz"]
    nulls = table.dropna(subset="null")
    outside = nulls[nulls[["dss", "mi"]].min(axis=1) <= nulls["null"]]
    seconds = [one["seconds"]["features"] + one["seconds"]["fits"] for one in records]
    tested = table.dropna(subset="p")
    return [
        "V and Z are the last decoder layer's states, averaged over the tokens that the student itself "
        "writes for a question (label; rationale), padding left out. Mutual information between such "
        "features is infinite without noise: they are seen through their first "
        f"{protocol['components']} principal components, each at variance 1 with Gaussian noise of standard "
        f"deviation {protocol['noise']:g} ({min(kept):.0f} to {max(kept):.0f}% of the standardised variance "
        f"is in them), so that at most {measured['ceiling']:.2f} nats can pass. Other noise, other numbers. "
        "Estimators see each component as normal scores, by its ranks on the training items.",
        f"Critics, probes, components and codes are fitted on {protocol['train_items']:,} training items and "
        f"read from {protocol['test_items']:,} test items; {len(records)} frozen students, "
        f"{min(seconds) / 60:.1f} to {max(seconds) / 60:.1f} minutes each on a shared machine.",
        "Null: the same estimators on shuffled pairs, which share nothing. "
        + (
            "Every mean lies above its null."
            if outside.empty
            else f"{len(outside)} of {len(nulls)} rows have a mean at or below their null."
        )
        + " A Gaussian decoder pays for a V that is not Gaussian: the null of Barber–Agakov can be negative.",
        "Intervals are Student's 95% of what the estimators say, over seeds: the sampling noise of a bound, "
        "not of I, which can lie far outside. The test items and the estimators' own randomness are the same "
        "for all students. p is of the paired t-test over seeds, Holm-corrected over "
        f"{len(tested)} comparisons.",
        *_power(tested),
        "I(Z;Y): Y is the gold label, an equation's without its numbers. H(V): what of V passes the noise "
        "(first components with their own proportions), V's code among "
        f"{protocol['codes']} k-means centres, and the label that was written; the first two are large "
        "for any features that spread, and lose much only where V collapses.",
    ]


def _sentence(every: Sequence[Mapping[str, Any]], symbol: str) -> str:
    rows = [row for row in every if not QUANTITIES[row["quantity"]].is_upper]
    main = next((row for row in rows if row["quantity"] == _PART[symbol]), rows[0])
    decided = {
        word: [row for row in rows if verdict(row) == word] for word in ("raised", "lowered")
    }
    text = f"{_by(main)} by {QUANTITIES[main['quantity']].how}"
    for word, held in decided.items():
        if held:
            names = ", ".join(f"{QUANTITIES[row['quantity']].how} ({_by(row)})" for row in held)
            text = f"{word} in {len(held)} of {len(rows)} measures: {names}"
            break
    if all(decided.values()):
        both = "; ".join(
            f"{word} by {', '.join(QUANTITIES[row['quantity']].how for row in held)}"
            for word, held in decided.items()
        )
        text = f"the measures disagree: {both}"
    elif not any(decided.values()):
        above = sum(row["difference"] > 0 for row in rows)
        text = f"not decided; {text}; {above} of {len(rows)} differences are above 0"
    moved = [
        f"{QUANTITIES[row['quantity']].how} was {verdict(row)} ({_by(row)})"
        for row in every
        if QUANTITIES[row["quantity"]].is_upper and verdict(row) != "not decided"
    ]
    if moved:
        text += f". Upper bounds, which decide nothing: {', '.join(moved)}"
    full = [
        row for row in every if row["cap"] > 0 and min(row["dss"], row["mi"]) > _FULL * row["cap"]
    ]
    if full:
        names = ", ".join(QUANTITIES[row["quantity"]].how for row in full)
        text += f". No room to rise: {names}"
    return f"{text}."


def _by(row: Mapping[str, Any]) -> str:
    difference, low, high = (
        f"{row[name]:+.3f}".replace("-", "−") for name in ("difference", "low", "high")
    )
    interval = "no interval" if pd.isna(row["low"]) else f"{low}, {high}"
    return f"{difference} nats [{interval}], p (Holm) {p_text(row['p_holm'])}"


def _power(tested: pd.DataFrame) -> list[str]:
    main = tested[tested["quantity"].isin(_PART.values())]
    sizes = [
        smallest_detectable_over_seeds(int(row["seeds"]), row["spread"])
        for row in main.to_dict("records")
        if row["seeds"] > 1
    ]
    known = [size for size in sizes if size is not None]
    if not known:
        return []
    return [
        "With as many seeds at the spread of these students, a paired test finds with 80% power (at the 5% "
        f"level, before Holm) differences from {min(known):.2f} to {max(known):.2f} nats, by comparison "
        "(InfoNCE, probe and written labels)."
    ]
