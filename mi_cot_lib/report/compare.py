"""Comparisons of settings: those an item declares beforehand get a verdict, all others are exploratory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mi_cot_lib.measure.crossed import crossed_difference
from mi_cot_lib.measure.verdicts import Difference, Verdict, decide, decision, difference
from mi_cot_lib.report.runs import Run, Values, by_setting
from mi_cot_lib.report.setting import Setting

Pair = tuple[Setting, Setting]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which settings are compared: those that fields `of` match, each with the one that is otherwise alike.

    `against` is what those fields, and others, are on the other side, which is subtracted: a value, or a
    function that makes it of the setting.
    """

    of: Mapping[str, Any]
    against: Mapping[str, Any]

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


MI_AGAINST_DSS = Comparison({"method": "mi"}, {"method": "dss"})
DSS_AGAINST_FINETUNING = Comparison({"method": "dss"}, {"method": "finetune"})


def compare(
    values: Values,
    declared: Sequence[Comparison],
    margin: float,
    also: Sequence[Comparison] | None = (),
    *,
    claims: bool = False,
) -> pd.DataFrame:
    """Compare settings over the seeds that both have, and that have a value that is not NaN.

    Only declared pairs get verdicts, with the margin as the smallest difference of interest, in the values'
    unit; the pairs of one declared comparison are decided together, and corrected for each other, or those of
    all where each is a claim of one list. Those of
    `also` are compared for exploration; None compares every two settings of one data set and size.

    Returns:
        Columns `setting`, `against`, `declared`, `difference`, `low`, `high` (95% interval), `spread`
        (standard deviation between seeds), `seeds`, `p`, and of declared ones `p_holm`, `p_same` (both
        Holm-corrected), `verdict` and `detectable`: the difference that four of five repetitions would have
        told from none, uncorrected.
    """
    known = {
        one: {seed: value for seed, value in seeds.items() if not np.isnan(value).any()}
        for one, seeds in values.items()
    }
    settings = [one for one, seeds in known.items() if seeds]

    def shared(pairs: Iterable[Pair]) -> list[Pair]:
        return [p for p in dict.fromkeys(pairs) if known[p[0]].keys() & known[p[1]].keys()]

    verdicts: dict[Pair, Verdict] = {}
    each = [[pair for pair in one.pairs(settings)] for one in declared]
    for family in [[pair for pairs in each for pair in pairs]] if claims else each:
        pairs = [pair for pair in shared(family) if pair not in verdicts]
        decided = decide([(known[a], known[b]) for a, b in pairs], margin)
        verdicts |= dict(zip(pairs, decided, strict=True))
    others = _every_two(settings) if also is None else (p for c in also for p in c.pairs(settings))
    rest = [p for p in shared(others) if p not in verdicts and p[::-1] not in verdicts]
    rows = []
    for a, b in (*verdicts, *rest):
        verdict = verdicts.get((a, b))
        found = verdict.found if verdict else difference(known[a], known[b], margin)
        rows.append(
            {
                "setting": a,
                "against": b,
                "declared": verdict is not None,
                "difference": found.mean,
                "low": found.low,
                "high": found.high,
                "spread": found.spread,
                "seeds": len(found.seeds),
                "p": found.p,
                "p_holm": verdict and verdict.p_holm,
                "p_same": verdict and verdict.p_same,
                "verdict": verdict and verdict.decision,
                "detectable": verdict and _detectable(found),
            }
        )
    numbers = ("difference", "low", "high", "spread", "p", "p_holm", "p_same", "detectable")
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float) if rows else {})


def _detectable(found: Difference) -> float:
    """Return the difference that a test at 5% finds in 80% of repetitions, by the interval's width."""
    if len(found.seeds) < 2:
        return np.nan
    spread = stats.t(len(found.seeds) - 1)
    return float((found.high - found.low) / 2 * (1 + spread.ppf(0.8) / spread.ppf(0.975)))


def pool(
    runs: Sequence[Run], comparison: Comparison, margin: float, room: tuple[float, float]
) -> pd.DataFrame:
    """Compare over all data sets at once, each counting alike and each of its sizes alike.

    Left out are settings in which the side that is subtracted answers fewer or more of validation than there
    is room for, in percent: there is nothing to be gained or lost.

    Returns:
        One row a split, over seeds and items together: columns `split`, `difference`, `low`, `high`, `p`,
        `p_same`, `in_margin` (probability, as `crossed_difference`), `sets`, `datasets` (their names) and
        `verdict`.
    """
    cells = by_setting(runs)
    found: dict[str, dict[str, list[tuple[np.ndarray, np.ndarray]]]] = {}
    for pair in comparison.pairs(list(cells)):
        sides = [cells[one] for one in pair]
        seeds = sorted(sides[0].keys() & sides[1].keys())
        known = [100 * run.record["metrics"]["valid_accuracy"] for run in sides[1].values()]
        if len(seeds) > 1 and room[0] <= np.mean(known) <= room[1]:
            a, b = (100.0 * np.stack([side[seed].outcomes() for seed in seeds]) for side in sides)
            found.setdefault(pair[0].split, {}).setdefault(pair[0].dataset, []).append((a, b))
    rows = []
    for split, sets in found.items():
        over_sizes = []
        for sizes in sets.values():
            least = min(len(a) for a, _ in sizes)
            a, b = (np.mean([pair[side][:least] for pair in sizes], axis=0) for side in (0, 1))
            over_sizes.append((a, b))
        one = crossed_difference(over_sizes, margin)
        rows.append(
            {
                "split": split,
                "difference": one.mean,
                **{name: getattr(one, name) for name in ("low", "high", "p", "p_same")},
                "in_margin": one.in_margin,
                "sets": one.sets,
                "datasets": sorted(sets),
                "verdict": decision(one.mean, one.p, one.p_same),
            }
        )
    return pd.DataFrame(rows)


def _every_two(settings: Sequence[Setting]) -> Iterator[Pair]:
    for other, one in combinations(settings, 2):
        if (one.dataset, one.size, one.split) == (other.dataset, other.size, other.split):
            yield one, other
