"""Equations 10 and 11 and the parts of the released loss, each against another way to compute it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.course.theory.released_loss import (
    decompose_released,
    equation_10,
    equation_11,
    prepare_readings,
    released_gradient,
)
from mi_cot_lib.objective.mi import mi_loss_per_example


@pytest.fixture
def sides():
    generator = torch.Generator().manual_seed(0)
    return [4 * torch.randn(4, positions, 12, generator=generator) for positions in (2, 5)]


def test_equation_10_is_the_released_sum(sides):
    v, z = sides
    for alpha in (0.0, 0.3, 1.0):
        found = equation_10(v, v.argmin(-1), z, z.argmin(-1), alpha=alpha, beta=0.7)
        assert found.left == pytest.approx(found.right, rel=1e-5)


def test_equation_11_is_a_cross_entropy_of_distributions_only_in_the_papers_form(sides):
    first, second, paper, released, formula = prepare_readings(*sides)["nats"]
    assert first == pytest.approx(paper, rel=1e-5)
    assert released == pytest.approx(formula, rel=1e-5)
    assert abs(first - second) > 0.1 and abs(first - released) > 0.1
    found = equation_11(*sides)
    assert (found.left, found.right) == pytest.approx((first, released), rel=1e-6)


@pytest.mark.parametrize("pool", ["max", "mean"])
def test_the_parts_of_the_released_loss_add_up_to_it(sides, pool):
    parts = decompose_released(*sides, pool)
    losses, _ = mi_loss_per_example(*sides, form="released", pool=pool)
    assert parts["loss"].tolist() == pytest.approx(losses.tolist(), abs=1e-5)
    assert (parts["constant S·log N"] / parts["S"]).tolist() == pytest.approx([math.log(12)] * 4)
    assert (parts["spread"] >= 0).all() and (parts["overlap ⟨t, q⟩"] <= parts["S"]).all()


@given(st.integers(1, 4), st.integers(2, 40), st.integers(0, 2**31))
def test_the_released_gradient_by_q_is_the_formula(batch, vocabulary, seed):
    generator = torch.Generator().manual_seed(seed)
    t, q = (torch.rand(batch, vocabulary, generator=generator) for _ in range(2))
    by_autograd, by_formula = released_gradient(t, q)
    assert torch.allclose(by_autograd, by_formula, atol=1e-5)
