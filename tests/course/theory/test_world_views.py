"""A world's pictures show its numbers, and the graphs say what hangs on what."""

import pytest

from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.course.theory.world_views import draw_chains, draw_conditionals, draw_world

WORLD = ExactWorld.of(5, 4, 0.6, 0.4)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_both_entropies_begin_with_the_information_that_they_share():
    table, entropies = draw_world(WORLD).axes
    assert texts(table) == [f"{value:.2f}" for value in WORLD.joint.ravel()]
    shared = [bar for bar in entropies.patches if bar.get_x() == 0]
    assert [bar.get_width() for bar in shared] == pytest.approx([WORLD.mutual_information] * 2)
    ends = [bar.get_x() + bar.get_width() for bar in entropies.patches if bar not in shared]
    assert ends == pytest.approx([WORLD.entropy_z, WORLD.entropy_v])
    assert f"H(V|Z) = {WORLD.entropy_v_given_z:.2f}" in texts(entropies)


def test_a_world_without_any_entropy_is_drawn_too():
    _, entropies = draw_world(ExactWorld([[1.0]])).axes
    assert [bar.get_width() for bar in entropies.patches] == [0] * len(entropies.patches)


def test_only_one_of_the_conditionals_sums_to_one_along_z():
    given_v, given_z = (texts(axes)[-4:] for axes in draw_conditionals(WORLD).axes)
    assert given_v == ["Σ 1.00"] * 4
    assert given_z == [f"Σ {total:.2f}" for total in WORLD.v_given_z.sum(axis=0)]
    assert given_z != given_v


def test_z_hangs_on_v_in_the_argument_and_on_the_question_in_the_student():
    argument, student = draw_chains().axes
    assert {"Z", "V", "Y"} < set(texts(argument)) and {"X", "Z", "V", "Y"} < set(texts(student))
    arrows = {
        (tuple(arrow.xyann), tuple(arrow.xy)) for arrow in student.texts if hasattr(arrow, "xyann")
    }
    places = {text.get_text(): text.get_position() for text in student.texts if text.get_text()}
    assert arrows == {(places["X"], places[name]) for name in "YVZ"}
