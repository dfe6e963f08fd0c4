"""Worlds of known mutual information: discrete ones, and what training finds in one that is not Gaussian."""

import math

import dit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import ESTIMATORS, estimate_mi
from mi_cot_lib.measure.mutual_information.worlds import Clusters, correlated_gaussians

CLUSTERS = Clusters(8, dims=2, noise=0.2)
# How far below the truth of CLUSTERS a trained estimate may lie, nats. Gaussian decoders miss most of it.
SHORT = {
    "infonce": 0.5, "nwj": 0.5, "mine": 0.5, "smile": 0.7, "doe": 0.7, "barber_agakov": 1.5, "vclub": 0.0,
}  # fmt: skip


def test_correlated_gaussians_have_the_correlation_of_their_information():
    z, v = correlated_gaussians(dims=4, nats=2.0, items=50_000, seed=0)
    correlation = [np.corrcoef(z[:, i], v[:, i])[0, 1] for i in range(4)]
    assert -0.5 * sum(math.log(1 - rho**2) for rho in correlation) == pytest.approx(2, abs=0.05)
    assert abs(np.corrcoef(z[:, 0], v[:, 1])[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("world", "numbers"),
    [
        *((correlated_gaussians, (*bad, 0)) for bad in ((0, 1, 9), (2, -1, 9), (2, math.inf, 9))),
        (correlated_gaussians, (2, 1.0, 0, 0)),
        *((Clusters, bad) for bad in ((0, 2, 0.5), (3, 0, 0.5), (3, 2, 0.0), (3, 2, math.inf))),
    ],
)
def test_impossible_worlds_are_refused(world, numbers):
    with pytest.raises(ConfigError):
        world(*numbers)


def test_clusters_information_is_the_mean_log_ratio_of_their_densities():
    world = Clusters(3, dims=2, noise=0.4)
    z, v = world.draw(1500, seed=1)
    # Centres by their definition: standard normal, from the world's seed, of z first.
    a, b = np.random.default_rng(0).standard_normal((2, 3, 2))

    def mixture(pairs, centres):
        parts = [multivariate_normal(centre, 0.4**2).pdf(pairs) for centre in centres]
        return np.mean(parts, axis=0)

    joint = mixture(np.hstack([z, v]), np.hstack([a, b]))
    ratios = np.log(joint / (mixture(z, a) * mixture(v, b)))
    nats, error = world.nats(draws=1500, seed=1)
    assert nats == pytest.approx(ratios.mean())
    assert error == pytest.approx(ratios.std(ddof=1) / math.sqrt(1500))


# ksg trains nothing: it counts neighbours.
@pytest.mark.parametrize("estimator", sorted(set(ESTIMATORS) - {"ksg"}))
def test_training_finds_in_clusters_what_the_gaussian_start_misses(estimator, monkeypatch):
    truth, error = CLUSTERS.nats()
    assert error < 0.01
    z, v = CLUSTERS.draw(1000, seed=0)
    demanded = truth - SHORT[estimator]
    trained = estimate_mi(z, v, estimator).nats
    assert trained >= demanded
    # vclub, an upper bound, is free to lie anywhere above.
    assert estimator == "vclub" or trained <= truth + 0.1
    # As if fit() did nothing: what is left is the Gaussian that critics and decoders start from.
    monkeypatch.setattr("mi_cot_lib.measure.mutual_information.networks.MOST_STEPS", 0)
    assert estimate_mi(z, v, estimator).nats < demanded - 0.2


# Small discrete worlds: estimates from samples against the exact mutual information of the table.
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


def sampled(table, seed=0):
    drawn = np.random.default_rng(seed).choice(table.size, ITEMS, p=table.ravel() / table.sum())
    return np.unravel_index(drawn, table.shape)


def tolerance(table):
    # Four standard deviations of the mean log ratio of 40% of the items, and the bias of counts.
    return 4 * 0.9 / math.sqrt(0.4 * ITEMS) + table.size / (0.8 * ITEMS)


@pytest.mark.parametrize("estimator", sorted(set(ESTIMATORS) - {"vclub"}))
@pytest.mark.parametrize("world", ["noisy copy", "copy of four", "skewed"])
def test_estimates_meet_the_exact_value(estimator, world):
    found = estimate_mi(*sampled(WORLDS[world]), estimator)
    assert found.nats == pytest.approx(exact_nats(WORLDS[world]), abs=tolerance(WORLDS[world]))
    if estimator == "barber_agakov":
        assert found.bounds == "lower bound"
        # A copy is never estimated above its entropy.
        assert found.nats <= math.log(4)


@pytest.mark.parametrize("world", ["independent", "noisy copy", "skewed"])
def test_vclub_adds_the_reversed_divergence(world):
    table = WORLDS[world] / WORLDS[world].sum()
    apart = np.outer(table.sum(axis=1), table.sum(axis=0))
    symmetric = float(((table - apart) * np.log(table / apart)).sum())
    assert estimate_mi(*sampled(table), "vclub").nats == pytest.approx(
        symmetric, rel=0.15, abs=0.05
    )


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
    found = estimate_mi(*sampled(table, seed), "ksg").nats
    assert found == pytest.approx(exact_nats(table), abs=tolerance(table))
    assert found >= 0
