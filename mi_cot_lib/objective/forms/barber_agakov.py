"""The bound that the paper's derivation was after: I(Z;V) ≥ H(V) + E[log q(v|z)]."""

from typing import TYPE_CHECKING

from mi_cot_lib.objective.forms import Form

if TYPE_CHECKING:
    from torch import Tensor


def barber_agakov_loss(label: "Tensor", rationale: "Tensor", held_label: "Tensor") -> "Tensor":
    """Compute the negative Barber-Agakov lower bound, with the entropy of V as a term of its own.

    V is a word drawn from the label side's pooled distribution of a random example, q(v|z) the
    rationale side's. The paper's cross-entropy is the bound's second half alone: minimised by itself it
    can be met by taking all information out of V, which the first half forbids (Barber and Agakov 2003).

    Three (batch, vocab), logarithms of distributions. The mean of `label` over the batch gives H(V) and keeps
    its gradient whatever is detached; `held_label` is what the cross-entropy sees of it. The result is
    (batch,) in nats: the negative of its mean is a lower bound of the mutual information of V and the
    example within the batch.
    """
    mean = label.exp().mean(dim=0)
    entropy = -(mean * mean.clamp_min(1e-30).log()).sum()
    return -(held_label.exp() * rationale).sum(dim=-1) - entropy


FORM = Form(
    loss=lambda sides: barber_agakov_loss(sides.moving_label, sides.rationale, sides.label),
    is_coupled=True,
)
