"""The numbers behind the derivation's figures, and that the figures show them."""

import math

import numpy as np
import pytest

from mi_cot_lib.course.theory.collapse import prepare_collapse
from mi_cot_lib.course.theory.degenerate_optimum import prepare_students, released_minimum
from mi_cot_lib.course.theory.derivation_figures import (
    EXACT,
    LOWER,
    PRINTED,
    UPPER,
    draw_bounds,
    draw_bounds_at,
    draw_climb,
    draw_collapse,
    draw_students,
    prepare_bounds,
    prepare_bounds_at,
    prepare_climb,
)
from mi_cot_lib.course.theory.exact_world import ExactWorld


def test_the_bounds_enclose_i_at_every_dependence():
    bounds = prepare_bounds(5, 4, 0.4, points=11)
    assert (bounds[LOWER] <= bounds[EXACT] + 1e-9).all()
    assert (bounds[EXACT] <= bounds[UPPER] + 1e-9).all()
    gap = bounds[PRINTED] - bounds[EXACT]
    worlds = [ExactWorld.of(5, 4, dependence, 0.4) for dependence in bounds["dependence"]]
    assert gap.tolist() == pytest.approx([w.entropy_v - w.entropy_z for w in worlds])


def test_the_curves_are_the_numbers():
    bounds = prepare_bounds(5, 4, 0.4, points=11)
    axes = draw_bounds(bounds).axes[0]
    for line, name in zip(axes.lines, (EXACT, UPPER, LOWER, PRINTED), strict=False):
        assert line.get_label().startswith(name)
        assert list(line.get_ydata()) == bounds[name].tolist()
    assert axes.get_ylabel() == "nats"


def test_exact_distributions_put_both_marks_on_i_and_a_mark_outside_stays_in_sight():
    world = ExactWorld.of(5, 4, 0.6, 0.4)
    exact = prepare_bounds_at(world, wrongness=0.0, temperature=1.0)
    assert exact[LOWER] == pytest.approx(exact[EXACT]) == pytest.approx(exact[UPPER])
    far = prepare_bounds_at(world, wrongness=0.999, temperature=0.1)
    axes = draw_bounds_at(far, span=(-1, 2)).axes[0]
    marks = {
        line.get_marker(): line.get_xdata()[0] for line in axes.lines if line.get_marker() in "ov^D"
    }
    assert (marks["v"], marks["^"]) == (2, -1)
    assert f"{far[UPPER]:.3f}" in axes.get_yticklabels()[0].get_text()


def test_climbing_the_held_bound_ends_above_its_start_without_information():
    world = ExactWorld.of(5, 4, 0.6, 0.4)
    climb = prepare_climb(world, points=11)
    start, end = climb.iloc[0], climb.iloc[-1]
    assert start[UPPER] == pytest.approx(start[EXACT])
    assert end[UPPER] == pytest.approx(-math.log(world.p_v.min())) and end[UPPER] > start[UPPER]
    assert (np.diff(climb[EXACT]) < 0).all() and end[EXACT] == pytest.approx(0, abs=1e-12)
    assert end["H(V|Z)"] == pytest.approx(0, abs=1e-12)
    assert start["H(V|Z)"] > 0.5
    assert climb[EXACT].tolist() == pytest.approx((climb["H(V)"] - climb["H(V|Z)"]).tolist())
    left, right = draw_climb(climb).axes
    assert list(left.lines[0].get_ydata()) == climb[UPPER].tolist()
    assert list(right.lines[1].get_ydata()) == climb["H(V|Z)"].tolist()


def test_the_students_bars_are_their_numbers():
    measured = prepare_students()
    left, right = draw_students(measured, released_minimum(32128)).axes
    assert [bar.get_width() for bar in left.patches] == measured["released"].tolist()
    assert [bar.get_width() for bar in right.patches] == measured["I(Z;V)"].tolist()
    assert [label.get_text() for label in left.get_yticklabels()] == list(measured.index)


def test_the_collapse_is_drawn_as_the_mean_over_seeds_in_a_panel_a_setting():
    runs = {
        title: [prepare_collapse(alike, steps=20, every=10, seed=seed) for seed in (0, 1)]
        for title, alike in (("unalike", 0.0), ("alike", 0.9))
    }
    panels = draw_collapse(runs).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["unalike", "alike"]
    mean = (runs["alike"][0]["I(Z;V)"] + runs["alike"][1]["I(Z;V)"]) / 2
    thick = [line for line in panels[1].lines if line.get_linewidth() > 2]
    assert list(thick[1].get_ydata()) == pytest.approx(mean.tolist())
