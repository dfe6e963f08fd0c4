"""Comparisons of settings: those that were declared beforehand get a verdict, all others are exploratory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mi_cot_lib.measure.crossed import crossed_difference
from mi_cot_lib.measure.power import shift_found
from mi_cot_lib.measure.verdicts import (
    LEVEL,
    SAME,
    UNDECIDED,
    Difference,
    Verdict,
    decide,
    decision,
    difference,
)
from mi_cot_lib.report.runs import Run, Values, by_setting
from mi_cot_lib.report.setting import Setting

CONFIRMED, REFUTED = "confirmed", "refuted"
Pair = tuple[Setting, Setting]


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a comparison, by whom, and the verdict that it expects: higher, lower or the same."""

    text: str
    source: str
    expects: str

    def answer(self, verdict: str, low: float, high: float, margin: float) -> str:
        """Return `confirmed`, `refuted` or `undecided`, by the verdict and its 95% interval.

        Sameness is within the margin, so that a difference from 0 which may lie within it refutes nothing.
        """
        if verdict == self.expects:
            return CONFIRMED
        may_be_same = self.expects == SAME and low <= margin and high >= -margin
        return UNDECIDED if verdict == UNDECIDED or may_be_same else REFUTED


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which settings are compared: those that fields `of` match, each with the one that is otherwise alike.

    `against` is what those fields, and others, are on the other side, which is subtracted: a value, or a
    function that makes it of the setting. `claim` is what is said of it, if it tests what somebody says, and
    `question` what it answers, where an answer should say so.
    """

    of: Mapping[str, Any]
    against: Mapping[str, Any]
    claim: Claim | None = None
    question: str = ""

    def pairs(self, settings: Sequence[Setting]) -> Iterator[Pair]:
        """Yield the pairs that are there."""
        there = {one.normalised(): one for one in settings}
        for one in settings:
            if one.matches(self.of):
                values = {
                    name: value(one) if callable(value) else value
                    for name, value in self.against.items()
                }
                other = there.get(one.with_(**values).normalised())
                if other is not None and other != one:
                    yield one, other


MI_AGAINST_DSS = Comparison(
    {"method": "mi"}, {"method": "dss"}, question="Does the MI loss add anything?"
)
DSS_AGAINST_FINETUNING = Comparison(
    {"method": "dss"}, {"method": "finetune"}, question="Do rationales help?"
)


def compare(
    values: Values,
    asked: Sequence[Comparison],
    margin: float,
    also: Sequence[Comparison] | None = (),
    *,
    declared: bool = True,
    room: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Compare settings over the seeds that both have, and that have a value that is not NaN.

    What was asked first comes first, and if it was declared it gets verdicts, with the margin as the smallest
    difference of interest, in the values' unit. The pairs of one comparison on one split are decided together
    and corrected for each other, claims for all claims. Those of `also` are compared for exploration; None
    compares every two settings of one data set and size.

    Returns:
        Columns `setting`, `against`, `asked`, `declared`, `claim`, `question`, `difference`, `low`, `high`
        (95% interval), `spread` (standard deviation between seeds), `seeds`, `p`, `room` (whether the mean
        of what is compared with lies between the two), and of declared ones `p_holm`, `p_same` (both
        Holm-corrected), `verdict` and `detectable`: the difference that four of five repetitions would have
        told from none, were it the first of its family.
    """
    known = {
        one: {seed: value for seed, value in seeds.items() if not np.isnan(value).any()}
        for one, seeds in values.items()
    }
    settings = [one for one, seeds in known.items() if seeds]

    def shared(pairs: Iterable[Pair]) -> list[Pair]:
        return [p for p in dict.fromkeys(pairs) if known[p[0]].keys() & known[p[1]].keys()]

    claims: dict[Pair, Claim | None] = {}
    questions: dict[Pair, str] = {}
    families: dict[Any, list[Pair]] = {}
    for comparison in asked:
        for pair in shared(comparison.pairs(settings)):
            if pair not in claims:
                claims[pair], questions[pair] = comparison.claim, comparison.question
                of = (id(comparison), pair[0].split) if comparison.claim is None else "claims"
                families.setdefault(of, []).append(pair)
    verdicts: dict[Pair, tuple[Verdict, int]] = {}
    for pairs in families.values() if declared else ():
        decided = decide([(known[a], known[b]) for a, b in pairs], margin)
        verdicts |= {
            pair: (verdict, len(pairs)) for pair, verdict in zip(pairs, decided, strict=True)
        }
    others = _every_two(settings) if also is None else (p for c in also for p in c.pairs(settings))
    rest = [p for p in shared(others) if p not in claims and p[::-1] not in claims]
    rows = []
    for a, b in (*claims, *rest):
        verdict, together = verdicts.get((a, b), (None, 1))
        found = verdict.found if verdict else difference(known[a], known[b], margin)
        level = np.mean([np.mean(known[b][seed]) for seed in found.seeds])
        rows.append(
            {
                "setting": a,
                "against": b,
                "asked": (a, b) in claims,
                "declared": verdict is not None,
                "claim": claims.get((a, b)),
                "question": questions.get((a, b), ""),
                "room": room is None or bool(room[0] <= level <= room[1]),
                "difference": found.mean,
                "low": found.low,
                "high": found.high,
                "spread": found.spread,
                "seeds": len(found.seeds),
                "p": found.p,
                "p_holm": verdict and verdict.p_holm,
                "p_same": verdict and verdict.p_same,
                "verdict": verdict and verdict.decision,
                "detectable": verdict and _detectable(found, together),
            }
        )
    numbers = ("difference", "low", "high", "spread", "p", "p_holm", "p_same", "detectable")
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float) if rows else {})


def _detectable(found: Difference, together: int) -> float:
    """Return the difference that the first of so many tests finds in 80% of repetitions."""
    if len(found.seeds) < 2:
        return np.nan
    return _seen((found.high - found.low) / 2, found.freedom, together)


def _seen(half: float, freedom: float, together: int = 1) -> float:
    """Return that difference of half a 95% interval's width and its degrees of freedom."""
    if half == 0:
        return 0.0
    error = half / stats.t.isf(LEVEL / 2, freedom)
    # Rounded down, so that comparisons share what takes long to find.
    return float(error * shift_found(0.8, LEVEL / together, max(1, int(freedom))))


def pool(
    runs: Sequence[Run], comparison: Comparison, margin: float, room: tuple[float, float]
) -> pd.DataFrame:
    """Compare over all data sets, and their sizes, at once, each counting alike.

    Left out are settings in which the side that is subtracted answers fewer or more of validation than there
    is room for, in percent: there is nothing to be gained or lost.

    Returns:
        One row a split, over seeds and items together: columns `split`, `difference`, `low`, `high`, `p`,
        `p_same`, `in_margin` (probability, as `crossed_difference`), `detectable` (as `compare`), `sets`,
        `datasets` (their names) and `verdict`.
    """
    cells = by_setting(runs)
    found: dict[str, dict[Setting, tuple[np.ndarray, np.ndarray]]] = {}
    for pair in comparison.pairs(list(cells)):
        sides = [cells[one] for one in pair]
        seeds = sorted(sides[0].keys() & sides[1].keys())
        known = [100 * run.record["metrics"]["valid_accuracy"] for run in sides[1].values()]
        if len(seeds) > 1 and room[0] <= np.mean(known) <= room[1]:
            a, b = (100.0 * np.stack([side[seed].outcomes() for seed in seeds]) for side in sides)
            found.setdefault(pair[0].split, {})[pair[0]] = a, b
    rows = []
    for split, sets in found.items():
        one = crossed_difference(list(sets.values()), margin)
        rows.append(
            {
                "split": split,
                "difference": one.mean,
                **{name: getattr(one, name) for name in ("low", "high", "p", "p_same")},
                "in_margin": one.in_margin,
                "detectable": _seen((one.high - one.low) / 2, one.freedom),
                "sets": one.sets,
                "datasets": sorted({setting.dataset for setting in sets}),
                "verdict": decision(one.mean, one.p, one.p_same),
            }
        )
    return pd.DataFrame(rows)


def _every_two(settings: Sequence[Setting]) -> Iterator[Pair]:
    for other, one in combinations(settings, 2):
        if (one.dataset, one.size, one.split) == (other.dataset, other.size, other.split):
            yield one, other
