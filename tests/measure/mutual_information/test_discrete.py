"""Small discrete worlds: estimates from samples against the exact mutual information of the table."""

import math

import dit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi_cot_lib.measure.mutual_information import estimate_mi

ITEMS = 3000
WORLDS = {
    "independent": np.outer([0.5, 0.3, 0.2], [0.6, 0.4]),
    "noisy copy": np.full((3, 3), 0.02) + np.diag([0.3, 0.3, 0.22]),
    "copy of four": np.eye(4) / 4,
    "skewed": np.array([[0.55, 0.05], [0.05, 0.05], [0.05, 0.25]]),
}


def exact_nats(table):
    world = dit.Distribution.from_ndarray(table)
    return math.log(2) * float(dit.shannon.mutual_information(world, [0], [1]))


def sampled(table, items=ITEMS, seed=0):
    drawn = np.random.default_rng(seed).choice(table.size, items, p=table.ravel() / table.sum())
    return np.unravel_index(drawn, table.shape)


def tolerance(table):
    # Four standard deviations of the mean log ratio of 40% of the items, and the bias of counts.
    return 4 * 0.9 / math.sqrt(0.4 * ITEMS) + table.size / (0.8 * ITEMS)


@pytest.mark.parametrize(
    "estimator", ["barber_agakov", "doe", "infonce", "nwj", "mine", "smile", "ksg"]
)
@pytest.mark.parametrize("world", WORLDS)
def test_estimates_meet_the_exact_value(estimator, world):
    z, v = sampled(WORLDS[world])
    found = estimate_mi(z, v, estimator)
    assert found.nats == pytest.approx(exact_nats(WORLDS[world]), abs=tolerance(WORLDS[world]))


@pytest.mark.parametrize("world", ["independent", "noisy copy", "skewed"])
def test_vclub_adds_the_reversed_divergence(world):
    table = WORLDS[world] / WORLDS[world].sum()
    apart = np.outer(table.sum(axis=1), table.sum(axis=0))
    symmetric = float(((table - apart) * np.log(table / apart)).sum())
    z, v = sampled(table)
    found = estimate_mi(z, v, "vclub")
    assert found.nats == pytest.approx(symmetric, rel=0.15, abs=0.05)


def test_barber_agakov_of_a_discrete_v_is_a_lower_bound_up_to_scatter_and_says_so():
    z, v = sampled(WORLDS["noisy copy"])
    found = estimate_mi(z, v, "barber_agakov")
    assert found.bounds == "lower bound"
    assert found.nats <= exact_nats(WORLDS["noisy copy"]) + tolerance(WORLDS["noisy copy"])


def test_a_copy_is_never_estimated_above_its_entropy_by_barber_agakov():
    z, v = sampled(WORLDS["copy of four"])
    assert estimate_mi(z, v, "barber_agakov").nats <= math.log(4)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("estimator", ["infonce", "ksg"])
def test_a_category_and_a_number_share_what_the_mixture_says(estimator, swapped):
    generator = np.random.default_rng(3)
    v = generator.integers(0, 2, ITEMS)
    z = (2.0 * v + generator.standard_normal(ITEMS))[:, None]
    # I = H(Z) − H(Z|V) of two normal densities two standard deviations apart.
    grid = np.linspace(-8, 10, 20_001)
    density = sum(np.exp(-((grid - centre) ** 2) / 2) for centre in (0, 2)) / math.sqrt(8 * math.pi)
    truth = -np.trapezoid(density * np.log(density), grid) - math.log(2 * math.pi * math.e) / 2
    pair = (v, z) if swapped else (z, v)
    assert estimate_mi(*pair, estimator).nats == pytest.approx(truth, abs=0.08)


@settings(max_examples=15)
@given(st.lists(st.floats(0.01, 1), min_size=9, max_size=9), st.integers(0, 1000))
def test_counts_converge_to_the_exact_value_of_any_table(weights, seed):
    table = np.reshape(weights, (3, 3)) / sum(weights)
    z, v = sampled(table, seed=seed)
    found = estimate_mi(z, v, "ksg").nats
    assert found == pytest.approx(exact_nats(table), abs=tolerance(table))
    assert found >= 0
