"""Judged rationales: means, correlations and cases, on scores whose answer is known."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.analysis.paper_rationales import (
    CASE_RULES,
    JudgedSample,
    choose_cases,
    prepare_correlations,
    prepare_judged,
)


def sample(row, scores, correct, seed=0, column="svamp"):
    items = [
        {"id": f"nano_svamp/test/{n}", "rationale": f"r{n}", "predicted": "1", "correct": right}
        for n, right in enumerate(correct)
    ]
    return JudgedSample(row, column, seed, items, scores)


def test_quality_is_averaged_over_repeats_then_items_and_malformed_answers_are_counted():
    found = prepare_judged([sample("dss", [(4, 2, None), (5, 5, 5)], [True, False])]).iloc[0]
    assert found["mean"] == pytest.approx((3 + 5) / 2)
    assert found["sd"] == pytest.approx(np.std([3, 5], ddof=1))
    assert (found["first_mean"], found["repeats"], found["items"]) == (4.5, 3, 2)
    assert found["malformed"] == pytest.approx(1 / 6)


def test_an_item_whose_every_answer_is_malformed_does_not_count():
    found = prepare_judged([sample("dss", [(None,), (4,), (2,)], [True] * 3)]).iloc[0]
    assert found["mean"] == 3


def test_correlation_is_pearsons():
    generator = np.random.default_rng(0)
    scores = generator.integers(1, 6, 50)
    correct = generator.random(50) < scores / 6
    found = prepare_correlations(
        [sample("mi", [(int(s),) for s in scores], correct.tolist())]
    ).iloc[0]
    plain = stats.pearsonr(scores, correct.astype(float))
    assert found["r"] == pytest.approx(plain.statistic)
    assert found["p_first"] == pytest.approx(plain.pvalue)
    assert found["low"] < found["r"] < found["high"]
    interval = plain.confidence_interval()
    assert found["high"] - found["low"] == pytest.approx(interval.high - interval.low, rel=0.35)


def test_without_variation_there_is_no_correlation():
    found = prepare_correlations([sample("mi", [(3,), (3,), (3,)], [True, False, True])]).iloc[0]
    assert np.isnan(found["r"]) and np.isnan(found["low"]) and found["seeds"] == 0


def test_the_teachers_rationales_have_no_labels_to_correlate_with():
    gold = JudgedSample("gold", "svamp", 0, [{"id": "a", "rationale": "r"}], [(5,)])
    pair = sample("mi", [(1,), (5,), (4,)], [False, True, True])
    assert list(prepare_correlations([gold, pair])["row"]) == ["mi"]


def test_cases_are_the_first_that_fit_in_both_directions():
    dss = sample("dss", [(1,), (2,), (3,)], [True, False, True])
    mi = sample("mi", [(1,), (5,), (3,)], [True, True, False])
    later = sample("mi", [(5,), (5,), (5,)], [True, True, True], seed=1)
    cases = choose_cases([later, dss, mi], CASE_RULES["figure4"])
    assert [case.id for case in cases] == ["nano_svamp/test/1", "nano_svamp/test/2"]
    assert cases[0].answers["mi"]["score"] == 5 and not cases[0].answers["dss"]["correct"]


def test_a_rule_that_nothing_fits_has_no_case():
    same = [sample(row, [(3,), (3,)], [True, True]) for row in ("dss", "mi")]
    assert choose_cases(same, CASE_RULES["figure5"]) == []
