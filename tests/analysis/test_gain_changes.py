"""Gains subtracted from gains, against numbers worked out by hand."""

import pytest

from mi_cot_lib.analysis.gain_changes import prepare_gain_changes, print_gain_changes
from mi_cot_lib.analysis.paper_accuracy import Entry
from mi_cot_lib.analysis.statistics import paired_difference


def entries(bits: dict[str, list[str]]) -> list[Entry]:
    """Runs on nano-CQA: by row, the right and wrong answers of seeds 0, 1, …."""
    return [
        Entry(row, "cqa", seed, {"correct": {"test": outcome}})
        for row, outcomes in bits.items()
        for seed, outcome in enumerate(outcomes)
    ]


def test_a_change_is_the_difference_of_two_gains_on_shared_seeds():
    found = prepare_gain_changes(
        entries(
            {
                "dss none": ["0000", "1000", "1100"],
                "mi none": ["1000", "1000", "1110"],
                "dss label_named": ["1100", "1100", "1111"],
                "mi label_named": ["1100", "1100"],
            }
        ),
        "none",
    )
    (one,) = found.to_dict("records")
    # Gains as the teacher is: 25, 0, 25 points; with the label named: 0, 0, and no third seed.
    assert (one["row"], one["against"], one["column"]) == ("label_named", "none", "cqa")
    assert one["difference"] == pytest.approx(-12.5)
    assert one["seeds"] == 2
    expected = paired_difference({0: 0.0, 1: 0.0}, {0: 25.0, 1: 0.0})
    assert (one["low"], one["high"]) == (expected.difference.low, expected.difference.high)
    printed = print_gain_changes(found, {"cqa": "nano-CQA"}).to_dict("records")[0]
    assert printed["Compared"] == "gain with label named − gain with teacher as it is"
    assert printed["Data set"] == "nano-CQA"


def test_p_is_corrected_over_all_changes():
    found = prepare_gain_changes(
        entries(
            {
                "dss nano": ["0000", "0000", "0000"],
                "mi nano": ["1000", "1100", "1000"],
                "dss nano48": ["0000", "0000", "0000"],
                "mi nano48": ["0000", "1000", "1000"],
                "dss nano32": ["0000", "0000", "0000"],
                "mi nano32": ["1111", "1111", "1100"],
            }
        ),
        "nano",
    )
    assert found["row"].tolist() == ["nano48", "nano32"]
    smaller, larger = sorted(found["p_seeds"])
    assert sorted(found["p_seeds_holm"]) == pytest.approx(
        sorted([2 * smaller, max(2 * smaller, larger)])
    )


def test_without_the_setting_to_compare_with_there_is_nothing():
    found = prepare_gain_changes(entries({"dss nano": ["01"], "mi nano": ["11"]}), "nano")
    assert not len(found)
    assert not len(print_gain_changes(found, {"cqa": "nano-CQA"}))
