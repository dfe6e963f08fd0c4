"""What is said of the paper's own numbers follows from them."""

import re

import pytest

from mi_cot_lib.analysis.paper_claims import rows_apart
from mi_cot_lib.reproduce.paper_numbers import ACCURACY, TEST_ITEMS

FAMILIES = {"esnli": "e-SNLI", "anli1": "ANLI R1", "cqa": "CQA", "svamp": "SVAMP"}


def test_table5s_rows_lie_farther_apart_on_anli_than_chance_over_items_explains():
    rows = ACCURACY["table5"]
    text = rows_apart(rows["kl"], rows["ce"], TEST_ITEMS, FAMILIES)
    p = {
        family: float(value)
        for family, value in re.findall(
            r"(?:^|: |; )([\w -]+?) [\d.]+ points, p ([\d.e-]+\d)", text
        )
    }
    assert p.keys() == set(FAMILIES.values())
    assert p.pop("ANLI R1") == pytest.approx(4.5e-5, rel=0.05)
    assert min(p.values()) > 0.4
    assert "On ANLI R1 that is more than chance over test items explains" in text
    assert "chance alone" not in text


def test_rows_that_chance_over_items_explains_are_said_to_be_so():
    text = rows_apart({"svamp": 67.0}, {"svamp": 68.0}, TEST_ITEMS, FAMILIES)
    assert text.endswith("Chance over test items can explain that.")


def test_a_gap_is_judged_by_the_items_it_rests_on():
    few, many = (
        rows_apart({"cqa": 42.0}, {"cqa": 51.2}, {"cqa": items}, FAMILIES) for items in (50, 5000)
    )
    assert "more than chance" not in few and "more than chance" in many


def test_rows_without_numbers_of_the_paper_say_nothing():
    assert rows_apart({}, {}, TEST_ITEMS, FAMILIES) == ""
