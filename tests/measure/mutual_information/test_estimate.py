"""Behaviour that every estimator shares: nulls, invariances, determinism, bounds, refusals."""

import math

import numpy as np
import pytest
import torch

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import (
    ESTIMATORS,
    documented_error,
    estimate_held_out,
    estimate_mi,
)
from mi_cot_lib.measure.mutual_information.pairs import (
    MOST_HELD_OUT,
    prepare_apart,
    prepare_pairs,
    resampled,
)
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

FAST = ["doe", "infonce", "ksg"]
FITTED = correlated_gaussians(2, 1.0, 600, seed=0)
REPORTED = correlated_gaussians(2, 1.0, 500, seed=1)
GOOD = np.random.default_rng(0).standard_normal((200, 2))
SPOILED = np.where(np.arange(400).reshape(200, 2) == 7, np.nan, GOOD)


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
    z, v = gaussians
    found = estimate_mi(z, v[np.random.default_rng(0).permutation(1000)], estimator)
    # Distances to neighbours scatter more than averages do.
    noisy = estimator in ("barber_agakov", "ksg")
    assert found.nats == pytest.approx(0, abs=0.2 if noisy else 0.05)


@pytest.mark.parametrize("estimator", ["infonce", "nwj", "mine", "smile", "barber_agakov"])
def test_dependence_without_correlation_is_found_by_the_learned_part(estimator):
    z, v, truth = sign_flipped(items=4000, seed=1)
    found = estimate_mi(z, v, estimator).nats
    # A Gaussian decoder misses it, and stays a lower bound.
    low, high = (-0.1, truth) if estimator == "barber_agakov" else (0.75 * truth, truth + 0.1)
    assert low < found < high


def test_a_copied_column_adds_nothing(gaussians):
    z, v = gaussians
    doubled = estimate_mi(np.hstack([z, z[:, :1] * 2]), v, "doe")
    assert doubled.nats == pytest.approx(estimate_mi(z, v, "doe").nats, abs=1e-3)


@pytest.mark.parametrize("estimator", FAST)
def test_scale_and_shift_of_columns_as_given_change_nothing(estimator, gaussians):
    z, v = gaussians
    moved = z * [1e-3, 1.0, 50.0] + [0, 7, -100], 1e4 * v - 3
    found, plain = (estimate_mi(*p, estimator, marginals="as_given") for p in (moved, gaussians))
    assert found.nats == pytest.approx(plain.nats, abs=2e-3)


@pytest.mark.parametrize("estimator", FAST)
def test_a_seed_decides_all_and_global_random_states_are_left_alone(estimator, gaussians):
    z, v = gaussians
    before, numpy_before = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    found = estimate_mi(z, v, estimator, seed=4)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert (np.random.get_state()[1] == numpy_before).all()
    assert estimate_mi(torch.from_numpy(z).requires_grad_(), v, estimator, seed=4) == found
    assert estimate_mi(z, v, estimator, seed=5) != found


def test_infonce_says_its_cap_and_stays_below_it():
    z, v = correlated_gaussians(dims=2, nats=8.0, items=500, seed=0)
    found = estimate_mi(z, v, "infonce")
    assert (found.train_items, found.held_out_items) == (300, 200)
    assert found.cap == pytest.approx(math.log(200))
    assert found.nats < found.high <= found.cap
    assert found.bounds == "lower bound, at most log N"


def test_interval_of_a_mean_has_the_width_of_its_standard_error():
    z, v = correlated_gaussians(dims=2, nats=1.0, items=5000, seed=3)
    found = estimate_mi(z, v, "doe")
    # The log density ratio of a pair has the variance d ρ² = 2 (1 − exp −1).
    error = math.sqrt(2 * (1 - math.exp(-1)) / found.held_out_items)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.2)


def test_an_unknown_estimator_is_refused_with_the_nearest_name():
    for call in (
        lambda: estimate_mi(*FITTED, "info_nce"),
        lambda: estimate_held_out(FITTED, REPORTED, "info_nce"),
        lambda: documented_error("info_nce", 2, 1.0, 2000),
    ):
        with pytest.raises(ConfigError, match="Did you mean 'infonce'"):
            call()


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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        *(({"seed": seed}, "seed") for seed in (-1, 0.5, True)),
        ({"marginals": "normal_score"}, "Did you mean 'normal_scores'"),
        ({"marginals": "as_given"}, "column 0 of z.*normal_scores"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said):
    # As given these are too large to be squared.
    with pytest.raises(ConfigError, match=said):
        estimate_mi(1e200 * GOOD, GOOD, **options)


def test_parameters_see_none_of_the_reported_items():
    z, v = REPORTED
    one = prepare_apart(FITTED, REPORTED, 0, "normal_scores")
    other = prepare_apart(FITTED, (z + 9, v * 9), 0, "normal_scores")
    assert set(one.held_out) == set(range(600, 1100))
    assert sorted([*one.train, *one.valid]) == list(range(600)) and len(one.valid) == 100
    np.testing.assert_array_equal(one.u[:600], other.u[:600])
    np.testing.assert_array_equal(one.correlations, other.correlations)


@pytest.mark.parametrize("estimator", ["infonce", "barber_agakov"])
def test_a_held_out_estimate_is_of_the_reported_items(estimator):
    found = estimate_held_out(FITTED, REPORTED, estimator)
    assert (found.train_items, found.held_out_items) == (600, 500)
    assert found.nats == pytest.approx(1.0, abs=0.2)
    shuffled = REPORTED[0], REPORTED[1][np.random.default_rng(0).permutation(500)]
    assert estimate_held_out(FITTED, shuffled, estimator).nats < 0.1


@pytest.mark.parametrize(
    ("fitted", "reported", "said"),
    [
        (FITTED, tuple(part[:50] for part in REPORTED), "100 items to report on, got 50"),
        (tuple(part[:50] for part in FITTED), REPORTED, "100 items to fit on, got 50"),
        (FITTED, (REPORTED[0][:, :1], REPORTED[1]), "only the number of items may differ"),
        ((FITTED[0], FITTED[1][:-1]), (REPORTED[0][:-1], REPORTED[1]), "item by item"),
        (FITTED, (np.zeros((MOST_HELD_OUT + 1, 2)),) * 2, "at most 4096"),
    ],
)
def test_parts_that_do_not_fit_are_refused(fitted, reported, said):
    with pytest.raises(ConfigError, match=said):
        estimate_held_out(fitted, reported)


# What is no estimate is refused, not returned: sums that overflow, or that one pair carries.
def one_item_carries(items):
    values = np.zeros(items)
    values[3] = -1e34
    return values


@pytest.mark.parametrize(
    "values",
    [*(lambda n, x=x: np.full(n, x) for x in (np.inf, -np.inf, np.nan)), one_item_carries],
    ids=["inf", "-inf", "nan", "one item"],
)
def test_what_is_no_estimate_is_refused_in_one_line(values):
    pairs = prepare_pairs(*FITTED, 0, "normal_scores")
    values = values(len(pairs.held_out))
    with pytest.raises(
        ConfigError, match="nwj has no estimate here.*a few held-out items carry"
    ) as e:
        resampled(pairs, lambda n: n @ values / n.sum(axis=1), "nwj", "lower")
    assert "\n" not in str(e.value) and "infonce" in str(e.value)


def test_a_large_estimate_whose_noise_is_small_beside_it_stands():
    pairs = prepare_pairs(*FITTED, 0, "normal_scores")
    values = np.linspace(5000, 6000, len(pairs.held_out))
    found = resampled(
        pairs, lambda n: n @ values / n.sum(axis=1), estimator="vclub", bounds="upper"
    )
    assert found.nats == pytest.approx(5500)


@pytest.mark.parametrize("bend", [lambda x: x**9, lambda x: np.exp(5 * x)])
@pytest.mark.parametrize("estimator", sorted(set(ESTIMATORS) - {"ksg", "vclub"}))
def test_heavy_tails_as_given_are_refused_or_end_near_what_can_be(estimator, bend):
    z, v = correlated_gaussians(2, 1.5, 200, seed=0)
    try:
        found = estimate_mi(bend(z), bend(v), estimator, marginals="as_given")
    except ConfigError as error:
        assert "no estimate here" in str(error)
    else:
        assert -20 < found.nats < 20
        assert np.isfinite([found.low, found.high]).all()
