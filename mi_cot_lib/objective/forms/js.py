"""The Jensen-Shannon divergence of the two sides' distributions."""

import math
from typing import TYPE_CHECKING

from mi_cot_lib.objective.forms import Form
from mi_cot_lib.objective.forms.paper import paper_loss

if TYPE_CHECKING:
    from torch import Tensor


def js_loss(label: "Tensor", rationale: "Tensor") -> "Tensor":
    """Compute the Jensen-Shannon divergence (Lin 1991): both sides' mean KL to their mixture.

    Unlike KL it is symmetric and at most log 2, however far the two sides are apart. Two (batch, vocab),
    logarithms of distributions → (batch,) in nats.
    """
    mixture = label.logaddexp(rationale) - math.log(2)
    return (paper_loss(label, mixture, "kl") + paper_loss(rationale, mixture, "kl")) / 2


FORM = Form(loss=lambda sides: js_loss(sides.label, sides.rationale))
