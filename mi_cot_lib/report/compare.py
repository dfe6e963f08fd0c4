"""Comparisons of settings: those an item declares beforehand get a verdict, all others are exploratory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mi_cot_lib.measure.over_items import mcnemar, paired_bootstrap
from mi_cot_lib.measure.over_seeds import paired_difference
from mi_cot_lib.measure.verdicts import decide
from mi_cot_lib.report.runs import Run, Values, by_setting
from mi_cot_lib.report.setting import Setting

Pair = tuple[Setting, Setting]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which settings are compared: those that fields `of` match, each with the one that is otherwise alike.

    `against` is what those fields, and others, are on the other side, which is subtracted.
    """

    of: Mapping[str, Any]
    against: Mapping[str, Any]

    def pairs(self, settings: Sequence[Setting]) -> Iterator[Pair]:
        """Yield the pairs that are there."""
        there = {one.normalised(): one for one in settings}
        for one in settings:
            if one.matches(self.of):
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
    """Compare settings over the seeds that both have, and that have a value that is not NaN.

    Declared pairs are decided together; only they are corrected for, and only they get verdicts, with the
    margin as the smallest difference of interest, in the values' unit. Those of `also` are compared for
    exploration; None compares every two settings of one data set and size.

    Returns:
        Columns `setting`, `against`, `declared`, `difference`, `low`, `high` (95% t interval), `spread`
        (standard deviation between seeds), `seeds`, `p`, and of declared ones `p_holm`, `p_same` (both
        Holm-corrected) and `verdict`.
    """
    known = {
        one: {seed: value for seed, value in seeds.items() if not np.isnan(value)}
        for one, seeds in values.items()
    }
    settings = [one for one, seeds in known.items() if seeds]

    def shared(pairs: Iterable[Pair]) -> list[Pair]:
        return [p for p in dict.fromkeys(pairs) if known[p[0]].keys() & known[p[1]].keys()]

    first = shared(pair for one in declared for pair in one.pairs(settings))
    others = _every_two(settings) if also is None else (p for c in also for p in c.pairs(settings))
    rest = [p for p in shared(others) if p not in first and p[::-1] not in first]
    decided = decide([(known[a], known[b]) for a, b in first], [margin] * len(first))
    rows = []
    for (a, b), verdict in [*zip(first, decided, strict=True), *((pair, None) for pair in rest)]:
        found = verdict.found if verdict else paired_difference(known[a], known[b])
        rows.append(
            {
                "setting": a,
                "against": b,
                "declared": verdict is not None,
                "difference": found.difference.mean,
                "low": found.difference.low,
                "high": found.difference.high,
                "spread": found.spread,
                "seeds": len(found.seeds),
                "p": found.p,
                "p_holm": verdict and verdict.p_holm,
                "p_same": verdict and verdict.p_same,
                "verdict": verdict and verdict.decision,
            }
        )
    numbers = ("difference", "low", "high", "spread", "p", "p_holm", "p_same")
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float) if rows else {})


def over_items(runs: Sequence[Run], compared: pd.DataFrame) -> pd.DataFrame:
    """Ask of each pair whose accuracies `compare` compared what other test items would have said.

    Returns:
        The same rows with `item_low`, `item_high` (points: 95% paired bootstrap over items of the mean
        over shared seeds), `p_items`, `p_votes` (exact McNemar of majority votes; of an even number of
        seeds the last has no vote), `only_one` and `only_other`: items that one vote alone has right.
    """
    cells = by_setting(runs)
    rows = []
    for one in compared.to_dict("records"):
        sides = cells[one["setting"]], cells[one["against"]]
        shared = sorted(sides[0].keys() & sides[1].keys())
        right = [np.array([side[seed].outcomes() for seed in shared], float) for side in sides]
        items = paired_bootstrap(*(side.mean(axis=0) for side in right))
        votes = mcnemar(*(_majority(side) for side in right))
        over = (100 * items.low, 100 * items.high, items.p)
        rows.append((*over, votes.p, votes.only_a, votes.only_b))
    names = ["item_low", "item_high", "p_items", "p_votes", "only_one", "only_other"]
    return compared.join(pd.DataFrame(rows, compared.index, names))


def _every_two(settings: Sequence[Setting]) -> Iterator[Pair]:
    for other, one in combinations(settings, 2):
        if (one.dataset, one.size, one.split) == (other.dataset, other.size, other.split):
            yield one, other


def _majority(outcomes: np.ndarray) -> np.ndarray:
    """(seeds, items) → (items,): right where more than half of an odd number of seeds are."""
    voters = len(outcomes) - (len(outcomes) % 2 == 0)
    return outcomes[:voters].mean(axis=0) > 0.5
