"""The released MI loss taken apart: what is constant in it, and what can be trained."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mi_cot_lib.objective.mi import Pool


@dataclass(frozen=True)
class Decomposition:
    """The parts of the released MI loss of one batch, each (batch,), in nats but for `total`.

    constant + spread − overlap is the loss. The approximation S·log V − ⟨t, q⟩ leaves `spread` out.

    Attributes:
        total: S = Σ_v t_v, without unit; 1 where there is one position, up to their number else.
        constant: S·log V, which no training of the rationale side can change.
        spread: S·(log Σ_u exp(q_u) − log V), small where the vocabulary is large.
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
    log_vocabulary = torch.tensor(float(t.shape[-1])).log()
    return Decomposition(
        total=total,
        constant=total * log_vocabulary,
        spread=total * (q.logsumexp(dim=-1) - log_vocabulary),
        overlap=(t * q).sum(dim=-1),
    )


@torch.no_grad()
def pooled_probabilities(logits: Tensor, pool: Pool = "max") -> Tensor:
    """Pool softmax outputs over positions: (batch, positions, vocab) → (batch, vocab).

    With `max` the result sums to more than 1 as soon as two positions favour different tokens.
    """
    probabilities = logits.float().softmax(dim=-1)
    return probabilities.amax(dim=1) if pool == "max" else probabilities.mean(dim=1)
