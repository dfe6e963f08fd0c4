"""Equations 10 and 11 and the parts of the released loss, each against another way to compute it."""

import math

import pytest
import torch

from mi_cot_lib.course.theory.released_loss import (
    decompose_released,
    equation_10,
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


@pytest.mark.parametrize("pool", ["max", "mean"])
def test_the_parts_of_the_released_loss_add_up_to_it(sides, pool):
    parts = decompose_released(*sides, pool)
    losses, _ = mi_loss_per_example(*sides, form="released", pool=pool)
    assert parts["loss"].tolist() == pytest.approx(losses.tolist(), abs=1e-5)
    assert (parts["constant S·log N"] / parts["S"]).tolist() == pytest.approx([math.log(12)] * 4)
    assert (parts["spread"] >= 0).all() and (parts["overlap ⟨t, q⟩"] <= parts["S"]).all()
