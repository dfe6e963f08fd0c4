"""Adversarial alignment: features of both tasks that a discriminator cannot tell apart."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from mi_cot_lib.objective.forms import HIDDEN, Form


class _Reversed(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return -gradients[0]


class Discriminator(nn.Module):
    """Learns which task features come from, while gradient reversal makes the student hide it.

    After Ganin et al. 2016. It aligns the two sides' distributions as wholes: nothing pairs an example's
    label with its own rationale, so that alignment says nothing about their mutual information.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, label: Tensor, rationale: Tensor) -> Tensor:
        """Compute the discriminator's cross-entropy, whose gradient reaches the features reversed.

        Two (batch, width) → (batch,) in nats: the mean of both sides; log 2 where they cannot be told apart.
        """
        of_label = self.score(_Reversed.apply(label)).squeeze(1)
        of_rationale = self.score(_Reversed.apply(rationale)).squeeze(1)
        return (F.softplus(-of_label) + F.softplus(of_rationale)) / 2


FORM = Form(head=Discriminator, features=HIDDEN)
