"""The Jensen-Shannon divergence of the two sides' distributions."""

import math

import torch
from torch import Tensor

from mi_cot_lib.objective.forms import Form
from mi_cot_lib.objective.forms.paper import paper_loss


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
    return (paper_loss(label, mixture, "kl") + paper_loss(rationale, mixture, "kl")) / 2


FORM = Form(loss=lambda sides: js_loss(sides.label, sides.rationale))
