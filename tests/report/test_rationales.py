"""Judged rationales: means, correlations and cases, on scores whose answer is known."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.report.cells.quality import (
    choose_cases,
    correlation_by_seed,
    correlation_cells,
    quality_by_seed,
    quality_cells,
)
from mi_cot_lib.report.runs import JudgedSample
from mi_cot_lib.report.setting import TEACHER, Setting
from tests.report.made import setting

GOLD = JudgedSample(
    Setting(dataset="nano_cqa", method=TEACHER), 0, [{"id": "a", "rationale": "r"}], [(5,)]
)


def sample(method, scores, correct, seed=0):
    items = [
        {"id": f"item {n}", "rationale": f"r{n}", "predicted": "1", "correct": right}
        for n, right in enumerate(correct)
    ]
    return JudgedSample(setting(method), seed, items, scores, bleu=10.0, rouge=20.0)


def test_quality_is_averaged_over_repeats_then_items_and_malformed_answers_are_counted():
    one = sample("dss", [(4, 2, None), (5, 5, 5)], [True, False])
    (cell,) = quality_cells([one]).to_dict("records")
    assert cell["value"] == pytest.approx((3 + 5) / 2)
    assert cell["sd"] == pytest.approx(np.std([3, 5], ddof=1))
    assert (cell["first_mean"], cell["repeats"], cell["items"]) == (4.5, 3, 2)
    assert cell["malformed"] == pytest.approx(1 / 6)
    assert (cell["bleu"], cell["rouge"]) == (10.0, 20.0)


def test_an_item_whose_every_answer_is_malformed_does_not_count():
    one = sample("dss", [(None,), (4,), (2,)], [True] * 3)
    assert quality_cells([one])["value"].item() == 3
    assert quality_by_seed([one, GOLD]) == {setting("dss"): {0: 3.0}}
    (nothing,) = quality_by_seed([sample("dss", [(None,)], [True])]).values()
    assert np.isnan(nothing[0])


def test_correlation_is_pearsons():
    generator = np.random.default_rng(0)
    scores = generator.integers(1, 6, 50)
    correct = generator.random(50) < scores / 6
    one = sample("mi", [(int(score),) for score in scores], correct.tolist())
    (cell,) = correlation_cells([GOLD, one]).to_dict("records")
    plain = stats.pearsonr(scores, correct.astype(float))
    assert cell["value"] == pytest.approx(plain.statistic)
    assert cell["p_first"] == pytest.approx(plain.pvalue)
    assert cell["low"] < cell["value"] < cell["high"]
    interval = plain.confidence_interval()
    assert cell["high"] - cell["low"] == pytest.approx(interval.high - interval.low, rel=0.35)
    assert correlation_by_seed([one])[setting("mi")][0] == pytest.approx(plain.statistic)


def test_without_variation_there_is_no_correlation():
    one = sample("mi", [(3,), (3,), (3,)], [True, False, True])
    (cell,) = correlation_cells([one]).to_dict("records")
    assert np.isnan(cell["value"]) and np.isnan(cell["low"])
    assert (cell["seeds"], cell["of_seeds"]) == (0, 1)


def test_cases_are_the_first_that_fit_in_both_directions_of_the_first_seed():
    dss = sample("dss", [(1,), (2,), (3,)], [True, False, True])
    mi = sample("mi", [(1,), (5,), (3,)], [True, True, False])
    later = sample("mi", [(5,), (5,), (5,)], [True, True, True], seed=1)
    cases = choose_cases([GOLD, later, dss, mi], "labels")
    assert [case.id for case in cases] == ["item 1", "item 2"]
    assert cases[0].answers["mi"]["score"] == 5 and not cases[0].answers["dss"]["correct"]


def test_rationales_are_compared_where_both_labels_are_right():
    dss = sample("dss", [(5,), (2,), (3,)], [False, True, True])
    mi = sample("mi", [(1,), (3,), (1,)], [True, True, True])
    assert [case.id for case in choose_cases([dss, mi], "rationales")] == ["item 1", "item 2"]


def test_a_rule_that_nothing_fits_has_no_case():
    same = [sample(method, [(3,), (3,)], [True, True]) for method in ("dss", "mi")]
    assert choose_cases(same, "labels") == choose_cases(same, "rationales") == []
    # Nor has one method alone.
    assert choose_cases([GOLD, same[0]], "labels") == choose_cases([same[1]], "labels") == []
