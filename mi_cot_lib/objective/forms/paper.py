"""The MI term as the paper writes it: cross-entropy, or KL divergence, of the two sides' distributions."""

from typing import TYPE_CHECKING

from mi_cot_lib.objective.forms import Divergence, Form

if TYPE_CHECKING:
    from torch import Tensor


def paper_loss(label: "Tensor", rationale: "Tensor", divergence: Divergence = "ce") -> "Tensor":
    """Compute CE or KL from the label's distribution to the rationale's (paper, Equation 11).

    Two (batch, vocab), logarithms of distributions t and q → (batch,) in nats: `ce` is −Σ_v t_v log q_v,
    `kl` takes the entropy of t off.
    """
    t = label.exp()
    losses = -(t * rationale).sum(dim=-1)
    if divergence == "kl":
        losses = losses + (t * label).sum(dim=-1)
    return losses


FORM = Form(
    loss=lambda sides: paper_loss(sides.label, sides.rationale, sides.divergence),
    divergences=("ce", "kl"),
)
