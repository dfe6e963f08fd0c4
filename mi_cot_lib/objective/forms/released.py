"""The MI term as the authors' code computes it: a cross-entropy whose second side is softmaxed twice."""

from typing import TYPE_CHECKING

from mi_cot_lib.objective.forms import Divergence, Form

if TYPE_CHECKING:
    from torch import Tensor


def released_loss(label: "Tensor", rationale: "Tensor", divergence: Divergence = "ce") -> "Tensor":
    """Compute `CrossEntropyLoss(rationale as logits, label as soft target)` of each example.

    That is S·log Σ_u exp(q_u) − ⟨t, q⟩ with S = Σ_v t_v, for t the label side and q the rationale side.

    Both are (batch, vocab), probabilities pooled over positions, which need not sum to 1; the result is
    (batch,) in nats, in float32. `kl` adds Σ_v t_v log t_v. t is in float64 where it takes a gradient:
    that of S·log Σ_u exp(q_u), about 10 nats for each unit of S, cancels in the softmax, and in float32 its
    rounding is larger than what is left.
    """
    losses = -(label * rationale.to(label.dtype).log_softmax(dim=-1)).sum(dim=-1)
    if divergence == "kl":
        # Not above: a configuration names this form, and is checked before torch is loaded.
        import torch

        logs = label.clamp_min(torch.finfo(label.dtype).tiny).log()
        losses = losses + (label * logs).sum(dim=-1)
    return losses.float()


FORM = Form(
    loss=lambda sides: released_loss(sides.label, sides.rationale, sides.divergence),
    padded=True,
    divergences=("ce", "kl"),
)
