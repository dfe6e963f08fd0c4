"""The released form over T5's vocabulary, where a constant of 10 nats stands beside differences of 1e-5."""

import math

import pytest
import torch
import torch.nn.functional as F

from mi_cot_lib.objective.mi import mi_loss

POOLS = ("max", "mean")


def released_in_float64(label, rationale, pool, divergence, detach):
    """The released loss and its gradients by both sides' logits, computed in float64 throughout."""
    sides = [side.detach().double().requires_grad_() for side in (label, rationale)]
    t, q = (s.softmax(-1).amax(1) if pool == "max" else s.softmax(-1).mean(1) for s in sides)
    t, q = (t.detach() if detach == "label" else t), (q.detach() if detach == "rationale" else q)
    loss = F.cross_entropy(q, t)
    if divergence == "kl":
        loss = loss + (t * t.log()).sum() / len(t)
    return loss, torch.autograd.grad(loss, sides, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize("positions", [1, 4])
@pytest.mark.parametrize("scale", [0.05, 1.0, 15.0])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("divergence", ["ce", "kl"])
@pytest.mark.parametrize("detach", ["rationale", "none"])
def test_released_gradients_hold_over_t5s_vocabulary(positions, scale, pool, divergence, detach):
    generator = torch.Generator().manual_seed(40)
    shapes = (2, positions, 32128), (2, 9, 32128)
    sides = [(scale * torch.randn(s, generator=generator)).requires_grad_() for s in shapes]
    choices = {"pool": pool, "divergence": divergence, "detach": detach}
    loss = mi_loss(*sides, **choices)
    assert loss.dtype == torch.float32
    expected, exact = released_in_float64(*sides, **choices)
    # The size of what KL is a difference of.
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6 * math.log(32128) * positions)
    found = torch.autograd.grad(loss, sides, allow_unused=True, materialize_grads=True)
    for ours, theirs in zip(found, exact, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * theirs.norm()


@pytest.mark.parametrize("pool", POOLS)
def test_released_value_is_that_of_the_authors_code_whichever_side_is_held(pool):
    label, rationale = (
        3 * torch.randn(2, n, 32128, generator=torch.Generator().manual_seed(n)) for n in (3, 9)
    )
    t, q = (side.softmax(-1) for side in (label, rationale))
    t, q = (t.amax(1), q.amax(1)) if pool == "max" else (t.mean(1), q.mean(1))
    authors = F.cross_entropy(q, t)
    for detach in ("label", "rationale", "none"):
        torch.testing.assert_close(mi_loss(label, rationale, pool=pool, detach=detach), authors)
