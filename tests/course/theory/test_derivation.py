"""Each step of the derivation on random worlds: which are identities, which are bounds, which way."""

import math
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr

from mi_cot_lib.course.theory import derivation as d
from mi_cot_lib.course.theory.derivation import equation_4, prepare_choices, prepare_markov
from mi_cot_lib.course.theory.derivation_views import random_setting, verdict
from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError


@st.composite
def settings(draw):
    """A random world with a random q(v) and q(v|z)."""
    return random_setting(np.random.default_rng(draw(st.integers(0, 2**32 - 1))))


@given(settings())
def test_equation_7_is_an_upper_bound_whose_gap_is_the_divergence_of_q(s):
    gap = d.equation_7_upper_bound(s.world, s.q_v).difference
    assert gap == pytest.approx(rel_entr(s.world.p_v, s.q_v).sum(), abs=1e-9)
    assert gap >= 0


@given(settings())
def test_equation_7_as_printed_is_i_plus_h_of_v_minus_h_of_z(s):
    sides = d.equation_7_printed(s.world)
    assert sides.difference == pytest.approx(s.world.entropy_v - s.world.entropy_z, abs=1e-9)
    # So the first step of Equation 8, which takes it for I, holds only for equal entropies.
    assert d.equation_8_first_step(s.world).difference == pytest.approx(-sides.difference, abs=1e-9)


@given(settings())
def test_barber_agakov_is_a_lower_bound_whose_gap_is_the_divergence_of_q(s):
    sides = d.barber_agakov(s.world, s.q_v_given_z)
    gap = (s.world.p_z * rel_entr(s.world.v_given_z, s.q_v_given_z).sum(axis=1)).sum()
    assert sides.difference == pytest.approx(-gap, abs=1e-9)
    assert sides.right <= sides.left + 1e-9


@given(settings())
def test_the_second_argument_of_equation_9s_cross_entropy_is_no_distribution_over_z(s):
    z_size, v_size = s.world.joint.shape
    normalisers = d.equation_9_normalisers(s.world)
    assert normalisers.mean() == pytest.approx(z_size / v_size)
    sides = d.equation_9_cross_entropy(s.world)
    assert sides.difference == pytest.approx(np.log(normalisers).sum(), abs=1e-9)


@given(settings(), st.floats(0, 0.99), st.floats(0, 0.99))
def test_maximising_the_upper_bound_over_q_moves_away_from_i(s, less, more):
    less, more = sorted((less, more))
    gaps = [
        d.equation_7_upper_bound(s.world, d.wrong_marginal(s.world, wrongness)).difference
        for wrongness in (0.0, less, more)
    ]
    assert gaps[0] == pytest.approx(0, abs=1e-9)
    assert gaps[0] <= gaps[1] + 1e-9 <= gaps[2] + 2e-9
    # And it has no maximum.
    certain = np.eye(len(s.world.p_v))[0]
    assert d.equation_7_upper_bound(s.world, certain).right == math.inf


@given(settings())
def test_for_a_held_q_the_upper_bound_is_largest_at_a_student_without_information(s):
    constant = np.zeros_like(s.world.joint)
    constant[:, s.q_v.argmin()] = s.world.p_z
    best = d.equation_7_upper_bound(ExactWorld(constant), s.q_v)
    assert best.right == pytest.approx(-math.log(s.q_v.min()))
    assert best.left == pytest.approx(0, abs=1e-9)
    assert d.equation_7_upper_bound(s.world, s.q_v).right <= best.right + 1e-9


@given(settings(), st.sampled_from([0.25, 0.5, 2.0, 8.0, math.inf]))
def test_a_decoder_at_the_wrong_temperature_gives_a_lower_bound_and_at_1_gives_i(s, temperature):
    exact = d.barber_agakov(s.world, d.decoder(s.world, 1.0))
    assert exact.difference == pytest.approx(0, abs=1e-9)
    q = d.decoder(s.world, temperature)
    assert d.barber_agakov(s.world, q).difference <= 1e-9
    if temperature == math.inf:
        assert q == pytest.approx(np.full(q.shape, 1 / q.shape[1]))


def test_dit_measures_the_same_conditional_information():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dit
    part = {"the label": slice(0, 1), "the style": slice(1, 2), "both": slice(0, 2)}
    for (v_keeps, z_keeps), row in prepare_markov(labels=3, styles=2).iterrows():
        questions = [y + s for y in "abc" for s in "xy"]
        counts = Counter((q[part[z_keeps]], q[part[v_keeps]], q[0]) for q in questions)
        joint = dit.Distribution(list(counts), [count / 6 for count in counts.values()])
        bits = [
            dit.shannon.mutual_information(joint, [0], [2]),
            dit.shannon.mutual_information(joint, [0], [1]),
            dit.multivariate.coinformation(joint, [[0], [2]], [1]),
        ]
        measured = row[["I(Z;Y)", "I(Z;V)", "I(Z;Y|V)"]].tolist()
        assert measured == pytest.approx([math.log(2) * one for one in bits], abs=1e-9)
        assert row["I(Z;Y) ≤ I(Z;V)"] == (bits[0] <= bits[1] + 1e-9)
        # Where V is all of the question, Z is made from V alone.
        assert v_keeps != "both" or row["Z – V – Y"]


@pytest.mark.parametrize(
    ("differences", "holds"),
    [
        ([0.0, 1e-12, -1e-12], "identity"), ([0.0, 0.3], "upper bound"),
        ([-0.3, 1e-12], "lower bound"), ([-0.3, 0.3], "neither"),
    ],
)  # fmt: skip
def test_a_verdict_needs_every_world(differences, holds):
    assert verdict(differences) == holds


WORLD = ExactWorld.of(3, 2, 0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: d.equation_6(WORLD, [1.0, 0.0]), "∞ − ∞"),
        (lambda: d.equation_7_upper_bound(WORLD, [0.5, 0.6]), r"q\(v\) must sum to 1"),
        (lambda: d.equation_7_upper_bound(WORLD, [1.0]), r"q\(v\) must have 2 values"),
        (lambda: d.barber_agakov(WORLD, [[0.5, 0.5]]), r"\(z, v\) = \(3, 2\)"),
        (lambda: d.barber_agakov(WORLD, [[0.5, 0.6]] * 3), "a row of q"),
        (lambda: d.wrong_marginal(WORLD, 1.0), "below 1"),
        (lambda: d.decoder(WORLD, 0.0), "above 0"),
        (lambda: d.decoder(ExactWorld([[1.0, 0.0], [0.0, 0.0]]), 1.0), "never occurs"),
        (lambda: prepare_choices(1, 3), "two labels"),
        (lambda: prepare_markov(3, 1), "two styles"),
        (lambda: equation_4(prepare_choices(), 0), "at least one value"),
    ],
)
def test_what_is_no_distribution_or_out_of_range_is_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call()
