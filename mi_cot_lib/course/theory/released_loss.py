"""Equations 10 and 11 of the paper against the released loss, and that loss taken apart."""

import math

import pandas as pd
import torch
from torch import Tensor

from mi_cot_lib.course.theory.derivation import Sides
from mi_cot_lib.objective.choices import Objective, Pool
from mi_cot_lib.objective.mi import mi_loss, mi_of_pooled, pool_released
from mi_cot_lib.objective.terms import term_counts, term_sums, weighted_total


def equation_10(
    label_logits: Tensor,
    labels: Tensor,
    rationale_logits: Tensor,
    rationales: Tensor,
    alpha: float = 0.5,
    beta: float = 0.1,
) -> Sides:
    """The released α·L_prediction + (1−α)·L_generation + β·L_MI, against the paper's three weights.

    The right side is what this kit trains on, with α1 = α, α2 = 1 − α (the paper leaves it free) and
    α3 = β. Logits are (batch, positions, vocab), targets (batch, positions) of token ids without padding.
    """
    prediction, generation = (
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        for logits, targets in ((label_logits, labels), (rationale_logits, rationales))
    )
    released = alpha * prediction + (1 - alpha) * generation
    released = released + beta * mi_loss(label_logits, rationale_logits)
    objective = Objective(alpha1=alpha, alpha2=1 - alpha, alpha3=beta)
    total = weighted_total(
        objective,
        term_sums(objective, label_logits, labels, rationale_logits, rationales),
        term_counts({"labels": labels, "explain_labels": rationales}),
    )
    return Sides(released.item(), total.item())


def equation_11(label_logits: Tensor, rationale_logits: Tensor) -> Sides:
    """L_CE = l(f(Z), f(V)) as a cross-entropy of distributions, against what the released code computes."""
    v, z = normalised(label_logits), normalised(rationale_logits)
    return Sides(_cross_entropy(v, z), mi_loss(label_logits, rationale_logits).item())


def prepare_readings(label_logits: Tensor, rationale_logits: Tensor) -> pd.DataFrame:
    """Compute every reading that Equation 11 allows of V and Z, (batch, positions, vocab): mean `nats`."""
    v, z = normalised(label_logits), normalised(rationale_logits)
    parts = decompose_released(label_logits, rationale_logits)
    values = {
        "target V, as CrossEntropyLoss(input, target) reads l(f(Z), f(V))": _cross_entropy(v, z),
        "target Z, as Equation 9 reads CE(z|v, v|z)": _cross_entropy(z, v),
        "this kit, form paper": mi_loss(label_logits, rationale_logits, form="paper").item(),
        "this kit, form released": mi_loss(label_logits, rationale_logits).item(),
        "S·log Σ exp(q) − ⟨t, q⟩": parts["loss"].mean(),
    }
    return pd.DataFrame({"nats": values}).rename_axis("reading")


@torch.no_grad()
def decompose_released(
    label_logits: Tensor, rationale_logits: Tensor, pool: Pool = "max"
) -> pd.DataFrame:
    """Take the released form of `mi_loss` apart: both sides (batch, positions, vocab), padding included.

    Returns:
        A row an example, nats but for `S` = Σ_v t_v (1 where there is one position, up to their number
        else): `constant S·log N`, which no training of the rationale side can change, for a vocabulary of N
        tokens; `spread` = S·(log Σ_u exp(q_u) − log N), small where N is large; `overlap ⟨t, q⟩`, which
        minimising the `loss` = constant + spread − overlap makes larger.
    """
    t, q = (pool_released(side, pool) for side in (label_logits, rationale_logits))
    total, log_n = t.sum(dim=-1), math.log(t.shape[-1])
    parts = {
        "S": total,
        "constant S·log N": total * log_n,
        "spread": total * (q.logsumexp(dim=-1) - log_n),
        "overlap ⟨t, q⟩": (t * q).sum(dim=-1),
    }
    found = pd.DataFrame({name: part.double().numpy() for name, part in parts.items()})
    return found.assign(loss=found.iloc[:, 1] + found["spread"] - found.iloc[:, 3])


def released_gradient(t: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """Compute ∂L/∂q (nats per unit of q) of the released form at pooled t and q, each (batch, vocab).

    By autograd, and by the formula (S·softmax(q)_v − t_v) / B with S = Σ_v t_v and B examples.
    """
    q = q.detach().clone().requires_grad_()
    loss = mi_of_pooled(t, q, form="released", divergence="ce", detach="label").mean()
    (gradient,) = torch.autograd.grad(loss, q)
    formula = (t.sum(dim=-1, keepdim=True) * q.detach().softmax(dim=-1) - t) / len(t)
    return gradient, formula


def normalised(logits: Tensor) -> Tensor:
    """Pool and make a distribution of it: (batch, positions, vocab) → (batch, vocab), float64, sum 1."""
    pooled = pool_released(logits, "max").double()
    return pooled / pooled.sum(dim=-1, keepdim=True)


def _cross_entropy(target: Tensor, other: Tensor) -> float:
    return -torch.special.xlogy(target, other).sum(dim=-1).mean().item()
