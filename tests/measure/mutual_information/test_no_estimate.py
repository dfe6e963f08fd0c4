"""What is no estimate is refused, not returned: sums that overflow, or that one pair carries."""

import numpy as np
import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import ESTIMATORS, estimate_mi
from mi_cot_lib.measure.mutual_information.result import resampled
from mi_cot_lib.measure.mutual_information.variables import prepare_pairs
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

SETTINGS = {"estimator": "nwj", "bounds": "lower bound"}


@pytest.fixture(scope="module")
def pairs():
    return prepare_pairs(*correlated_gaussians(2, 1.0, 400, seed=0), seed=0)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_refused_in_one_line(pairs, value):
    with pytest.raises(ConfigError, match="nwj has no estimate here") as raised:
        resampled(pairs, lambda counts: np.full(len(counts), value), **SETTINGS)
    assert "\n" not in str(raised.value) and "infonce" in str(raised.value)


def test_an_estimate_that_one_item_carries_is_refused(pairs):
    values = np.zeros(len(pairs.held_out))
    values[3] = -1e34
    with pytest.raises(ConfigError, match="nwj has no estimate here.*a few held-out items carry"):
        resampled(pairs, lambda counts: counts @ values / counts.sum(axis=1), **SETTINGS)


def test_a_large_estimate_whose_noise_is_small_beside_it_stands(pairs):
    values = np.linspace(5000, 6000, len(pairs.held_out))
    found = resampled(
        pairs,
        lambda counts: counts @ values / counts.sum(axis=1),
        **{**SETTINGS, "estimator": "vclub"},
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


@pytest.mark.parametrize("estimator", ["nwj", "mine"])
def test_what_cannot_be_squared_as_given_is_refused(estimator):
    z, v = correlated_gaussians(2, 1.5, 200, seed=0)
    with pytest.raises(ConfigError, match="column 0 of z.*normal_scores"):
        estimate_mi(1e200 * z, v, estimator, marginals="as_given")
