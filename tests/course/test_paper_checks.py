"""What the paper's printed accuracies say by themselves, against plain arithmetic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mi_cot_lib.course.paper_checks import (
    fewest_runs,
    impossible_cells,
    prepare_gains,
    printed_rows,
)
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.paper import paper_numbers

TEST_ITEMS = paper_numbers()["test_items"]


def gains(table, better="mi", than="dss"):
    rows = printed_rows(table)
    return prepare_gains(rows[better], rows[than], TEST_ITEMS)


def test_no_gain_over_dss_in_table_1_is_significant():
    p = gains("table1")["p"].round(2)
    assert p.to_dict() == {"esnli": 0.98, "anli1": 0.47, "cqa": 0.76, "svamp": 0.60}


def test_no_gain_over_dss_in_table_2_is_significant():
    assert gains("table2")["p"].min() > 0.3


def test_the_interval_of_a_gain_is_wider_than_the_gain():
    found = gains("table1")
    assert found["half-width"].round(1).to_dict() == {
        "esnli": 0.9, "anli1": 4.4, "cqa": 3.8, "svamp": 9.2,
    }  # fmt: skip
    assert (found["gain"].abs() < found["half-width"]).all()
    assert found.loc["svamp", "one item"] == 0.5


def test_table_5s_rows_lie_farther_apart_on_anli_than_test_items_explain():
    p = gains("table5", "ce", "kl")["p"].to_dict()
    assert p.pop("anli1") < 1e-4 < 0.4 < min(p.values())


def test_seven_of_eight_cells_of_table_6_are_impossible_at_table_1s_accuracies():
    found = impossible_cells()
    assert len(found) == 7
    gap = (found["accuracy (Table 1)"] - found["confidence"]).abs()
    assert (gap > found["ECE"]).all()
    assert set(zip(found["method"], found["data"], strict=True)).isdisjoint({("dss", "anli1")})


@given(st.integers(50, 10_000), st.floats(5, 95), st.floats(5, 95))
def test_gains_are_tested_as_by_hand(n, first, second):
    found = prepare_gains({"x": first}, {"x": second}, {"x": n}).loc["x"]
    a, b = first / 100, second / 100
    pooled = (a + b) / 2
    z = (a - b) / math.sqrt(2 * pooled * (1 - pooled) / n)
    assert found["p"] == pytest.approx(2 * norm.sf(abs(z)), abs=1e-9)
    width = 196 * math.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert found["half-width"] == pytest.approx(width, rel=1e-3)


def test_each_baseline_of_table_1_holds_a_number_that_no_single_run_can_have():
    runs = {
        row: {name: fewest_runs(value, TEST_ITEMS[name]) for name, value in columns.items()}
        for row, columns in printed_rows("table1").items()
    }
    for baseline in ("finetune", "single_task", "dss"):
        assert max(runs[baseline].values()) > 1
    assert runs["finetune"]["svamp"] > 1 and runs["dss"]["anli1"] > 1
    assert set(runs["mi"].values()) == {1}


def test_table_2_can_be_of_single_runs():
    for columns in printed_rows("table2").values():
        for name, value in columns.items():
            assert fewest_runs(value, TEST_ITEMS[name]) == 1


@given(st.integers(1, 2_000), st.data())
def test_what_one_run_has_needs_no_second(items, data):
    right = data.draw(st.integers(0, items))
    assert fewest_runs(round(100 * right / items, 2), items) == 1


def test_a_mean_over_runs_is_found_out():
    assert fewest_runs(62.63, 200) > 1
    assert fewest_runs(50.25, 200) == 2
    with pytest.raises(ConfigError, match="no mean of 1 runs"):
        fewest_runs(50.25, 200, most=1)
