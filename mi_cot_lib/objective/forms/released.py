"""The MI term as the authors' code computes it: a cross-entropy whose second side is softmaxed twice."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.objective.forms import Divergence, Form


def released_loss(label: Tensor, rationale: Tensor, divergence: Divergence = "ce") -> Tensor:
    """Compute `CrossEntropyLoss(rationale as logits, label as soft target)` of each example.

    That is S·log Σ_u exp(q_u) − ⟨t, q⟩ with S = Σ_v t_v, for t the label side and q the rationale side.

    Args:
        label: (batch, vocab), probabilities pooled over positions; they need not sum to 1. In float64
            where it takes a gradient: that of S·log Σ_u exp(q_u), about 10 nats for each unit of S, cancels
            in the softmax, and in float32 its rounding is larger than what is left.
        rationale: (batch, vocab), likewise.
        divergence: `kl` adds Σ_v t_v log t_v.

    Returns:
        (batch,) in nats, in float32.
    """
    losses = -(label * F.log_softmax(rationale.to(label.dtype), dim=-1)).sum(dim=-1)
    if divergence == "kl":
        logs = label.clamp_min(torch.finfo(label.dtype).tiny).log()
        losses = losses + (label * logs).sum(dim=-1)
    return losses.float()


FORM = Form(
    loss=lambda sides: released_loss(sides.label, sides.rationale, sides.divergence),
    padded=True,
    divergences=("ce", "kl"),
)
