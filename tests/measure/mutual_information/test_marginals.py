"""Mutual information does not change under monotone maps of coordinates; neither do estimates of it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import ndtri

from mi_cot_lib.measure.mutual_information import ESTIMATORS, estimate_held_out, estimate_mi
from mi_cot_lib.measure.mutual_information.variables import normal_scores
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

TRUTH = 1.53
MAPS = {
    "cube": lambda x: x**3,
    "exp": np.exp,
    "steep exp": lambda x: np.exp(50 * x),
    "ninth power": lambda x: x**9,
    "jump": lambda x: x + 1e6 * (x > 0.5),
    "falling": lambda x: -np.sinh(2 * x),
    "near the largest float": lambda x: 1e307 * np.tanh(x / 3),
}


@pytest.fixture(scope="module")
def gaussians():
    return correlated_gaussians(dims=2, nats=TRUTH, items=800, seed=0)


@pytest.fixture(scope="module")
def plain(gaussians):
    return {name: estimate_mi(*gaussians, name).nats for name in ESTIMATORS}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_estimator_sees_a_cube_or_an_exponential(estimator, gaussians, plain):
    z, v = gaussians
    found = estimate_mi(z**3, np.exp(v), estimator)
    assert found.nats == pytest.approx(plain[estimator], abs=0.03, rel=0.03)


@pytest.mark.parametrize("name", MAPS)
def test_no_monotone_map_of_the_coordinates_moves_an_estimate(name, gaussians, plain):
    z, v = gaussians
    found = estimate_mi(MAPS[name](z), v, "infonce").nats
    assert found == pytest.approx(plain["infonce"], abs=0.03)
    assert found == pytest.approx(TRUTH, abs=0.2)
    both = estimate_mi(MAPS[name](z), MAPS[name](v), "doe").nats
    assert both == pytest.approx(plain["doe"], abs=0.05)


def test_reported_items_are_mapped_alike():
    fitted = correlated_gaussians(2, TRUTH, 600, seed=0)
    reported = correlated_gaussians(2, TRUTH, 500, seed=1)
    plain = estimate_held_out(fitted, reported, "doe").nats
    bent = [tuple(np.exp(3 * part) for part in pair) for pair in (fitted, reported)]
    assert estimate_held_out(*bent, "doe").nats == pytest.approx(plain, abs=0.03)


def test_marginals_as_given_can_be_asked_for_and_see_the_map(gaussians):
    z, v = gaussians
    found = estimate_mi(z**3, v**3, "infonce", marginals="as_given")
    assert found.nats < TRUTH - 0.4
    reported = correlated_gaussians(2, TRUTH, 500, seed=1)
    assert (
        estimate_held_out((z, v), reported, "doe", marginals="as_given").nats
        != estimate_held_out((z, v), reported, "doe").nats
    )


def test_scores_are_the_normal_quantiles_of_ranks_and_equal_values_share_the_middle_one():
    train = np.array([9.0, 0.0, 0.0, 5.0, 0.0])
    ranks = np.array([5, 2, 2, 4, 2])
    np.testing.assert_allclose(normal_scores(train, train), ndtri(ranks / 6), atol=1e-12)


def test_values_outside_the_train_parts_range_are_beyond_its_scores_and_below_a_limit():
    train = np.arange(50.0)
    found = normal_scores(train, np.array([-1e300, -9.0, -1.0, 0.0, 49.0, 50.0, 58.0, 1e300]))
    assert (np.diff(found) > 0).all() and (np.abs(found) < 5).all()
    np.testing.assert_allclose(found, -found[::-1], atol=1e-12)
    most, limit = found[4], found[7]
    assert (most + limit) / 2 == pytest.approx(ndtri(50.5 / 51))


floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(floats, min_size=1, max_size=30), st.lists(floats, min_size=1, max_size=30))
@example([1.665789893711975e308, 0.125, -0.5], [0.0])
def test_scores_of_any_finite_values_are_finite_and_never_fall(train, others):
    found = normal_scores(np.array(train), np.sort(others))
    assert np.isfinite(found).all() and (np.diff(found) > -1e-12).all()
