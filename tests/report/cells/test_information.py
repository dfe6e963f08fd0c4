"""What was measured of students, on records whose means and differences are known."""

import copy
import math

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.report.cells.information import QUANTITIES, information_by_seed, information_cells
from mi_cot_lib.report.compare import MI_AGAINST_DSS, compare
from tests.report.made import run, setting

GAINS = {"zv_infonce": 0.5, "zy": -0.2, "v_answers": 0.0}
SPREAD = (0.01, -0.02, 0.03, 0.0, -0.01)
CAPS = {
    "zv_infonce": 6.4378, "zv_barber_agakov": 6.4378, "zv_vclub": None, "zy": 2.5, "zy_noised": 2.5,
    "v_noised": 6.4378, "v_codes": math.log(32), "v_answers": None,
}  # fmt: skip


def measured(method, seed):
    def value(name, start):
        gain = GAINS.get(name, 0.0) + SPREAD[seed] if method == "mi" else 0.0
        return {"nats": start + 0.1 * seed + gain}

    found = {
        "zv": {
            name: {**value(f"zv_{name}", 1.5), "null": 0.01 * seed, "cap": cap}
            for name, cap in (("infonce", 6.9), ("barber_agakov", None), ("vclub", None))
        },
        "zy": {**value("zy", 1.0), "null": 0.02},
        "zy_noised": {**value("", 0.5), "null": 0.02},
        "v_noised": value("", 4.0),
        "v_codes": value("", 3.0),
        "v_answers": value("v_answers", 2.0),
        "y": {"nats": 2.5},
        "ceiling": 6.4378,
    }
    return {"protocol": {"test_items": 800, "codes": 32}, "measured": found}


@pytest.fixture
def runs():
    return [
        run(setting(method), seed, 9, information=measured(method, seed))
        for method in ("dss", "mi")
        for seed in range(5)
    ]


def test_each_quantity_is_a_row_with_its_mean_null_and_cap(runs):
    found = information_cells(runs)
    assert [one.quantity for one in found["setting"]] == [q for q in QUANTITIES for _ in range(2)]
    cells = {
        one["setting"].quantity: one
        for one in found.to_dict("records")
        if one["setting"].method == "dss"
    }
    first = cells["zv_infonce"]
    assert (first["value"], first["null"]) == pytest.approx((1.7, 0.02))
    assert (first["seeds"], first["items"]) == (5, 800)
    interval = stats.t.interval(0.95, 4, 1.7, stats.sem([1.5, 1.6, 1.7, 1.8, 1.9]))
    assert (first["low"], first["high"]) == pytest.approx(interval)
    for name, cap in CAPS.items():
        assert cells[name]["cap"] == pytest.approx(cap or math.nan, nan_ok=True), name
    assert np.isnan(cells["v_codes"]["null"])


def test_differences_are_paired_by_seed_within_one_quantity(runs):
    found = compare(information_by_seed(runs), (), 0.1, (MI_AGAINST_DSS,))
    assert [one.quantity for one in found["setting"]] == list(QUANTITIES)
    first = found.iloc[0]
    expected = stats.ttest_1samp(np.array(SPREAD) + 0.5, 0.0)
    assert (first["difference"], first["p"]) == pytest.approx((0.502, expected.pvalue))
    assert first["low"] == pytest.approx(expected.confidence_interval(0.95).low)


def test_a_quantity_that_some_student_lacks_has_no_row(runs):
    lacking = copy.deepcopy(runs[0].record["information"])
    lacking["measured"]["zy"] = {"reason": "too many labels"}
    runs[0] = run(setting("dss"), 0, 9, information=lacking)
    found = information_by_seed(runs)
    assert setting("dss", quantity="zy") not in found and setting("mi", quantity="zy") in found


def test_records_of_other_protocols_are_not_mixed(runs):
    other = copy.deepcopy(runs[0].record["information"])
    other["protocol"]["codes"] = 64
    with pytest.raises(ConfigError, match="different protocols"):
        information_cells([*runs[1:], run(setting("dss"), 0, 9, information=other)])
