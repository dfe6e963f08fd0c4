"""Cross-entropy, KL and Jensen-Shannon divergence between the two sides' distributions."""

import math

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Divergence


def paper_loss(label: Tensor, rationale: Tensor, divergence: Divergence = "ce") -> Tensor:
    """Compute CE or KL from the label's distribution to the rationale's (paper, Equation 11).

    Args:
        label: (batch, vocab), logarithms of a distribution.
        rationale: (batch, vocab), likewise.
        divergence: `ce` is −Σ_v t_v log q_v; `kl` takes the entropy of t off.

    Returns:
        (batch,) in nats.
    """
    t = label.exp()
    losses = -(t * rationale).sum(dim=-1)
    if divergence == "kl":
        losses = losses + (t * label).sum(dim=-1)
    return losses


def kl_loss(label: Tensor, rationale: Tensor) -> Tensor:
    """Compute KL(label ‖ rationale) of each example, as `paper_loss` with `kl`."""
    return paper_loss(label, rationale, "kl")


def js_loss(label: Tensor, rationale: Tensor) -> Tensor:
    """Compute the Jensen-Shannon divergence (Lin 1991): both sides' mean KL to their mixture.

    Unlike KL it is symmetric and at most log 2, however far the two sides are apart.

    Args:
        label: (batch, vocab), logarithms of a distribution.
        rationale: (batch, vocab), likewise.

    Returns:
        (batch,) in nats.
    """
    mixture = torch.logaddexp(label, rationale) - math.log(2)
    return (kl_loss(label, mixture) + kl_loss(rationale, mixture)) / 2
