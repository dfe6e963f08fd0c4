"""The Barber-Agakov loss against exact mutual information, and where the paper's loss is fooled."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.objective.forms.barber_agakov import barber_agakov_loss
from mi_cot_lib.objective.forms.divergences import paper_loss


def distributions(seed: int, rows: int, entries: int = 6) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    drawn = 3 * torch.randn(rows, entries, generator=generator, dtype=torch.float64)
    return drawn.log_softmax(dim=-1)


def information(t: torch.Tensor) -> float:
    """I(V; example) in nats: V drawn from row i of t, examples equally likely."""
    mean = t.exp().mean(dim=0)
    return (t.exp() * (t - mean.log())).sum(dim=1).mean().item()


@given(rows=st.integers(1, 8), seed=st.integers(0, 2**31))
def test_its_negative_is_a_lower_bound_and_tight_at_the_true_conditional(rows, seed):
    t, q = distributions(seed, rows), distributions(seed + 1, rows)
    assert -barber_agakov_loss(t, q, t).mean().item() <= information(t) + 1e-9
    assert -barber_agakov_loss(t, t, t).mean().item() == pytest.approx(information(t), abs=1e-9)


def one_hot(column: int) -> torch.Tensor:
    return torch.full((4,), -80.0).index_fill(0, torch.tensor(column), 80.0).log_softmax(dim=-1)


def test_one_word_for_all_scores_worse_than_a_word_for_each_and_the_papers_loss_sees_no_difference():
    same = torch.stack([one_hot(2)] * 4)
    own = torch.stack([one_hot(column) for column in range(4)])
    assert paper_loss(same, same).mean().item() == pytest.approx(0, abs=1e-6)
    assert paper_loss(own, own).mean().item() == pytest.approx(0, abs=1e-6)
    assert barber_agakov_loss(same, same, same).mean().item() == pytest.approx(0, abs=1e-6)
    assert barber_agakov_loss(own, own, own).mean().item() == pytest.approx(-math.log(4), abs=1e-6)


def test_the_entropy_of_v_keeps_its_gradient_when_the_label_side_is_held():
    t = distributions(0, 3).requires_grad_()
    loss = barber_agakov_loss(t, distributions(1, 3), t.detach()).mean()
    (gradient,) = torch.autograd.grad(loss, t)
    mean = t.detach().exp().mean(dim=0)
    # d(Σ m log m)/dt with m the mean over three rows of exp t.
    torch.testing.assert_close(gradient, (mean.log() + 1) * t.detach().exp() / 3)
