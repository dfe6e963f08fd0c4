"""Comparisons of settings: those an item declares beforehand get a verdict, all others are exploratory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.measure.over_items import mcnemar, paired_bootstrap
from mi_cot_lib.measure.over_seeds import PairedDifference, paired_difference
from mi_cot_lib.measure.verdicts import Verdict, decide
from mi_cot_lib.report.runs import Run, by_setting
from mi_cot_lib.report.setting import Setting

# By setting, the value of each seed.
Values = Mapping[Setting, Mapping[int, float]]
Pair = tuple[Setting, Setting]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which settings are compared: those with some values, each with the one that differs in others.

    Attributes:
        of: Values of fields of the one side.
        against: What those fields, and others, are on the other side, which is subtracted.
        families: On which data sets; None is all.
    """

    of: Mapping[str, Any]
    against: Mapping[str, Any]
    families: tuple[str, ...] | None = field(default=None)

    def pairs(self, settings: Sequence[Setting]) -> Iterator[Pair]:
        """Yield the pairs that are there."""
        there = {one.normalised(): one for one in settings}
        for one in settings:
            if one.matches(self.of) and (self.families is None or one.family in self.families):
                other = there.get(one.with_(**self.against).normalised())
                if other is not None and other != one:
                    yield one, other


MI_AGAINST_DSS = Comparison({"method": "mi"}, {"method": "dss"})
DSS_AGAINST_FINETUNING = Comparison({"method": "dss"}, {"method": "finetune"})


def compare(
    values: Values,
    declared: Sequence[Comparison],
    margin: float,
    also: Sequence[Comparison] | None = (),
) -> pd.DataFrame:
    """Compare settings over the seeds that both have.

    Args:
        values: NaN where a seed has none.
        declared: Decided together; only they are corrected for, and only they get verdicts.
        margin: Smallest difference of interest, in the values' unit.
        also: Compared for exploration; None compares every two settings of one data set and size.

    Returns:
        Columns `setting`, `against`, `declared`, `difference`, `low`, `high` (95% t interval), `spread`
        (standard deviation between seeds), `seeds`, `p`, and of declared ones `p_holm`, `p_same` (both
        Holm-corrected) and `verdict`.
    """
    known = {one: _known(seeds) for one, seeds in values.items()}
    known = {one: seeds for one, seeds in known.items() if seeds}
    settings = list(known)

    def shared(pairs: Iterator[Pair]) -> list[Pair]:
        return [p for p in dict.fromkeys(pairs) if known[p[0]].keys() & known[p[1]].keys()]

    first = shared(pair for one in declared for pair in one.pairs(settings))
    others = _every_two(settings) if also is None else (p for c in also for p in c.pairs(settings))
    rest = [p for p in shared(others) if p not in first and p[::-1] not in first]
    verdicts = decide([(known[a], known[b]) for a, b in first], [margin] * len(first))
    rows = [_row(a, b, v.found, v) for (a, b), v in zip(first, verdicts, strict=True)]
    rows += [_row(a, b, paired_difference(known[a], known[b]), None) for a, b in rest]
    frame = pd.DataFrame(rows)
    numbers = ("difference", "low", "high", "spread", "p", "p_holm", "p_same")
    return frame.astype(dict.fromkeys(numbers, float)) if rows else frame


def over_items(runs: Sequence[Run], compared: pd.DataFrame) -> pd.DataFrame:
    """Ask of each compared pair what other test items would have said.

    Args:
        runs: The runs behind it.
        compared: From `compare`, of their accuracy.

    Returns:
        The same rows with `item_low`, `item_high` (points: 95% paired bootstrap over items of the mean
        over shared seeds), `p_items`, `p_votes` (exact McNemar of majority votes; of an even number of
        seeds the last has no vote), `only_one` and `only_other`: items that one vote alone has right.
    """
    cells = by_setting(runs)
    rows = []
    for one in compared.to_dict("records"):
        mine, theirs = cells[one["setting"]], cells[one["against"]]
        shared = sorted(mine.keys() & theirs.keys())
        right = [np.array([side[s].outcomes() for s in shared], float) for side in (mine, theirs)]
        items = paired_bootstrap(*(side.mean(axis=0) for side in right))
        votes = mcnemar(*(_majority(side) for side in right))
        rows.append(
            {
                "item_low": 100 * items.low,
                "item_high": 100 * items.high,
                "p_items": items.p,
                "p_votes": votes.p,
                "only_one": votes.only_a,
                "only_other": votes.only_b,
            }
        )
    return pd.concat([compared, pd.DataFrame(rows, index=compared.index)], axis=1)


def _row(
    one: Setting, other: Setting, found: PairedDifference, v: Verdict | None
) -> dict[str, Any]:
    return {
        "setting": one,
        "against": other,
        "declared": v is not None,
        "difference": found.difference.mean,
        "low": found.difference.low,
        "high": found.difference.high,
        "spread": found.spread,
        "seeds": len(found.seeds),
        "p": found.p,
        "p_holm": v.p_holm if v else None,
        "p_same": v.p_same if v else None,
        "verdict": v.decision if v else None,
    }


def _every_two(settings: Sequence[Setting]) -> Iterator[Pair]:
    for other, one in combinations(settings, 2):
        if (one.dataset, one.size, one.split) == (other.dataset, other.size, other.split):
            yield one, other


def _known(seeds: Mapping[int, float]) -> dict[int, float]:
    return {seed: value for seed, value in seeds.items() if not np.isnan(value)}


def _majority(outcomes: np.ndarray) -> np.ndarray:
    """(seeds, items) → (items,): right where more than half of an odd number of seeds are."""
    voters = len(outcomes) - (len(outcomes) % 2 == 0)
    return outcomes[:voters].mean(axis=0) > 0.5
