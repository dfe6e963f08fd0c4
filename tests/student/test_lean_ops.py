"""Lean RMS norm and dropout against their plain twins: values and gradients.

Attention and padding are held, with all weights' gradients, by `tests/training/test_packed_step.py`.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.t5.modeling_t5 import T5LayerNorm

from mi_cot_lib.student.lean_ops import dropout, rms_norm

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(DEVICE)


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.float32, 1e-4), (torch.bfloat16, 2**-8)])
@given(st.integers(1, 9), st.integers(1, 70), st.sampled_from([1e-6, 1e-2]), st.integers(0, 99))
def test_rms_norm_is_t5s_layer_norm_in_value_and_gradient(
    dtype, rounding, tokens, width, epsilon, seed
):
    layer = T5LayerNorm(width, eps=epsilon).to(DEVICE)
    layer.weight.data = 1 + normal(width, seed=seed)
    x = normal(tokens, width, seed=seed + 1).requires_grad_()
    pull = normal(tokens, width, seed=seed + 2).to(dtype)
    plain, lean = layer(x), rms_norm(x, layer.weight, epsilon, dtype)
    assert lean.dtype == dtype
    torch.testing.assert_close(lean.float(), plain, rtol=rounding, atol=1e-5)
    expected = torch.autograd.grad(plain, (x, layer.weight), pull.float())
    found = torch.autograd.grad(lean, (x, layer.weight), pull)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_rms_norm_of_zeros_has_a_finite_gradient():
    x = torch.zeros(2, 4, requires_grad=True, device=DEVICE)
    rms_norm(x, torch.ones(4, device=DEVICE), 1e-6, torch.float32).sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_drops_its_share_and_keeps_the_mean(dtype):
    torch.manual_seed(0)
    x = torch.ones(1000, 1000, dtype=dtype, device=DEVICE)
    dropped = dropout(x, 0.1)
    # Six standard deviations of a share of a million draws.
    assert (dropped == 0).float().mean().item() == pytest.approx(0.1, abs=6 * (0.09 / 1e6) ** 0.5)
    assert dropped.float().mean().item() == pytest.approx(1, abs=5e-3)
    # Neighbours come from one draw; they must fall independently of each other all the same.
    kept = (dropped != 0).double().view(-1, 4)
    assert torch.corrcoef(kept.T).fill_diagonal_(0).abs().max() < 0.01


def test_dropout_passes_the_gradient_where_it_kept_and_repeats_with_its_seed():
    results = []
    for _ in range(2):
        torch.manual_seed(3)
        x = normal(5, 7).requires_grad_()
        value = dropout(x, 0.5)
        (gradient,) = torch.autograd.grad(value, x, torch.ones_like(value))
        torch.testing.assert_close(gradient * x, value)
        results.append(value)
    assert torch.equal(*results)
    state = torch.get_rng_state()
    assert dropout(x, 0.0) is x
    assert torch.equal(torch.get_rng_state(), state)
