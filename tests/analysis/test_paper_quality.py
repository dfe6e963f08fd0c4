"""Tables 6 to 8: what is printed beside the paper's numbers."""

import pandas as pd
import pytest

from mi_cot_lib.analysis.paper_quality import print_each

FOUND = pd.DataFrame(
    {
        "row": ["dss", "mi", "gold"],
        "column": ["cqa"] * 3,
        "ece": [5.0, 7.0, 9.0],
        "low": [4.0, 6.5, float("nan")],
        "high": [6.0, 7.5, float("nan")],
    }
)
PAPER = {"dss": {"cqa": (5.5, 1.0)}, "mi": {"cqa": (9.25, 1.0)}}


def printed(*, built_in: bool) -> pd.DataFrame:
    return print_each(FOUND, {"cqa": "CQA"}, PAPER, "ECE", "ece", built_in=built_in)


def test_each_cell_says_whether_the_papers_number_lies_within_its_interval():
    shown = printed(built_in=False)
    assert shown["Difference"].tolist() == ["−0.50", "−2.25", "–"]
    assert shown["Paper within our interval"].tolist() == ["yes", "no", "–"]
    assert shown["Paper"].tolist() == ["5.50", "9.25", "–"]


def test_on_built_in_data_no_difference_to_the_paper_is_taken():
    shown = printed(built_in=True)
    assert set(shown["Difference"]) == set(shown["Paper within our interval"]) == {"–"}
    assert shown["Paper (other data)"].tolist() == ["5.50", "9.25", "–"]


@pytest.mark.parametrize("row", ["dss", "mi"])
def test_a_cell_without_an_interval_is_within_none(row):
    alone = FOUND[FOUND["row"] == row].assign(low=float("nan"), high=float("nan"))
    shown = print_each(alone, {"cqa": "CQA"}, PAPER, "ECE", "ece", built_in=False)
    assert shown["Paper within our interval"].tolist() == ["–"]
    assert shown["Difference"].tolist() != ["–"]
