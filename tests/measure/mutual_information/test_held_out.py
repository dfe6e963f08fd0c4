"""Estimates that are read from items of the caller's choice."""

import numpy as np
import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information import estimate_held_out
from mi_cot_lib.measure.mutual_information.variables import MOST_HELD_OUT, prepare_apart
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians

FITTED = correlated_gaussians(2, 1.0, 600, seed=0)
REPORTED = correlated_gaussians(2, 1.0, 500, seed=1)


def test_parameters_see_none_of_the_reported_items():
    z, v = REPORTED
    one = prepare_apart(FITTED, REPORTED, seed=0)
    other = prepare_apart(FITTED, (z + 9, v * 9), seed=0)
    assert set(one.held_out) == set(range(600, 1100))
    assert sorted([*one.train, *one.valid]) == list(range(600)) and len(one.valid) == 100
    np.testing.assert_array_equal(one.u[:600], other.u[:600])
    np.testing.assert_array_equal(one.correlations, other.correlations)


@pytest.mark.parametrize("estimator", ["infonce", "barber_agakov"])
def test_the_estimate_is_of_the_reported_items(estimator):
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


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'infonce'"):
        estimate_held_out(FITTED, REPORTED, "infonc")
