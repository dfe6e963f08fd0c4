"""The numbers behind the derivation's figures, and that the figures show them."""

import numpy as np
import pytest

from mi_cot_lib.course.theory.derivation_views import (
    EXACT,
    LOWER,
    PRINTED,
    UPPER,
    draw_bounds,
    draw_climb,
    prepare_bounds,
    prepare_climb,
)
from mi_cot_lib.course.theory.exact_world import ExactWorld


def test_the_bounds_enclose_i_at_every_dependence_and_are_drawn():
    bounds = prepare_bounds(5, 4, 0.4)
    assert (bounds[LOWER] <= bounds[EXACT] + 1e-9).all()
    assert (bounds[EXACT] <= bounds[UPPER] + 1e-9).all()
    axes = draw_bounds(bounds, marked=0.6).axes[0]
    for line, name in zip(axes.lines, (EXACT, UPPER, LOWER, PRINTED), strict=False):
        assert line.get_label().startswith(name)
        assert list(line.get_ydata()) == bounds[name].tolist()
    exact = ExactWorld.of(5, 4, 0.6, 0.4).mutual_information
    assert f"{EXACT}: {exact:.3f}" in axes.get_title()


def test_climbing_the_held_bound_loses_information_and_is_drawn():
    climb = prepare_climb(ExactWorld.of(5, 4, 0.6, 0.4))
    assert (np.diff(climb[EXACT]) < 0).all()
    assert climb[EXACT].tolist() == pytest.approx((climb["H(V)"] - climb["H(V|Z)"]).tolist())
    left, right = draw_climb(climb).axes
    assert list(left.lines[0].get_ydata()) == climb[UPPER].tolist()
    assert list(right.lines[1].get_ydata()) == climb["H(V|Z)"].tolist()
