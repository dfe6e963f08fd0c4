"""InfoNCE against torch's cross-entropy, its bound and its ceiling."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.objective.forms.infonce import (
    TEMPERATURE,
    cosine_scores,
    distribution_scores,
    infonce_loss,
)


def randn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(rows=st.integers(1, 9), seed=st.integers(0, 2**31))
def test_it_is_cross_entropy_with_the_examples_own_number_as_target(rows, seed):
    scores = 3 * randn(rows, rows, seed=seed)
    expected = F.cross_entropy(scores, torch.arange(rows), reduction="none")
    torch.testing.assert_close(infonce_loss(scores), expected)
    assert math.log(rows) - infonce_loss(scores).mean().item() <= math.log(rows)


def test_the_true_log_ratio_finds_the_information_of_correlated_gaussians():
    correlation, batch = 0.8, 256
    information = -math.log(1 - correlation**2) / 2
    estimates = []
    for seed in range(20):
        z = randn(batch, seed=2 * seed)
        v = correlation * z + math.sqrt(1 - correlation**2) * randn(batch, seed=2 * seed + 1)
        # log p(v|z) but for what does not depend on v's partner; log p(v) is the same in a column.
        ratio = -((v[None] - correlation * z[:, None]) ** 2) / (2 * (1 - correlation**2))
        ratio = ratio + v[None] ** 2 / 2
        estimates.append(math.log(batch) - infonce_loss(ratio).mean().item())
    mean = torch.tensor(estimates).mean().item()
    assert mean == pytest.approx(information, abs=0.05)


def test_distribution_scores_are_negative_cross_entropies():
    t, q = randn(3, 5, seed=1).log_softmax(-1), randn(3, 5, seed=2).log_softmax(-1)
    scores = distribution_scores(t, q)
    for i in range(3):
        for j in range(3):
            expected = -F.cross_entropy(q[i], t[j].exp())
            torch.testing.assert_close(scores[i, j], expected)


def test_cosine_scores_ignore_length_and_know_direction():
    x = randn(4, 6, seed=3)
    scores = cosine_scores(x, 5 * x)
    torch.testing.assert_close(scores.diagonal() * TEMPERATURE, torch.ones(4, dtype=x.dtype))
    assert (scores - scores.diagonal() < 1e-9).all()


def test_equal_label_sides_cannot_be_told_apart():
    # As for two examples of one class: no score can lift the loss over the ceiling of distinct ones.
    t = randn(1, 5, seed=4).log_softmax(-1).expand(4, -1)
    losses = infonce_loss(distribution_scores(t, randn(4, 5, seed=5).log_softmax(-1)))
    torch.testing.assert_close(losses, torch.full((4,), math.log(4), dtype=t.dtype))
