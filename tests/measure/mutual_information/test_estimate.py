"""Behaviour that every estimator shares: nulls, invariances, determinism, refusals."""

import math

import numpy as np
import pytest
import torch

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import (
    ESTIMATORS,
    documented_error,
    estimate_mi,
    shuffled_null,
)
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

FAST = ["doe", "infonce", "ksg"]


@pytest.fixture(scope="module")
def gaussians():
    return correlated_gaussians(dims=3, nats=1.0, items=1000, seed=0)


def sign_flipped(items, seed):
    """Draw z and v = ±(ρ z + noise), uncorrelated, with the exact log density ratio of each pair."""
    z, v = correlated_gaussians(dims=1, nats=2.0, items=items, seed=seed)
    v = v * np.random.default_rng([seed, 1]).choice([-1, 1], v.shape)
    variance = math.exp(-4.0)
    centre = math.sqrt(1 - variance) * z
    apart = [-((v - sign * centre) ** 2) / (2 * variance) for sign in (1, -1)]
    ratio = np.logaddexp(*apart) - math.log(2) - math.log(variance) / 2 + v**2 / 2
    return z, v, float(ratio.mean())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_shuffled_pairs_share_nothing(estimator, gaussians):
    (found,) = shuffled_null(*gaussians, estimator, repeats=1)
    # Distances to neighbours scatter more than averages do.
    noisy = estimator in ("barber_agakov", "ksg")
    assert found.nats == pytest.approx(0, abs=0.2 if noisy else 0.05)


@pytest.mark.parametrize("estimator", ["infonce", "nwj", "mine", "smile"])
def test_dependence_without_correlation_is_found_by_the_learned_part(estimator):
    z, v, truth = sign_flipped(items=4000, seed=1)
    found = estimate_mi(z, v, estimator)
    assert 0.75 * truth < found.nats < truth + 0.1


def test_a_gaussian_decoder_misses_dependence_without_correlation_and_stays_a_lower_bound():
    z, v, truth = sign_flipped(items=4000, seed=1)
    assert -0.1 < estimate_mi(z, v, "barber_agakov").nats < truth


@pytest.mark.parametrize("estimator", FAST)
def test_processing_cannot_add_information(estimator):
    z, v = correlated_gaussians(dims=2, nats=2.0, items=2000, seed=2)
    whole = estimate_mi(z, v, estimator)
    part = estimate_mi(z[:, :1], v, estimator)
    noisy = estimate_mi(z + np.random.default_rng(0).standard_normal(z.shape), v, estimator)
    assert part.nats == pytest.approx(1.0, abs=0.2)
    assert max(part.nats, noisy.nats) < whole.nats


def test_a_copied_column_adds_nothing(gaussians):
    z, v = gaussians
    doubled = estimate_mi(np.hstack([z, z[:, :1] * 2]), v, "doe")
    assert doubled.nats == pytest.approx(estimate_mi(z, v, "doe").nats, abs=1e-3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_scale_and_shift_of_columns_change_nothing(estimator, gaussians):
    z, v = gaussians
    moved = estimate_mi(z * [1e-3, 1.0, 50.0] + [0, 7, -100], 1e4 * v - 3, estimator)
    assert moved.nats == pytest.approx(estimate_mi(z, v, estimator).nats, abs=2e-3)


@pytest.mark.parametrize("estimator", FAST)
def test_same_seed_same_result_from_array_or_tensor(estimator, gaussians):
    z, v = gaussians
    found = estimate_mi(z, v, estimator, seed=4)
    assert estimate_mi(torch.from_numpy(z).requires_grad_(), v, estimator, seed=4) == found
    assert estimate_mi(z, v, estimator, seed=5) != found


@pytest.mark.parametrize("estimator", FAST)
def test_global_random_states_are_left_alone(estimator, gaussians):
    before, numpy_before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    estimate_mi(*gaussians, estimator)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (np.random.get_state()[1] == numpy_before).all()


def test_infonce_says_its_cap_and_stays_below_it():
    z, v = correlated_gaussians(dims=2, nats=8.0, items=500, seed=0)
    found = estimate_mi(z, v, "infonce")
    assert (found.train_items, found.held_out_items) == (300, 200)
    assert found.cap == pytest.approx(math.log(200))
    assert found.nats < found.high <= found.cap
    assert found.bounds == "lower bound, at most log N"


def test_interval_of_a_mean_has_the_width_of_its_standard_error(gaussians):
    z, v = correlated_gaussians(dims=2, nats=1.0, items=5000, seed=3)
    found = estimate_mi(z, v, "doe")
    # The log density ratio of a pair has the variance d ρ² = 2 (1 − exp −1).
    error = math.sqrt(2 * (1 - math.exp(-1)) / found.held_out_items)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.2)


def test_only_nothing_that_bounds_is_called_a_bound(gaussians):
    assert {name: estimate_mi(*gaussians, name).bounds for name in FAST} == {
        "doe": "neither",
        "infonce": "lower bound, at most log N",
        "ksg": "neither",
    }


def test_an_unknown_estimator_is_refused_with_the_nearest_name(gaussians):
    with pytest.raises(ConfigError, match="Did you mean 'infonce'"):
        estimate_mi(*gaussians, "info_nce")
    with pytest.raises(ConfigError, match="Did you mean 'vclub'"):
        documented_error("club", 2, 1.0, 2000)


GOOD = np.random.default_rng(0).standard_normal((200, 2))
SPOILED = np.where(np.arange(400).reshape(200, 2) == 7, np.nan, GOOD)


@pytest.mark.parametrize(
    ("z", "v", "said"),
    [
        (GOOD, GOOD[:150], "z has 200 items, v 150"),
        (GOOD[:60], GOOD[:60], "at least 100 items"),
        (GOOD, SPOILED, r"v\[3, 1\] is nan"),
        (np.where(np.isnan(SPOILED), np.inf, GOOD), GOOD, r"z\[3, 1\] is inf"),
        (GOOD, np.ones((200, 1)), "column 0 of v is constant"),
        (np.zeros(200, dtype=int), GOOD, "z holds one value only"),
        (np.arange(200), GOOD, "200 different values"),
        (GOOD[:, 0], GOOD, "discrete"),
        (GOOD, (100 * GOOD).astype(int), "floats"),
        (GOOD, np.zeros((200, 0)), "floats"),
        (np.random.default_rng(1).standard_normal((200, 120)), GOOD, "project to fewer dimensions"),
    ],
)
def test_variables_that_cannot_be_used_are_refused(z, v, said):
    with pytest.raises(ConfigError, match=said):
        estimate_mi(z, v)


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(ConfigError, match="seed"):
        estimate_mi(GOOD, GOOD, seed=seed)


def test_no_repeats_are_refused(gaussians):
    with pytest.raises(ConfigError, match="repeats"):
        shuffled_null(*gaussians, repeats=0)
