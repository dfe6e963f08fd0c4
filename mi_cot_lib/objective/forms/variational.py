"""Variational information distillation (Ahn et al. 2019): a Gaussian decoder of hidden features."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mi_cot_lib.objective.forms import HIDDEN, Form

# Below it a feature that hardly varies would pull without limit.
SMALLEST_VARIANCE = 1e-3


class GaussianHead(nn.Module):
    """q(v|z): a normal distribution with a mean read off z and one learned variance a feature."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        # softplus of it is 1: the scale of T5's normalised states.
        self.raw_variance = nn.Parameter(torch.full((width,), math.log(math.e - 1)))

    def forward(self, label: Tensor, rationale: Tensor) -> Tensor:
        """Compute −log q(v|z) of each example (VID, Equation 5), which bounds I(Z;V) where H(V) is held.

        v and z are (batch, width), the result (batch,) in nats a feature: the mean over features, so that α3
        does not depend on the width.
        """
        variance = F.softplus(self.raw_variance) + SMALLEST_VARIANCE
        distance = (label - self.mean(rationale)) ** 2 / variance
        return (distance + variance.log() + math.log(2 * math.pi)).mean(dim=1) / 2


FORM = Form(head=GaussianHead, features=HIDDEN)
