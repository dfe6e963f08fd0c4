"""The forms that compare distributions: against scipy and torch, exact information, and their algebra."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from mi_cot_lib.objective.forms.barber_agakov import barber_agakov_loss
from mi_cot_lib.objective.forms.infonce import distribution_scores, infonce_loss
from mi_cot_lib.objective.forms.js import js_loss
from mi_cot_lib.objective.forms.paper import paper_loss

SEEDS = st.integers(0, 2**31)


def randn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def distributions(seed: int, rows: int = 3, entries: int = 6) -> torch.Tensor:
    return (3 * randn(rows, entries, seed=seed)).log_softmax(dim=-1)


def mean(losses: torch.Tensor) -> float:
    return losses.mean().item()


@given(seed=SEEDS)
def test_kl_and_js_are_those_of_scipy_and_js_is_symmetric_and_bounded(seed):
    t, q = distributions(seed), distributions(seed + 1)
    p, r = t.exp().numpy(), q.exp().numpy()
    kl, js = paper_loss(t, q, "kl"), js_loss(t, q)
    assert kl.tolist() == pytest.approx(rel_entr(p, r).sum(axis=1).tolist())
    assert js.tolist() == pytest.approx((jensenshannon(p, r, axis=1) ** 2).tolist(), abs=1e-9)
    torch.testing.assert_close(js, js_loss(q, t))
    assert (js >= 0).all() and (js <= math.log(2) + 1e-9).all()
    torch.testing.assert_close(
        paper_loss(t, q), kl + torch.distributions.Categorical(logits=t).entropy()
    )


def test_js_of_sides_that_share_nothing_is_log_2_where_kl_has_no_bound():
    t = torch.tensor([[0.0, -80.0]]).log_softmax(dim=-1)
    assert js_loss(t, t.flip(1)).item() == pytest.approx(math.log(2))
    assert paper_loss(t, t.flip(1), "kl").item() == pytest.approx(80)


@given(rows=st.integers(1, 8), seed=SEEDS)
def test_barber_agakov_is_a_lower_bound_of_information_and_tight_at_the_true_conditional(
    rows, seed
):
    t, q = distributions(seed, rows), distributions(seed + 1, rows)
    # I(V; example) in nats: V drawn from row i of t, examples equally likely.
    information = mean((t.exp() * (t - t.exp().mean(dim=0).log())).sum(dim=1))
    assert -mean(barber_agakov_loss(t, q, t)) <= information + 1e-9
    assert -mean(barber_agakov_loss(t, t, t)) == pytest.approx(information, abs=1e-9)


def test_the_entropy_of_v_keeps_its_gradient_when_the_label_side_is_held():
    t = distributions(0).requires_grad_()
    (gradient,) = torch.autograd.grad(barber_agakov_loss(t, distributions(1), t.detach()).mean(), t)
    word = t.detach().exp().mean(dim=0)
    # d(Σ m log m)/dt with m the mean over three rows of exp t.
    torch.testing.assert_close(gradient, (word.log() + 1) * t.detach().exp() / 3)


@given(rows=st.integers(1, 9), seed=SEEDS)
def test_infonce_is_cross_entropy_with_the_examples_own_number_as_target(rows, seed):
    scores = 3 * randn(rows, rows, seed=seed)
    expected = F.cross_entropy(scores, torch.arange(rows), reduction="none")
    torch.testing.assert_close(infonce_loss(scores), expected)


def test_the_true_log_ratio_finds_the_information_of_correlated_gaussians():
    correlation, batch = 0.8, 256
    estimates = []
    for seed in range(20):
        z = randn(batch, seed=2 * seed)
        v = correlation * z + math.sqrt(1 - correlation**2) * randn(batch, seed=2 * seed + 1)
        # log p(v|z) but for what does not depend on v's partner; log p(v) is the same in a column.
        ratio = -((v[None] - correlation * z[:, None]) ** 2) / (2 * (1 - correlation**2))
        estimates.append(math.log(batch) - mean(infonce_loss(ratio + v[None] ** 2 / 2)))
    information = -math.log(1 - correlation**2) / 2
    assert sum(estimates) / 20 == pytest.approx(information, abs=0.05)


def test_distribution_scores_are_negative_cross_entropies():
    t, q = distributions(1), distributions(2)
    expected = [[-F.cross_entropy(row, column.exp()) for column in t] for row in q]
    torch.testing.assert_close(distribution_scores(t, q), torch.tensor(expected).to(t.dtype))
