"""The MI loss against independent computations, its algebra, and its gradient."""

import itertools
import math

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
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(batch, positions, vocabulary, generator=generator)


def real(positions: int, *lengths: int) -> torch.Tensor:
    return torch.arange(positions)[None] < torch.tensor(lengths)[:, None]


def gradients_of(loss, *sides):
    return torch.autograd.grad(loss, sides, allow_unused=True, materialize_grads=True)


def softmax(row: list[float]) -> list[float]:
    highest = max(row)
    powers = [math.exp(value - highest) for value in row]
    return [power / math.fsum(powers) for power in powers]


def pooled(rows: list[list[float]], pool: str) -> list[float]:
    columns = list(zip(*(softmax(row) for row in rows), strict=True))
    return [max(c) if pool == "max" else math.fsum(c) / len(c) for c in columns]


def plain(label, rationale, label_mask, rationale_mask, form, pool, divergence) -> float:
    """Either form in plain Python: nested lists in, one number out."""
    total = 0.0
    sides = (label, rationale, label_mask, rationale_mask)
    for *rows, m, n in zip(*(side.tolist() for side in sides), strict=True):
        if form == "released":
            t, q = (pooled(side, pool) for side in rows)
            q = softmax(q)
        else:
            kept = (list(itertools.compress(*side)) for side in zip(rows, (m, n), strict=True))
            t, q = (pooled(side, pool) for side in kept)
            t, q = ([value / math.fsum(side) for value in side] for side in (t, q))
        total -= math.fsum(a * math.log(b) for a, b in zip(t, q, strict=True))
        if divergence == "kl":
            total += math.fsum(a * math.log(a) for a in t if a > 0)
    return total / len(label)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_a_form_equals_a_plain_computation_released_with_padding_and_paper_without(
    form, pool, divergence
):
    sides = logits(3, 4, 11, 4), logits(3, 7, 11, 5), real(4, 4, 2, 1), real(7, 3, 7, 1)
    ours = mi_loss(*sides, form=form, pool=pool, divergence=divergence)
    assert ours.item() == pytest.approx(plain(*sides, form, pool, divergence), rel=1e-5)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("detach", DETACH)
def test_released_value_is_that_of_the_authors_code_whichever_side_is_held(pool, detach):
    label, rationale = logits(2, 3, 32128, 2), logits(2, 9, 32128, 3)
    t, q = (side.softmax(-1) for side in (label, rationale))
    t, q = (t.amax(1), q.amax(1)) if pool == "max" else (t.mean(1), q.mean(1))
    ours = mi_loss(label, rationale, pool=pool, detach=detach)
    torch.testing.assert_close(ours, F.cross_entropy(q, t))


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


@pytest.mark.parametrize("form", ["paper", "paper-kl", "js", "barber_agakov", "infonce"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("detach", DETACH)
def test_padding_and_an_example_without_rationale_change_neither_loss_nor_gradient(
    form, pool, detach
):
    form, _, divergence = form.partition("-")
    choices = {"form": form, "pool": pool, "divergence": divergence or "ce", "detach": detach}

    def with_padding(extra: int, kept: list[int], length_of_second: int):
        left, right = logits(3, 3, 9, 12)[kept], logits(3, 5, 9, 13)[kept]
        left = F.pad(left, (0, 0, 0, extra), value=4.0).requires_grad_()
        right = F.pad(right, (0, 0, 0, extra), value=-4.0).requires_grad_()
        masks = real(3 + extra, 3, 3, 3)[kept], real(5 + extra, 5, length_of_second, 5)[kept]
        loss = mi_loss(left, right, *masks, **choices)
        by_left, by_right = gradients_of(loss, left, right)
        return loss, by_left[:, :3], by_right[:, :5]

    loss, *gradients = with_padding(0, [0, 2], 5)
    padded, *found = with_padding(6, [0, 1, 2], 0)
    torch.testing.assert_close(padded, loss)
    for expected, gradient in zip(gradients, found, strict=True):
        torch.testing.assert_close(gradient[[0, 2]], expected)
        assert gradient[1].abs().max() == 0


@pytest.mark.parametrize("pool", POOLS)
def test_padding_does_change_the_released_form_but_no_example_without_a_rationale(pool):
    label, rationale = logits(3, 3, 9, 14), logits(3, 5, 9, 15).requires_grad_()
    padded, kept = F.pad(label, (0, 0, 0, 2), value=0.0), [0, 2]
    loss = mi_loss(label, rationale, None, real(5, 5, 0, 5), pool=pool)
    torch.testing.assert_close(loss, mi_loss(label[kept], rationale[kept], pool=pool))
    (gradient,) = torch.autograd.grad(loss, rationale)
    assert torch.isfinite(gradient).all() and gradient[1].abs().max() == 0
    wider = mi_loss(padded, rationale, real(5, 3, 3, 3), real(5, 5, 0, 5), pool=pool)
    assert wider.item() != loss.item()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("detach", DETACH)
def test_detach_stops_the_gradient_of_exactly_one_side(form, detach):
    label, rationale = logits(2, 3, 9, 16).requires_grad_(), logits(2, 5, 9, 17).requires_grad_()
    loss = mi_loss(label, rationale, form=form, detach=detach)
    moves = [bool(one.abs().max() > 0) for one in gradients_of(loss, label, rationale)]
    assert moves == [detach != "label", detach != "rationale"]


@pytest.mark.parametrize("form", FORMS)
def test_kl_and_ce_have_one_gradient_when_the_label_side_is_detached(form):
    gradients = []
    for divergence in DIVERGENCES:
        rationale = logits(2, 5, 9, 19).requires_grad_()
        loss = mi_loss(logits(2, 3, 9, 18), rationale, form=form, divergence=divergence)
        gradients.append(torch.autograd.grad(loss, rationale)[0])
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("form", FORMS)
def test_no_example_left_scores_zero_and_bfloat16_is_summed_in_float32(form):
    label, rationale = logits(2, 3, 500, 24), logits(2, 5, 500, 25)
    assert mi_loss(label, rationale, None, real(5, 0, 0), form=form).item() == 0
    half = mi_loss(label.bfloat16(), rationale.bfloat16(), form=form)
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(mi_loss(label, rationale, form=form).item(), rel=2e-2)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_extreme_logits_stay_finite(form, divergence):
    label = torch.tensor([[[1e4, -1e4, 0.0]]]).requires_grad_()
    rationale = torch.tensor([[[-1e4, 1e4, 0.0]]]).requires_grad_()
    loss = mi_loss(label, rationale, form=form, divergence=divergence, detach="none")
    for found in (loss, *torch.autograd.grad(loss, (label, rationale))):
        assert torch.isfinite(found).all()


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
        ({"rationale_logits": logits(2, 5, 8, 29)}, "share batch and vocabulary"),
        *(({"form": name}, "hidden_loss_per_example") for name in ("contrastive", "variational")),
    ],
)
def test_a_wrong_choice_or_shape_is_named(arguments, message):
    sides = {"label_logits": logits(2, 3, 9, 26), "rationale_logits": logits(2, 5, 9, 27)}
    with pytest.raises(ConfigError, match=message):
        mi_loss(**{**sides, **arguments})
