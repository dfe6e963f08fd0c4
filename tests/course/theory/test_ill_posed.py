"""What notebook 11 shows of features that determine each other."""

import math

import pytest

from mi_cot_lib.course.theory.ill_posed import LIVE, draw_live, prepare_live


def test_live_estimates_stand_beside_the_truth():
    found = prepare_live(rho=0.6, dims=2, items=600)
    assert list(found.index) == list(LIVE)
    assert found["truth"].iloc[0] == pytest.approx(-math.log(1 - 0.36))
    assert found.loc["infonce", "nats"] == pytest.approx(found["truth"].iloc[0], abs=0.15)
    axes = draw_live(found).axes[0]
    assert axes.lines[0].get_xdata()[0] == found["truth"].iloc[0]
    assert "95% of the bound's sampling noise, not of I" in axes.get_xlabel()
