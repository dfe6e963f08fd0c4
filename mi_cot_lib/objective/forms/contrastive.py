"""Contrastive distillation of features, after CRD (Tian, Krishnan and Isola 2020)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mi_cot_lib.objective.forms import HIDDEN, Form
from mi_cot_lib.objective.forms.infonce import cosine_scores

SHARED_WIDTH = 128


class ContrastiveHead(nn.Module):
    """Tells true pairs from pairs across examples, in a space that both sides are projected to.

    CRD draws its negatives from a memory of the whole data set; here they are the batch's, so that
    nothing stale is compared. InfoNCE asks which of many, this asks true or not for each.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.of_label = nn.Linear(width, SHARED_WIDTH)
        self.of_rationale = nn.Linear(width, SHARED_WIDTH)

    def forward(self, label: Tensor, rationale: Tensor) -> Tensor:
        """Compute −log h(v_i, z_i) − Σ_{j≠i} log(1 − h(v_j, z_i)) of each example i (CRD, Equation 10).

        h is the probability of a true pair among one true and N false ones, σ(score − log N). Two
        (batch, width) → (batch,) in nats; 0 for a batch of one, which has no false pair.
        """
        negatives = len(label) - 1
        scores = cosine_scores(self.of_label(label), self.of_rationale(rationale))
        if negatives < 1:
            return 0 * scores.diagonal()
        log_odds = scores - math.log(negatives)
        is_true = torch.eye(len(label), dtype=torch.bool, device=label.device)
        return F.softplus(torch.where(is_true, -log_odds, log_odds)).sum(dim=1)


FORM = Form(head=ContrastiveHead, features=HIDDEN, is_coupled=True)
