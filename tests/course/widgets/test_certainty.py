"""How sure one can be: against repetitions that are drawn, and moved by its controls."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.course.widgets import how_sure
from mi_cot_lib.course.widgets.certainty import draw_certainty, prepare_certainty
from mi_cot_lib.measure.verdicts import difference


def test_the_chance_is_that_of_drawn_repetitions_where_items_add_nothing():
    # So many items that only seeds count.
    told = prepare_certainty(5, 10**9, 1.5, 1.0, 0.1)
    drawn = np.random.default_rng(0).normal(1.5, 1.0, (20_000, 5))
    found = (stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05).mean()
    assert told.found == pytest.approx(found, abs=0.01)
    at = int(np.argmin(abs(told.differences - 1.5)))
    assert told.chances[at] == pytest.approx(told.found, abs=1e-6) and told.chances[
        0
    ] == pytest.approx(0.05)


def test_the_interval_is_the_kits_own_where_items_say_most():
    rng = np.random.default_rng(0)
    of_item, rest = rng.normal(0, 30, 200), rng.normal(0, 1, (3, 200))
    of_seed = rng.normal(0, 0.1, (3, 1))
    made = of_item + of_seed + rest
    own = difference(dict(enumerate(made)), dict.fromkeys(range(3), np.zeros(200)), 1.0)
    told = prepare_certainty(
        3, 200, 1.0, made.mean(axis=1).std(ddof=1), made.mean(axis=0).var() / 1e4
    )
    assert 2 * told.half_width == pytest.approx(own.high - own.low, rel=0.02)


def test_more_seeds_do_not_help_against_a_small_test_set():
    few, many = (prepare_certainty(seeds, 200, 1.0, 0.5, 0.1) for seeds in (10, 30))
    # 10% of 200 questions answered differently: 2.2 points that no seed takes away.
    assert 1.9 * 2.2 < many.half_width < few.half_width < 1.2 * many.half_width
    assert many.paper["svamp"] > 6 > 3 > many.paper["anli1"] > many.paper["esnli"]


def test_each_control_moves_the_picture():
    widget = how_sure()
    *controls, picture = widget.children
    for control, value in zip(controls, (20, 200, 3.0, 4.0, 30), strict=True):
        before = picture.value
        control.value = value
        assert picture.value != before, control.description
    assert widget.still == picture.value and "95% interval reaches" in widget.still


def test_the_picture_says_its_units_and_where_the_papers_sizes_lie():
    prepared = prepare_certainty(5, 2_000, 1.5, 1.0, 0.1)
    left, right = draw_certainty(prepared, 1.5).axes
    assert left.get_ylabel() == "difference (points)" and "(%)" in right.get_ylabel()
    assert {text.get_text().strip() for text in right.texts} == {
        "e-SNLI",
        "ANLI R1",
        "CQA",
        "SVAMP",
    }


def test_every_chance_is_a_number_and_larger_for_larger_differences():
    chances = prepare_certainty(5, 20_000, 1.5, 0.1, 0.1).chances
    assert np.isfinite(chances).all() and (np.diff(chances) > -1e-9).all() and chances[-1] > 0.999
