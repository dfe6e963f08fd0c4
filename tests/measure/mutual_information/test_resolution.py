"""Entropies against closed forms; features behind noise and as codes, where what passes is known."""

import math

import numpy as np
import pytest
from scipy import stats

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.mutual_information.estimate import estimate_held_out
from mi_cot_lib.measure.mutual_information.neighbours import (
    density_terms,
    frequency_terms,
    miller_madow,
)
from mi_cot_lib.measure.mutual_information.resolution import (
    ceiling,
    codes_of,
    components_of,
    noised,
    passing_noise,
)

DIMS, WIDTH = 4, 12


def gaussian(items, dims=DIMS, seed=0, scales=1.0):
    """Draw normal vectors of some directions, stretched by an unknown map to more features."""
    generator = np.random.default_rng(seed)
    source = generator.standard_normal((items, dims)) * scales
    return source @ np.random.default_rng(9).standard_normal((dims, WIDTH))


def clusters(count, items, seed=0):
    centres = np.random.default_rng(9).standard_normal((count, WIDTH))
    generator = np.random.default_rng(seed)
    chosen = generator.integers(0, count, items)
    return centres[chosen] + 1e-4 * generator.standard_normal((items, WIDTH)), chosen


def test_components_are_white_or_keep_their_proportions_and_come_from_the_fitted_items():
    fitted, reported = gaussian(2000, scales=[4, 2, 1, 1]), gaussian(500, seed=1)
    white, _, kept = components_of(fitted, reported, most=DIMS, white=True)
    assert kept == pytest.approx(1)
    np.testing.assert_allclose(np.cov(white.T), np.eye(DIMS), atol=1e-8)
    plain, _, _ = components_of(fitted, reported, most=DIMS, white=False)
    variances = plain.var(axis=0, ddof=1)
    assert variances.mean() == pytest.approx(1) and variances[0] > 2 * variances[-1]
    again, _, _ = components_of(fitted, reported[:9] + 5, most=DIMS, white=True)
    np.testing.assert_array_equal(white, again)


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_what_two_noisy_copies_share_is_what_gaussians_share_and_below_the_ceiling(noise):
    fitted, reported = gaussian(3000), gaussian(2000, seed=1)
    one = noised(fitted, reported, components=DIMS, noise=noise, seed=0)
    other = noised(fitted, reported, components=DIMS, noise=noise, seed=1)
    found = estimate_held_out(
        (one.fitted, other.fitted), (one.reported, other.reported), "barber_agakov"
    )
    correlation = 1 / (1 + noise**2)
    truth = -DIMS / 2 * math.log(1 - correlation**2)
    assert found.nats == pytest.approx(truth, abs=0.12)
    assert truth < ceiling(DIMS, noise) == pytest.approx(DIMS / 2 * math.log(1 + noise**-2))


def test_equal_seeds_give_equal_noise_and_fewer_directions_are_refused():
    fitted, reported = gaussian(200), gaussian(100, seed=1)
    one, two = (noised(fitted, reported, components=2, noise=0.5, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.fitted, two.fitted)
    with pytest.raises(ConfigError, match="span 4 directions, fewer than 5"):
        noised(fitted, reported, components=5, noise=0.5, seed=0)
    with pytest.raises(ConfigError, match="no feature varies"):
        noised(np.ones((200, 3)), np.ones((9, 3)), components=1, noise=0.5, seed=0)
    with pytest.raises(ConfigError, match="noise > 0"):
        noised(fitted, reported, components=2, noise=0.0, seed=0)


def test_what_passes_of_a_gaussian_is_its_channels_capacity():
    fitted, reported = gaussian(3000), gaussian(2000, seed=1)
    plain, _, _ = components_of(fitted, reported, most=DIMS, white=False)
    truth = np.log1p(plain.var(axis=0) / 0.5**2).sum() / 2
    found = passing_noise(fitted, reported, components=DIMS, noise=0.5, seed=0)
    assert found == pytest.approx(truth, abs=0.12)
    assert truth <= ceiling(DIMS, 0.5)
    # A student gains nothing by larger features.
    larger = passing_noise(10 * fitted, 10 * reported, components=DIMS, noise=0.5, seed=0)
    assert larger == pytest.approx(found)


@pytest.mark.parametrize("count", [2, 5])
def test_what_passes_of_few_clusters_is_their_entropy(count):
    (fitted, _), (reported, _) = clusters(count, 1500), clusters(count, 1500, seed=1)
    found = passing_noise(fitted, reported, components=count - 1, noise=0.05, seed=0)
    assert found == pytest.approx(math.log(count), abs=0.03)


def test_codes_tell_clusters_apart_and_their_entropy_is_the_clusters():
    (fitted, _), (reported, chosen) = clusters(5, 600), clusters(5, 400, seed=1)
    codes = codes_of(fitted, reported, codes=5, seed=0)
    assert len({*zip(codes.tolist(), chosen.tolist(), strict=True)}) == 5
    plug_in, corrected = miller_madow(codes)
    assert plug_in < corrected == pytest.approx(math.log(5), abs=0.03)


@pytest.mark.parametrize("codes", [1, 601])
def test_impossible_numbers_of_codes_are_refused(codes):
    fitted, _ = clusters(5, 600)
    with pytest.raises(ConfigError, match="between 2 and the 600 items"):
        codes_of(fitted, fitted, codes=codes, seed=0)


def test_millers_correction_removes_most_of_the_bias():
    generator = np.random.default_rng(0)
    found = np.array([miller_madow(generator.integers(0, 20, 100)) for _ in range(300)])
    plug_in, corrected = np.abs(found.mean(axis=0) - math.log(20))
    assert corrected < plug_in / 4


@pytest.mark.parametrize(
    ("density", "dims", "tolerance"),
    # The standard normal density gives 1.42 nats a dimension, the uniform one log √12 = 1.24; at its edge
    # half of a neighbourhood is empty.
    [*((stats.uniform(0, 12**0.5), d, 0.04 * d) for d in (1, 3)), (stats.norm(), 20, 0.2)],
)
def test_a_density_is_found_by_its_neighbours_in_twenty_dimensions_too(density, dims, tolerance):
    values = density.rvs((4000, dims), random_state=0)
    found = density_terms(values - values.mean(axis=0), np.arange(4000)).mean()
    assert found == pytest.approx(dims * density.entropy(), abs=tolerance)


def test_recurring_rows_have_no_density():
    values = np.random.default_rng(2).standard_normal((100, 2))
    values[:5] = values[0]
    with pytest.raises(ConfigError, match="occur more than 3 times"):
        density_terms(values, np.arange(100))


def test_frequencies_give_the_plug_in_entropy():
    codes = np.array([0] * 5 + [1] * 3 + [2] * 2)
    assert frequency_terms(codes).mean() == pytest.approx(stats.entropy([5, 3, 2]))
