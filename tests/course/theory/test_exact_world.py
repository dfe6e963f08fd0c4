"""Exact discrete worlds: their algebra, an independent library, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mutual_info_score

from mi_cot_lib.course.theory.exact_world import ExactWorld, distribution
from mi_cot_lib.errors import ConfigError


@st.composite
def worlds(draw):
    """Joint tables of 1 to 5 values a side, in which pairs and whole values may never occur."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    weights = draw(arrays(float, shape, elements=st.floats(0.0, 1.0)))
    if weights.sum() < 0.01:
        weights = weights + 1.0
    return ExactWorld(weights / weights.sum())


@given(worlds())
def test_entropies_and_mutual_information_stay_within_their_bounds_and_keep_the_chain_rule(world):
    z_size, v_size = world.joint.shape
    for entropy, size in (
        (world.entropy_z, z_size),
        (world.entropy_v, v_size),
        (world.entropy_joint, z_size * v_size),
        (world.entropy_v_given_z, v_size),
    ):
        assert -1e-12 <= entropy <= math.log(size) + 1e-9
    information = world.mutual_information
    assert information == pytest.approx(ExactWorld(world.joint.T).mutual_information, abs=1e-9)
    assert -1e-9 <= information <= min(world.entropy_z, world.entropy_v) + 1e-9
    assert world.entropy_joint == pytest.approx(world.entropy_z + world.entropy_v_given_z, abs=1e-9)
    assert information == pytest.approx(world.entropy_v - world.entropy_v_given_z, abs=1e-9)


@given(worlds())
def test_conditionals_are_distributions_where_their_condition_occurs(world):
    assert world.v_given_z.sum(axis=1) == pytest.approx((world.p_z > 0).astype(float))
    assert world.z_given_v.sum(axis=0) == pytest.approx((world.p_v > 0).astype(float))


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=30))
def test_counted_pairs_have_the_mutual_information_that_scikit_learn_counts(pairs):
    expected = mutual_info_score([z for z, _ in pairs], [v for _, v in pairs])
    assert ExactWorld.of_pairs(pairs).mutual_information == pytest.approx(expected, abs=1e-9)


def test_dependence_runs_from_nothing_to_all_there_is():
    assert ExactWorld.of(5, 3, 0.0, 0.7).mutual_information == pytest.approx(0, abs=1e-12)
    # With more z than v, z determines v.
    world = ExactWorld.of(6, 3, 1.0, 0.7)
    assert world.mutual_information == pytest.approx(world.entropy_v)
    # With fewer, v determines z.
    world = ExactWorld.of(2, 4, 1.0, 0.7)
    assert world.mutual_information == pytest.approx(world.entropy_z)
    assert ExactWorld.of(4, 4, 1.0).mutual_information == pytest.approx(math.log(4))


def test_mutual_information_grows_with_dependence_and_p_of_v_falls_by_the_skew():
    found = [ExactWorld.of(5, 4, dependence, 0.7) for dependence in np.linspace(0, 1, 21)]
    assert (np.diff([world.mutual_information for world in found]) > 0).all()
    for world in found:
        assert np.diff(np.log(world.p_v)) == pytest.approx([-0.7] * 3)


def test_examples_that_are_sure_are_counted_pairs():
    z, v = np.eye(3)[[0, 1, 2, 2]], np.eye(2)[[0, 0, 1, 1]]
    world = ExactWorld.of_examples(z, v)
    assert world.joint == pytest.approx(ExactWorld.of_pairs([(0, 0), (1, 0), (2, 1), (2, 1)]).joint)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (ExactWorld, [[[0.5, 0.6]]], "sum to 1, it sums to 1.1"),
        (ExactWorld, [[[1.5, -0.5]]], "none of them negative"),
        (ExactWorld, [[[float("nan"), 1.0]]], "finite"),
        (ExactWorld, [[0.5, 0.5]], r"\(z, v\) with at least one cell"),
        (ExactWorld, [np.zeros((0, 3))], "at least one cell"),
        (ExactWorld, [[["a", "b"]]], "hold numbers"),
        (ExactWorld, [[[0.5], [0.25, 0.25]]], "rows of one length"),
        (ExactWorld.of, [0, 3, 0.5, 0.0], "sizes"),
        (ExactWorld.of, [3, 3, 1.1, 0.0], "dependence"),
        (ExactWorld.of, [3, 3, math.nan, 0.0], "dependence"),
        (ExactWorld.of, [3, 3, 0.5, -1.0], "skew"),
        (ExactWorld.of, [3, 3, 0.5, math.inf], "skew"),
        (ExactWorld.of_pairs, [[]], "at least one pair"),
        (
            ExactWorld.of_examples,
            [np.eye(3), np.eye(2)],
            r"both sides must be \(examples, values\)",
        ),
        (ExactWorld.of_examples, [np.eye(2), 2 * np.eye(2)], "an example's row must sum to 1"),
        (distribution, [[0.5, 0.5], 3, "q"], r"q must have 3 values, got shape \(2,\)"),
    ],
)
def test_what_is_no_distribution_or_out_of_its_range_is_refused(make, arguments, message):
    with pytest.raises(ConfigError, match=message):
        make(*arguments)


def test_a_world_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        ExactWorld.of(2, 2, 0.5).joint[0, 0] = 1.0
