"""The released MI loss taken apart: what is constant in it, and what can be trained."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Pool


@dataclass(frozen=True)
class Decomposition:
    """The parts of the released MI loss of one batch, each (batch,), in nats but for `total`.

    constant + spread − overlap is the loss. The approximation S·log N − ⟨t, q⟩, for a vocabulary of N
    tokens, leaves `spread` out.

    Attributes:
        total: S = Σ_v t_v, without unit; 1 where there is one position, up to their number else.
        constant: S·log N, which no training of the rationale side can change.
        spread: S·(log Σ_u exp(q_u) − log N), small where the vocabulary is large.
        overlap: ⟨t, q⟩, what minimising the loss makes larger.
    """

    total: Tensor
    constant: Tensor
    spread: Tensor
    overlap: Tensor

    @property
    def loss(self) -> Tensor:
        """The released MI loss of each example (batch,)."""
        return self.constant + self.spread - self.overlap


@torch.no_grad()
def decompose_released(
    label_logits: Tensor, rationale_logits: Tensor, pool: Pool = "max"
) -> Decomposition:
    """Take the released form of `mi_loss` apart, without gradients.

    Args:
        label_logits: (batch, label positions, vocab); padding positions count, as released.
        rationale_logits: (batch, rationale positions, vocab).
        pool: `max` or `mean` over positions.
    """
    t = pooled_probabilities(label_logits, pool)
    q = pooled_probabilities(rationale_logits, pool)
    total = t.sum(dim=-1)
    log_n = math.log(t.shape[-1])
    return Decomposition(
        total=total,
        constant=total * log_n,
        spread=total * (q.logsumexp(dim=-1) - log_n),
        overlap=(t * q).sum(dim=-1),
    )


def pooled_probabilities(logits: Tensor, pool: Pool = "max") -> Tensor:
    """Pool softmax outputs over positions: (batch, positions, vocab) → (batch, vocab).

    With `max` the result sums to more than 1 as soon as two positions favour different tokens.
    """
    probabilities = logits.float().softmax(dim=-1)
    return probabilities.amax(dim=1) if pool == "max" else probabilities.mean(dim=1)
