"""InfoNCE (van den Oord, Li and Vinyals 2018): pick the label side that belongs to a rationale side."""

import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.objective.forms import HIDDEN, Form, Pooled

# Of cosine similarities, which lie between -1 and 1: without it no score could stand out.
TEMPERATURE = 0.1


def infonce_loss(scores: Tensor) -> Tensor:
    """Compute −log of the probability given to the right label side among those of the batch.

    log(batch) less the mean is a lower bound of the mutual information, and cannot exceed log(batch). (batch,
    batch), in row i the score of rationale i with every label side → (batch,) in nats; 0 for a batch of one.
    """
    return -scores.log_softmax(dim=1).diagonal()


def distribution_scores(label: Tensor, rationale: Tensor) -> Tensor:
    """Score each pair by −CE(label, rationale).

    Two (batch, vocab), logarithms of distributions → (batch, batch), rationales by labels, in nats.
    """
    return rationale @ label.exp().t()


def cosine_scores(label: Tensor, rationale: Tensor) -> Tensor:
    """Score each pair by cosine similarity over `TEMPERATURE`: (batch, batch), rationales by labels."""
    return F.normalize(rationale, dim=1) @ F.normalize(label, dim=1).t() / TEMPERATURE


def _loss(sides: Pooled) -> Tensor:
    scores = distribution_scores if sides.features == "vocabulary" else cosine_scores
    return infonce_loss(scores(sides.label, sides.rationale))


FORM = Form(loss=_loss, features=("vocabulary", *HIDDEN), is_coupled=True)
