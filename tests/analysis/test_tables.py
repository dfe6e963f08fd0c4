"""The method table against numbers worked out by hand, and what may not stand in one table."""

import math
from io import StringIO

import pandas as pd
import pytest

from mi_cot_lib.analysis.tables import (
    display_table,
    p_text,
    prepare_method_table,
    to_csv,
    to_markdown,
    with_interval,
)
from mi_cot_lib.errors import ConfigError

T2 = 4.302652729911275  # Student's t, two degrees of freedom, 97.5%


def test_rows_stand_in_the_papers_order_whatever_the_order_of_runs(records):
    table = prepare_method_table(records)
    assert list(table["title"]) == ["Finetuning", "Single-task", "DSS", "MI (released form)"]
    pd.testing.assert_frame_equal(table, prepare_method_table(records[::-1]))


def test_mi_row_holds_the_numbers_worked_out_by_hand(records):
    row = prepare_method_table(records).loc["mi"]
    # Accuracies 55, 57, 59: mean 57, standard deviation 2.
    assert row["accuracy"] == pytest.approx(57)
    assert row["low"] == pytest.approx(57 - T2 * 2 / math.sqrt(3))
    assert row["high"] == pytest.approx(57 + T2 * 2 / math.sqrt(3))
    # Differences 1, 2, 3: mean 2, standard deviation 1, t = 2√3, p = 1 − t / √(2 + t²).
    assert row["difference"] == pytest.approx(2)
    assert row["difference_high"] == pytest.approx(2 + T2 / math.sqrt(3))
    t = 2 * math.sqrt(3)
    assert row["p"] == pytest.approx(1 - t / math.sqrt(2 + t**2))
    assert row["unseen_accuracy"] == pytest.approx(47)
    assert (row["seeds"], row["test_items"]) == (3, 2000)
    assert row["minutes"] == pytest.approx((60 + 66 + 72) / 3 / 60)


def test_dss_is_not_compared_with_itself(records):
    row = prepare_method_table(records).loc["dss"]
    assert row[["difference", "difference_low", "p", "p_holm"]].isna().all()


def test_holm_counts_the_three_comparisons(records):
    table = prepare_method_table(records).drop("dss")
    smallest = table["p"].idxmin()
    assert table.loc[smallest, "p_holm"] == pytest.approx(min(1, 3 * table.loc[smallest, "p"]))
    assert (table["p_holm"] >= table["p"]).all()


def test_without_dss_or_with_one_seed_the_unknown_is_left_empty(record):
    table = prepare_method_table([record("mi", 0, 0.5), record("finetune", 0, 0.4)])
    assert table[["low", "high", "difference", "p", "unseen_accuracy"]].isna().all(axis=None)
    assert "50.0 [no interval]" in to_markdown(table)


def test_an_unseen_mean_over_fewer_seeds_is_left_empty(record):
    runs = [record("dss", 0, 0.5, unseen_accuracy=0.3), record("dss", 1, 0.6)]
    assert math.isnan(prepare_method_table(runs).loc["dss", "unseen_accuracy"])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dataset": "svamp"}, "dataset"),
        ({"student": "small"}, "student"),
        ({"max_steps": 800}, "max_steps"),
        ({"labels": "teacher"}, "labels"),
        ({"alpha2": 0.3}, "alpha2"),
        ({"unparsed": "keep_empty"}, "unparsed"),
        ({"max_new_tokens": 128}, "max_new_tokens"),
        ({"test_n": 500}, "test_n"),
    ],
)
def test_records_of_mixed_settings_are_refused_by_name(record, changes, named):
    runs = [record("dss", 0, 0.5), record("mi", 0, 0.5, run="the-odd-one", **changes)]
    with pytest.raises(ConfigError, match=rf"differ in {named} .*the-odd-one"):
        prepare_method_table(runs)


def test_mi_runs_of_two_forms_are_refused(record):
    runs = [record("mi", 0, 0.5), record("mi", 1, 0.5, mi_form="paper")]
    with pytest.raises(ConfigError, match="mi_form"):
        prepare_method_table(runs)


@pytest.mark.parametrize(
    ("method", "changes"),
    [
        ("dss", {"mi_form": "paper", "alpha3": 0.0}),
        ("finetune", {"alpha1": 1.0, "alpha2": 0.0, "unparsed": "keep_empty"}),
        ("single_task", {"max_target_tokens": 256, "max_new_tokens": 256}),
    ],
)
def test_a_field_that_the_method_does_not_use_may_differ(record, method, changes):
    table = prepare_method_table([record("mi", 0, 0.5), record(method, 0, 0.5, **changes)])
    assert set(table.index) == {"mi", method}


def test_a_method_and_seed_that_occur_twice_are_refused_with_both_runs(record):
    runs = [record("dss", 1, 0.5, run="first"), record("dss", 1, 0.6, run="second")]
    with pytest.raises(ConfigError, match="first and second"):
        prepare_method_table(runs)


def test_no_runs_are_refused():
    with pytest.raises(ConfigError, match="no finished runs"):
        prepare_method_table([])


def test_markdown_is_a_table_of_equal_rows(records):
    lines = to_markdown(prepare_method_table(records)).splitlines()
    assert len(lines) == 2 + 4
    assert len({line.count("|") for line in lines}) == 1
    assert "57.0 [52.0, 62.0]" in lines[-1] and "+2.0 [−0.5, +4.5]" in lines[-1]


def test_csv_holds_the_rounded_numbers(records, tmp_path):
    table = prepare_method_table(records)
    path = tmp_path / "new" / "table.csv"
    to_csv(table, path)
    text = path.read_text("utf-8")
    back = pd.read_csv(StringIO(text), index_col="method")
    assert back.loc["mi", "p"] == round(table.loc["mi", "p"], 4)
    assert back.loc["mi", "low"] == round(table.loc["mi", "low"], 2)
    assert list(back.columns) == list(table.columns)


@pytest.mark.parametrize(
    ("cells", "signed", "text"),
    [
        ((1.25, -0.31, 2.74), True, "+1.2 [−0.3, +2.7]"),
        ((-0.04, -1.0, 0.96), True, "+0.0 [−1.0, +1.0]"),
        ((53.6, math.nan, math.nan), False, "53.6 [no interval]"),
        ((math.nan, math.nan, math.nan), True, "–"),
    ],
)
def test_a_mean_with_its_interval_is_printed_to_one_decimal(cells, signed, text):
    assert with_interval(*cells, signed=signed) == text


@pytest.mark.parametrize(("p", "text"), [(0.0004, "<0.001"), (0.0416, "0.042"), (math.nan, "–")])
def test_p_is_printed_to_three_decimals(p, text):
    assert p_text(p) == text


def test_display_has_no_missing_cell(records):
    assert (display_table(prepare_method_table(records)).map(len) > 0).all(axis=None)
