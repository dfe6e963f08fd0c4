"""Worlds of known mutual information, and what training finds in one that is not Gaussian."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import ESTIMATORS, estimate_mi
from mi_cot_lib.measure.mutual_information.worlds import Clusters, correlated_gaussians

CLUSTERS = Clusters(8, dims=2, noise=0.2)
ITEMS = 1000
# How far below the truth of CLUSTERS a trained estimate may lie, nats. Gaussian decoders miss most of it.
SHORT = {
    "infonce": 0.5, "nwj": 0.5, "mine": 0.5, "smile": 0.7, "doe": 0.7, "barber_agakov": 1.5, "vclub": 0.0,
}  # fmt: skip


def test_correlated_gaussians_have_the_correlation_of_their_information():
    z, v = correlated_gaussians(dims=4, nats=2.0, items=50_000, seed=0)
    correlation = [np.corrcoef(z[:, i], v[:, i])[0, 1] for i in range(4)]
    assert -0.5 * sum(math.log(1 - rho**2) for rho in correlation) == pytest.approx(2, abs=0.05)
    assert abs(np.corrcoef(z[:, 0], v[:, 1])[0, 1]) < 0.02


@pytest.mark.parametrize("bad", [{"dims": 0}, {"nats": -1.0}, {"nats": math.inf}, {"items": 0}])
def test_impossible_gaussians_are_refused(bad):
    with pytest.raises(ConfigError):
        correlated_gaussians(**{"dims": 2, "nats": 1.0, "items": 10, "seed": 0} | bad)


@pytest.mark.parametrize("bad", [{"count": 0}, {"dims": 0}, {"noise": 0.0}, {"noise": math.inf}])
def test_impossible_clusters_are_refused(bad):
    with pytest.raises(ConfigError):
        Clusters(**{"count": 3, "dims": 2, "noise": 0.5} | bad)


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


def test_clusters_far_apart_share_the_logarithm_of_their_number_and_one_shares_nothing():
    assert Clusters(5, dims=8, noise=1e-3).nats(2000)[0] == pytest.approx(math.log(5))
    assert Clusters(1, dims=3, noise=0.5).nats(2000)[0] == pytest.approx(0)


def test_every_estimator_that_trains_is_held_against_clusters():
    # ksg trains nothing: it counts neighbours.
    assert set(SHORT) == set(ESTIMATORS) - {"ksg"}


@pytest.mark.parametrize("estimator", SHORT)
def test_training_finds_in_clusters_what_the_gaussian_start_misses(estimator, monkeypatch):
    truth, error = CLUSTERS.nats()
    assert error < 0.01
    z, v = CLUSTERS.draw(ITEMS, seed=0)
    demanded = truth - SHORT[estimator]
    trained = estimate_mi(z, v, estimator).nats
    assert trained >= demanded
    # vclub, an upper bound, is free to lie anywhere above.
    assert estimator == "vclub" or trained <= truth + 0.1
    # As if fit() did nothing: what is left is the Gaussian that critics and decoders start from.
    monkeypatch.setattr("mi_cot_lib.measure.mutual_information.networks.MOST_STEPS", 0)
    assert estimate_mi(z, v, estimator).nats < demanded - 0.2
