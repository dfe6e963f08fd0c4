"""The MI loss against independent computations, its algebra, and its gradient."""

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.mi import mi_loss

FORMS = ("released", "paper")
POOLS = ("max", "mean")
DIVERGENCES = ("ce", "kl")
DETACH = ("label", "rationale", "none")


def logits(batch: int, positions: int, vocabulary: int, seed: int) -> torch.Tensor:
    return 3 * torch.randn(
        batch, positions, vocabulary, generator=torch.Generator().manual_seed(seed)
    )


def softmax(row: list[float]) -> list[float]:
    highest = max(row)
    powers = [math.exp(value - highest) for value in row]
    return [power / math.fsum(powers) for power in powers]


def pooled(rows: list[list[float]], pool: str) -> list[float]:
    columns = list(zip(*(softmax(row) for row in rows), strict=True))
    return [max(c) if pool == "max" else math.fsum(c) / len(c) for c in columns]


def plain_released(label, rationale, pool, divergence) -> float:
    """The released computation in plain Python: nested lists in, one number out."""
    total = 0.0
    for label_rows, rationale_rows in zip(label.tolist(), rationale.tolist(), strict=True):
        t, q = pooled(label_rows, pool), pooled(rationale_rows, pool)
        total -= math.fsum(a * math.log(b) for a, b in zip(t, softmax(q), strict=True))
        if divergence == "kl":
            total += math.fsum(a * math.log(a) for a in t if a > 0)
    return total / len(label)


def plain_paper(label, rationale, label_mask, rationale_mask, pool, divergence) -> float:
    """The paper's computation in plain Python, over real positions only."""
    total = 0.0
    for label_rows, rationale_rows, m, n in zip(
        label.tolist(),
        rationale.tolist(),
        label_mask.tolist(),
        rationale_mask.tolist(),
        strict=True,
    ):
        t = pooled(list(itertools.compress(label_rows, m)), pool)
        q = pooled(list(itertools.compress(rationale_rows, n)), pool)
        t = [value / math.fsum(t) for value in t]
        q = [value / math.fsum(q) for value in q]
        total -= math.fsum(a * math.log(b) for a, b in zip(t, q, strict=True))
        if divergence == "kl":
            total += math.fsum(a * math.log(a) for a in t if a > 0)
    return total / len(label)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_released_form_equals_a_plain_computation_padding_included(pool, divergence):
    label, rationale = logits(3, 4, 11, 0), logits(3, 7, 11, 1)
    mask = torch.arange(4)[None] < torch.tensor([4, 2, 1])[:, None]
    ours = mi_loss(label, rationale, mask, None, pool=pool, divergence=divergence)
    assert ours.item() == pytest.approx(
        plain_released(label, rationale, pool, divergence), rel=1e-5
    )


def test_released_form_is_cross_entropy_loss_on_max_pooled_softmax():
    label, rationale = logits(5, 3, 20, 2), logits(5, 6, 20, 3)
    t = label.softmax(-1).max(dim=1).values.detach()
    q = rationale.softmax(-1).max(dim=1).values
    assert mi_loss(label, rationale).item() == pytest.approx(F.cross_entropy(q, t).item(), rel=1e-6)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_paper_form_equals_a_plain_computation_on_real_positions(pool, divergence):
    label, rationale = logits(3, 4, 11, 4), logits(3, 7, 11, 5)
    label_mask = torch.arange(4)[None] < torch.tensor([4, 2, 1])[:, None]
    rationale_mask = torch.arange(7)[None] < torch.tensor([3, 7, 1])[:, None]
    ours = mi_loss(
        label, rationale, label_mask, rationale_mask, form="paper", pool=pool, divergence=divergence
    )
    plain = plain_paper(label, rationale, label_mask, rationale_mask, pool, divergence)
    assert ours.item() == pytest.approx(plain, rel=1e-5)


def test_released_form_scores_identical_one_hots_at_log_v_minus_one():
    # log 32128 = 10.3775: the perfect match keeps 9.3775 nats that no training can remove.
    certain = torch.full((1, 1, 32128), -100.0)
    certain[0, 0, 7] = 100.0
    assert mi_loss(certain, certain).item() == pytest.approx(9.3775, abs=1e-4)


def test_released_gradient_is_s_times_softmax_q_minus_t():
    # One position a side, so that q is a softmax itself; then by hand through its Jacobian:
    # dL/dq = (S softmax(q) - t) / B and dq/dz = diag(q) - q q'.
    label, rationale = logits(4, 1, 9, 6), logits(4, 1, 9, 7).requires_grad_()
    (gradient,) = torch.autograd.grad(mi_loss(label, rationale), rationale)
    t, q = label[:, 0].softmax(-1), rationale[:, 0].detach().softmax(-1)
    by_q = (t.sum(1, keepdim=True) * q.softmax(-1) - t) / 4
    expected = q * (by_q - (by_q * q).sum(1, keepdim=True))
    torch.testing.assert_close(gradient[:, 0], expected)


def test_paper_form_with_kl_is_zero_for_equal_inputs_and_positive_otherwise():
    same, other = logits(2, 3, 8, 8), logits(2, 3, 8, 9)
    assert mi_loss(same, same, form="paper", divergence="kl").item() == pytest.approx(0, abs=1e-6)
    assert mi_loss(same, other, form="paper", divergence="kl").item() > 0.01


def test_paper_form_is_bounded_below_by_the_entropy_of_the_label_side():
    label, rationale = logits(1, 1, 8, 10), logits(1, 1, 8, 11)
    entropy = torch.distributions.Categorical(logits=label[0, 0]).entropy().item()
    assert mi_loss(label, rationale, form="paper").item() > entropy
    assert mi_loss(label, label, form="paper").item() == pytest.approx(entropy, rel=1e-5)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("detach", DETACH)
def test_padding_changes_neither_loss_nor_gradient_of_the_paper_form(pool, divergence, detach):
    label, rationale = logits(2, 3, 9, 12), logits(2, 5, 9, 13)
    choices = {"form": "paper", "pool": pool, "divergence": divergence, "detach": detach}

    def with_padding(extra: int):
        left = F.pad(label, (0, 0, 0, extra), value=4.0).requires_grad_()
        right = F.pad(rationale, (0, 0, 0, extra), value=-4.0).requires_grad_()
        masks = [torch.arange(n + extra)[None].expand(2, -1) < n for n in (3, 5)]
        loss = mi_loss(left, right, *masks, **choices)
        gradients = torch.autograd.grad(
            loss, (left, right), allow_unused=True, materialize_grads=True
        )
        return loss, gradients[0][:, :3], gradients[1][:, :5]

    for plain, padded in zip(with_padding(0), with_padding(6), strict=True):
        torch.testing.assert_close(plain, padded)


def test_padding_does_change_the_released_form():
    label, rationale = logits(2, 3, 9, 14), logits(2, 5, 9, 15)
    padded = F.pad(label, (0, 0, 0, 2), value=0.0)
    mask = torch.arange(5)[None].expand(2, -1) < 3
    assert mi_loss(padded, rationale, mask).item() != mi_loss(label, rationale).item()


@pytest.mark.parametrize("form", FORMS)
def test_detach_stops_the_gradient_of_exactly_one_side(form):
    for detach, (label_moves, rationale_moves) in {
        "label": (False, True),
        "rationale": (True, False),
        "none": (True, True),
    }.items():
        label = logits(2, 3, 9, 16).requires_grad_()
        rationale = logits(2, 5, 9, 17).requires_grad_()
        gradients = torch.autograd.grad(
            mi_loss(label, rationale, form=form, detach=detach),
            (label, rationale),
            allow_unused=True,
            materialize_grads=True,
        )
        moves = tuple(bool(gradient.abs().max() > 0) for gradient in gradients)
        assert moves == (label_moves, rationale_moves), detach


@pytest.mark.parametrize("form", FORMS)
def test_kl_and_ce_have_one_gradient_when_the_label_side_is_detached(form):
    gradients = []
    for divergence in DIVERGENCES:
        rationale = logits(2, 5, 9, 19).requires_grad_()
        loss = mi_loss(logits(2, 3, 9, 18), rationale, form=form, divergence=divergence)
        gradients.append(torch.autograd.grad(loss, rationale)[0])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pool", POOLS)
def test_an_example_without_a_rationale_takes_no_part(form, pool):
    label, rationale = logits(3, 3, 9, 20), logits(3, 5, 9, 21).requires_grad_()
    mask = torch.ones(3, 5, dtype=torch.bool)
    mask[1] = False
    loss = mi_loss(label, rationale, None, mask, form=form, pool=pool)
    kept = mi_loss(label[[0, 2]], rationale[[0, 2]], form=form, pool=pool)
    torch.testing.assert_close(loss, kept)
    (gradient,) = torch.autograd.grad(loss, rationale)
    assert torch.isfinite(gradient).all()
    assert gradient[1].abs().max() == 0


@pytest.mark.parametrize("form", FORMS)
def test_no_example_left_scores_zero(form):
    nothing = torch.zeros(2, 5, dtype=torch.bool)
    assert mi_loss(logits(2, 3, 9, 22), logits(2, 5, 9, 23), None, nothing, form=form).item() == 0


@pytest.mark.parametrize("form", FORMS)
def test_bfloat16_logits_are_summed_in_float32(form):
    label, rationale = logits(2, 3, 500, 24), logits(2, 5, 500, 25)
    half = mi_loss(label.bfloat16(), rationale.bfloat16(), form=form)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(mi_loss(label, rationale, form=form).item(), rel=2e-2)


def test_extreme_logits_stay_finite():
    label = torch.tensor([[[1e4, -1e4, 0.0]]]).requires_grad_()
    rationale = torch.tensor([[[-1e4, 1e4, 0.0]]]).requires_grad_()
    for form, divergence in itertools.product(FORMS, DIVERGENCES):
        loss = mi_loss(label, rationale, form=form, divergence=divergence, detach="none")
        gradients = torch.autograd.grad(loss, (label, rationale))
        assert np.isfinite(loss.item())
        assert all(torch.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"form": "papre"}, "Did you mean 'paper'"),
        ({"form": "kl"}, "mi_form kl is mi_form paper with divergence kl"),
        ({"pool": "sum"}, "max, mean"),
        ({"divergence": "js"}, "ce, kl"),
        ({"detach": "both"}, "label, rationale, none"),
        ({"label_logits": torch.ones(2, 0, 9)}, "at least one position"),
        ({"label_mask": torch.ones(2, 9)}, r"\(batch, positions\) = \(2, 3\)"),
    ],
)
def test_a_wrong_choice_or_shape_is_named(arguments, message):
    with pytest.raises(ConfigError, match=message):
        mi_loss(
            **{
                "label_logits": logits(2, 3, 9, 26),
                "rationale_logits": logits(2, 5, 9, 27),
                **arguments,
            }
        )


def test_sides_of_different_vocabularies_are_refused():
    with pytest.raises(ConfigError, match="share batch and vocabulary"):
        mi_loss(logits(2, 3, 9, 28), logits(2, 5, 8, 29))


@pytest.mark.parametrize("form", ["js", "barber_agakov", "infonce"])
@pytest.mark.parametrize("pool", POOLS)
def test_other_forms_ignore_padding_and_examples_without_rationale(form, pool):
    label, rationale = logits(3, 3, 9, 30), logits(3, 5, 9, 31)
    kept = mi_loss(label[[0, 2]], rationale[[0, 2]], form=form, pool=pool)
    mask = torch.arange(9)[None] < torch.tensor([5, 0, 5])[:, None]
    padded = F.pad(rationale, (0, 0, 0, 4), value=3.0)
    torch.testing.assert_close(mi_loss(label, padded, None, mask, form=form, pool=pool), kept)


@pytest.mark.parametrize("form", ["contrastive", "variational", "adversarial"])
def test_a_form_with_a_network_of_its_own_is_not_one_of_logits(form):
    with pytest.raises(ConfigError, match="hidden_loss_per_example"):
        mi_loss(logits(2, 3, 9, 34), logits(2, 5, 9, 35), form=form)
