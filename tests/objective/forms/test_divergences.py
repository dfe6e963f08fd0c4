"""KL and Jensen-Shannon divergence against scipy and their algebra."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from mi_cot_lib.objective.forms.divergences import js_loss, kl_loss, paper_loss


def distributions(seed: int, rows: int = 3, entries: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(rows, entries, generator=generator)).log_softmax(dim=-1)


@given(seed=st.integers(0, 2**31))
def test_kl_is_that_of_scipy(seed):
    t, q = distributions(seed), distributions(seed + 1)
    expected = rel_entr(t.exp().numpy(), q.exp().numpy()).sum(axis=1)
    assert kl_loss(t, q).tolist() == pytest.approx(expected.tolist(), rel=1e-3, abs=1e-5)


@given(seed=st.integers(0, 2**31))
def test_js_is_the_square_of_scipys_distance(seed):
    t, q = distributions(seed), distributions(seed + 1)
    expected = jensenshannon(t.exp().numpy(), q.exp().numpy(), axis=1) ** 2
    assert js_loss(t, q).tolist() == pytest.approx(expected.tolist(), rel=1e-3, abs=1e-5)


@given(seed=st.integers(0, 2**31))
def test_js_is_symmetric_and_between_0_and_log_2(seed):
    t, q = distributions(seed), distributions(seed + 1)
    torch.testing.assert_close(js_loss(t, q), js_loss(q, t))
    assert (js_loss(t, q) >= 0).all()
    assert (js_loss(t, q) <= math.log(2) + 1e-6).all()


def test_js_of_sides_that_share_nothing_is_log_2_where_kl_has_no_bound():
    t = torch.tensor([[0.0, -80.0]]).log_softmax(dim=-1)
    q = t.flip(1)
    assert js_loss(t, q).item() == pytest.approx(math.log(2))
    assert kl_loss(t, q).item() == pytest.approx(80)


def test_ce_is_kl_plus_the_entropy_of_the_label_side():
    t, q = distributions(4), distributions(5)
    entropy = torch.distributions.Categorical(logits=t).entropy()
    torch.testing.assert_close(paper_loss(t, q), kl_loss(t, q) + entropy)
