"""Entropies against closed forms."""

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.neighbours import density_terms, frequency_terms

EVERY = np.arange(4000)


@pytest.mark.parametrize("dims", [1, 3])
def test_a_uniform_density_is_found_by_its_neighbours(dims):
    values = np.random.default_rng(0).uniform(-(3**0.5), 3**0.5, (4000, dims))
    # The standard normal density gives 1.42 nats a dimension, the truth is log √12 = 1.24; at the edge
    # half of a neighbourhood is empty.
    assert density_terms(values, EVERY).mean() == pytest.approx(
        dims * np.log(12) / 2, abs=0.04 * dims
    )


@pytest.mark.parametrize("dims", [2, 20])
def test_a_gaussians_entropy_holds_in_twenty_dimensions(dims):
    values = np.random.default_rng(1).standard_normal((4000, dims))
    truth = stats.multivariate_normal(cov=np.eye(dims)).entropy()
    assert density_terms(values, EVERY).mean() == pytest.approx(truth, abs=0.2)


def test_recurring_rows_have_no_density():
    values = np.random.default_rng(2).standard_normal((100, 2))
    values[:5] = values[0]
    with pytest.raises(ConfigError, match="occur more than 3 times"):
        density_terms(values, np.arange(100))


def test_frequencies_give_the_plug_in_entropy():
    codes = np.array([0] * 5 + [1] * 3 + [2] * 2)
    assert frequency_terms(codes).mean() == pytest.approx(stats.entropy([5, 3, 2]))
