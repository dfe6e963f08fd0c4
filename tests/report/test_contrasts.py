"""Contrasts: gains are subtracted from gains, and a slope is what ten times as much does."""

import numpy as np
import pytest

from mi_cot_lib.report.contrasts import contrasts
from tests.report.made import run, setting

DSS, MI = (setting(name) for name in ("dss", "mi"))


def test_a_gain_is_subtracted_from_the_first_settings_gain_seed_by_seed():
    hidden = {name: setting(name, change="label_hidden", share=1.0) for name in ("dss", "mi")}
    right = {DSS: (10, 11), MI: (12, 14), hidden["dss"]: (9, 9), hidden["mi"]: (10, 9)}
    made = [run(of, s, count) for of, seeds in right.items() for s, count in enumerate(seeds)]
    (found,) = contrasts("changes", made, ("change",), 1.0).to_dict("records")
    assert found["contrast"] == "label hidden − the teacher as it is"
    # Gains of 10 and 15 points, and of 5 and 0.
    assert found["difference"] == pytest.approx((5 - 10 + 0 - 15) / 2)


def test_gains_are_compared_where_all_else_is_alike():
    students = [
        setting(name).with_(student=one) for one in ("nano", "nano24") for name in ("dss", "mi")
    ]
    other = [one.with_(dataset="nano_svamp") for one in students[:2]]
    made = [run(of, seed, 9 + seed) for of in (*students, *other) for seed in range(2)]
    (found,) = contrasts("changes", made, ("student",), 1.0).to_dict("records")
    assert found["setting"] == students[3] and found["verdict"] == "same within the margin"


def test_a_slope_is_the_line_through_the_weights_by_item():
    weights, seeds = (0.03, 0.1, 0.3, 1.0), 3
    bits = np.random.default_rng(0).integers(0, 2, (len(weights), seeds, 40))
    made = [
        run(MI.with_(alpha3=weight), seed, 1, correct={"test": "".join(map(str, row))})
        for weight, rows in zip(weights, bits, strict=True)
        for seed, row in enumerate(rows)
    ]
    (found,) = contrasts("slopes", made, ("alpha1", "alpha3"), 1.0).to_dict("records")
    means = 100 * bits.mean(axis=(1, 2))
    assert found["difference"] == pytest.approx(np.polyfit(np.log10(weights), means, 1)[0])
    assert found["low"] < found["difference"] < found["high"] and found["seeds"] == seeds
