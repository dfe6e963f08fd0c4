"""Checks of comparisons: one test set, several seeds, and what a number of seeds could find."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as exact_mcnemar
from statsmodels.stats.proportion import proportions_ztest

from mi_cot_lib.course.checks.check import Check, Misconception

Right = NDArray[np.bool_]
Values = NDArray[np.float64]


def _counted(first: Right, second: Right) -> tuple[int, int]:
    return int((first & ~second).sum()), int((~first & second).sum())


def _mcnemar(first: Right, second: Right) -> float:
    only_first, only_second = _counted(first, second)
    return float(exact_mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)


def _answers() -> list[tuple[Right, Right]]:
    generator = np.random.default_rng(0)
    first = generator.random(200) < 0.6
    return [(first, first ^ (generator.random(200) < share)) for share in (0.05, 0.3)] + [
        (first, first)
    ]


def _chi_squared(first: Right, second: Right) -> float:
    one, other = _counted(first, second)
    return float(stats.chi2.sf((one - other) ** 2 / (one + other), 1)) if one + other else 1.0


def _unpaired(first: Right, second: Right) -> float:
    return float(proportions_ztest([first.sum(), second.sum()], [len(first), len(second)])[1])


mcnemar = Check(
    name="mcnemar",
    solution=_mcnemar,
    cases=_answers,
    right="Only questions on which the two disagree say anything: a fair coin would decide each of them.",
    misconceptions=(
        Misconception(
            _unpaired,
            "It compares two proportions as if they were of different questions. Both answered the same "
            "ones: those on which they agree say nothing about which is better.",
        ),
        Misconception(
            lambda first, second: (
                min(1.0, _mcnemar(first, second) / 2)
                if (first != second).any()
                else _mcnemar(first, second)
            ),
            "It is one-sided. Before looking, either could have been better: double it.",
        ),
        Misconception(
            _chi_squared,
            "It is the χ² approximation. With few disagreements it is off: the binomial is exact "
            "(`scipy.stats.binomtest`).",
        ),
        Misconception(
            lambda first, second: float(
                stats.binomtest(int((first & ~second).sum()), len(first)).pvalue
            ),
            "It counts all questions. Those that both or neither answer rightly take no side: n is the "
            "disagreements.",
        ),
    ),
)


def _t_interval(differences: Values, factor: float, ddof: int = 1) -> tuple[float, float]:
    error = differences.std(ddof=ddof) / np.sqrt(len(differences))
    return float(differences.mean() - factor * error), float(differences.mean() + factor * error)


def _t(n: int) -> float:
    return float(stats.t.isf(0.025, n - 1))


def _unpaired_interval(first: Values, second: Values) -> tuple[float, float]:
    found = stats.ttest_ind(first, second).confidence_interval()
    return float(found.low), float(found.high)


def _seeds() -> list[tuple[Values, Values]]:
    generator = np.random.default_rng(3)
    base = generator.normal(80, 3, 5)
    return [
        (base + generator.normal(1, 0.5, 5), base),
        (base[:3] + generator.normal(0, 1, 3), base[:3]),
    ]


paired_interval = Check(
    name="paired_interval",
    solution=lambda first, second: _t_interval(first - second, _t(len(first))),
    cases=_seeds,
    right="What a seed does to both methods alike is gone; with few seeds Student's t keeps the interval "
    "honest.",
    misconceptions=(
        Misconception(
            _unpaired_interval,
            "It treats the two as unrelated. Runs of one seed share their examples: take differences seed by "
            "seed first.",
        ),
        Misconception(
            lambda first, second: _t_interval(first - second, 1.96),
            "1.96 is for a spread that is known. Estimated from 5 seeds the factor is 2.78, from 3 it is "
            "4.30: Student's t.",
        ),
        Misconception(
            lambda first, second: _t_interval(first - second, _t(len(first)), ddof=0),
            "The spread is divided by n. numpy's `std` does so unless told otherwise: `ddof=1`.",
        ),
        Misconception(
            lambda first, second: tuple(
                float(
                    (first - second).mean() + sign * _t(len(first)) * (first - second).std(ddof=1)
                )
                for sign in (-1, 1)
            ),
            "√n is missing: that is about where a single seed's difference lies. The mean is √n times surer.",
        ),
        Misconception(
            lambda first, second: _t_interval(second - first, _t(len(first))),
            "The sign is turned: first minus second, so that above 0 means that the first is better.",
        ),
    ),
)


def _at_end(difference: float, spread: float, seeds: int, alpha: float) -> float:
    shift = difference / spread * np.sqrt(seeds)
    return float(stats.nct.sf(stats.t.isf(alpha, seeds - 1), seeds - 1, shift))


def _normal_end(difference: float, spread: float, seeds: int, alpha: float) -> float:
    return float(stats.norm.sf(stats.norm.isf(alpha) - difference / spread * np.sqrt(seeds)))


def _power(difference: float, spread: float, seeds: int, alpha: float = 0.05) -> float:
    return sum(_at_end(one, spread, seeds, alpha / 2) for one in (difference, -difference))


power = Check(
    name="power",
    solution=_power,
    cases=lambda: [(1.0, 1.0, 5), (1.0, 1.0, 12), (2.5, 1.2, 3), (0.5, 2.0, 20)],
    right="With a true difference of one spread, five seeds find it less than half the time.",
    tolerance=2e-3,
    misconceptions=(
        Misconception(
            lambda d, spread, n: sum(_normal_end(one, spread, n, 0.025) for one in (d, -d)),
            "It takes the spread as known (a normal). With few seeds it is estimated: a noncentral t "
            "(`scipy.stats.nct`).",
        ),
        Misconception(
            partial(_power, alpha=0.1),
            "It is the power of a one-sided test. The declared one looks both ways: 2.5% at each end.",
            also=tuple(partial(one, alpha=0.05) for one in (_at_end, _normal_end)),
        ),
        Misconception(
            lambda difference, spread, seeds: _power(difference, spread * np.sqrt(seeds), seeds),
            "√n is missing: the mean of n differences spreads less than one of them.",
        ),
        Misconception(
            lambda difference, spread, seeds: 1 - _power(difference, spread, seeds),
            "It is the chance to miss the difference. Power is the chance to find it.",
        ),
    ),
)
