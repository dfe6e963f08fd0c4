"""Critic, decoder and their objectives against densities of scipy and against naive twins."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from mi_cot_lib.measure.mutual_information.bounds import _infonce_statistic, pair_mean
from mi_cot_lib.measure.mutual_information.networks import (
    CategoricalDecoder,
    GaussianDecoder,
    MineObjective,
    SeparableCritic,
    dv_terms,
    infonce_terms,
    jensen_shannon_terms,
    nwj_terms,
)

CORRELATIONS = np.array([0.999, 0.3])


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def scores(generator):
    return torch.from_numpy(generator.normal(size=(7, 7)))


def off_diagonal(values):
    return [values[i, j] for i in range(len(values)) for j in range(len(values)) if i != j]


def test_critic_starts_as_the_gaussian_log_density_ratio(generator):
    u, w = generator.normal(size=(4, 3)), generator.normal(size=(5, 2))
    with torch.no_grad():
        found = SeparableCritic((3, 2), CORRELATIONS)(torch.from_numpy(u), torch.from_numpy(w))
    for i in range(4):
        for j in range(5):
            ratio = sum(
                stats.multivariate_normal.logpdf([u[i, k], w[j, k]], cov=[[1, rho], [rho, 1]])
                - stats.norm.logpdf(u[i, k])
                - stats.norm.logpdf(w[j, k])
                for k, rho in enumerate(CORRELATIONS)
            )
            assert float(found[i, j]) == pytest.approx(ratio, rel=1e-8)


def test_critic_can_learn_with_both_of_its_parts():
    critic = SeparableCritic((3, 2), CORRELATIONS)
    infonce_terms(critic(torch.randn(6, 3).double(), torch.randn(6, 2).double())).mean().backward()
    assert critic.theta.grad.abs().sum() > 0
    assert critic.right.last.weight.grad.abs().sum() > 0


def test_critic_starts_without_dependence_where_that_scores_better():
    critic = SeparableCritic((3, 2), CORRELATIONS)
    critic.choose_start(lambda: critic.theta.sum())
    assert torch.allclose(critic.theta.tanh(), torch.from_numpy(CORRELATIONS))
    critic.choose_start(lambda: -critic.theta.sum())
    assert not critic.theta.any()


def test_infonce_is_the_log_probability_of_the_partner_among_all(scores):
    expected = [
        math.log(7) + float(torch.log_softmax(scores[i], dim=0)[i]) for i in range(len(scores))
    ]
    assert infonce_terms(scores).tolist() == pytest.approx(expected)
    assert infonce_terms(1e6 * torch.eye(7)).tolist() == pytest.approx([math.log(7)] * 7)


def test_nwj_donsker_varadhan_and_jensen_shannon_are_their_formulas(scores):
    partition = np.mean([math.exp(value) for value in off_diagonal(scores)])
    joint = float(scores.diagonal().mean())
    assert float(nwj_terms(scores).mean()) == pytest.approx(joint - partition / math.e)
    assert float(dv_terms(scores).mean()) == pytest.approx(joint - math.log(partition))
    joint = np.mean([math.log1p(math.exp(-value)) for value in scores.diagonal()])
    others = np.mean([math.log1p(math.exp(value)) for value in off_diagonal(scores)])
    assert float(jensen_shannon_terms(scores).mean()) == pytest.approx(-joint - others)


def test_mine_divides_by_a_moving_average(scores):
    objective = MineObjective()
    objective(scores)
    before = math.exp(float(objective.log_average))
    shifted = (scores + 1).requires_grad_()
    objective(shifted).backward()
    now = np.mean([math.exp(value) for value in off_diagonal(scores + 1)])
    average = 0.9 * before + 0.1 * now
    assert math.exp(float(objective.log_average)) == pytest.approx(average)
    expected = -math.exp(float(scores[0, 1]) + 1) / 42 / average
    assert float(shifted.grad[0, 1]) == pytest.approx(expected)


def test_resampled_infonce_counts_the_partner_once(scores):
    statistic = _infonce_statistic(scores.numpy())
    assert statistic(np.ones((1, 7)))[0] == pytest.approx(float(infonce_terms(scores).mean()))
    drawn = [0, 0, 1, 4, 5, 5, 5]
    gains = []
    for item in drawn:
        others = [scores[item, other].exp() for other in drawn if other != item]
        own = scores[item, item].exp()
        gains.append(math.log(own / (own + sum(others)) * (1 + len(others))))
    counts = np.bincount(drawn, minlength=7)[None, :].astype(float)
    assert statistic(counts)[0] == pytest.approx(np.mean(gains))


@pytest.mark.parametrize("same", [True, False])
def test_pair_mean_is_the_mean_over_drawn_pairs(scores, same):
    drawn = [0, 0, 1, 4, 5, 5, 5]
    values = [scores[i, j] for i in drawn for j in drawn if same or i != j]
    counts = np.bincount(drawn, minlength=7)[None, :].astype(float)
    assert pair_mean(scores.numpy(), counts, same=same)[0] == pytest.approx(np.mean(values))


def test_gaussian_decoder_is_a_normal_density(generator):
    decoder = GaussianDecoder((3, 2), CORRELATIONS)
    with torch.no_grad():
        decoder.below[1, 0] = 0.7
    u, w = (torch.from_numpy(generator.normal(size=(4, columns))) for columns in (3, 2))
    root = np.diag(1 / np.sqrt(1 - CORRELATIONS**2)) @ np.array([[1, 0], [0.7, 1]])
    covariance = np.linalg.inv(root.T @ root)
    expected = [
        stats.multivariate_normal.logpdf(w[i], mean=CORRELATIONS * u[i, :2].numpy(), cov=covariance)
        for i in range(4)
    ]
    assert decoder.log_density(u, w).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("decoder", "v"),
    [
        (GaussianDecoder((3, 2), CORRELATIONS), torch.randn(5, 2).double()),
        (CategoricalDecoder(3, np.array([0.2, 0.5, 0.3])), torch.tensor([0, 2, 1, 1, 0])),
    ],
)
def test_a_decoders_pairs_hold_its_densities(decoder, v, generator):
    u = torch.from_numpy(generator.normal(size=(5, 3)))
    pairs = decoder.pairwise(u, v)
    for j in range(5):
        expected = decoder.log_density(u, v[[j] * 5]).tolist()
        assert pairs[:, j].tolist() == pytest.approx(expected)
