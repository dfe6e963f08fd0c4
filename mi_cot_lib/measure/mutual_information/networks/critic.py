"""The critic f(z, v) that every critic-based estimator trains.

It scores every z of a batch with every v, as a matrix whose diagonal holds the true pairs.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from mi_cot_lib.measure.mutual_information.networks.perceptron import Perceptron

_FEATURES = 32
# Standard deviations. Perceptrons that see further give an outlier a score of its own, which is never
# contradicted, as no other item comes near; one such score spoils a mean of exponentials.
_REACH = 3.0
# Beyond it a relation counts as exact: the correlation's own information then ends near 11 nats.
_LARGEST_CORRELATION = 1 - 1e-10


class SeparableCritic(nn.Module):
    """A Gaussian log density ratio, plus inner products of learned features.

    f(u, w) = Σ_i g(u_i, w_i; θ_i) + φ(u)·ψ(w) + a(u) + b(w), where g is the log density ratio of two
    standard normal variables with correlation tanh θ_i,

        g = log cosh θ + sinh θ cosh θ · u w − ½ sinh² θ · (u² + w²),

    and φ, a and ψ, b are perceptrons. g starts at the canonical correlations of the train part: gradient
    steps would not find the coefficients in the thousands that 8 nats in two dimensions take. The
    perceptrons start without a contribution and are for everything that is not Gaussian.

    Args:
        ranks: Columns of u and of w.
        correlations: `(the smaller rank,)`, where tanh θ starts.
    """

    def __init__(self, ranks: tuple[int, int], correlations: np.ndarray) -> None:
        super().__init__()
        started = np.arctanh(np.minimum(correlations, _LARGEST_CORRELATION))
        self.theta = nn.Parameter(torch.from_numpy(started))
        self.left = Perceptron(ranks[0], _FEATURES + 1)
        self.right = Perceptron(ranks[1], _FEATURES + 1)
        # ψ, b and a, but not φ: with both factors at zero neither would have a gradient.
        self.right.silence()
        self.left.silence(slice(_FEATURES, None))

    def forward(self, u: Tensor, w: Tensor) -> Tensor:
        """Score every u with every w.

        Args:
            u: `(n, rank of z)`.
            w: `(m, rank of v)`.

        Returns:
            `(n, m)`.
        """
        shared = len(self.theta)
        first, second = u[:, :shared], w[:, :shared]
        sinh, cosh = self.theta.sinh(), self.theta.cosh()
        left, right = (
            tower(_REACH * (given / _REACH).tanh())
            for tower, given in ((self.left, u), (self.right, w))
        )
        of_u = cosh.log().sum() - (first**2) @ (sinh**2 / 2) + left[:, -1]
        of_w = right[:, -1] - (second**2) @ (sinh**2 / 2)
        # As one product: sums of (n, m) matrices would cost more than the perceptrons.
        ones_u, ones_w = torch.ones_like(of_u), torch.ones_like(of_w)
        rows = [first * (sinh * cosh), left[:, :-1], of_u[:, None], ones_u[:, None]]
        columns = [second, right[:, :-1], ones_w[:, None], of_w[:, None]]
        return torch.cat(rows, dim=1) @ torch.cat(columns, dim=1).T

    def choose_start(self, score: Callable[[], Tensor]) -> None:
        """Start at no dependence instead where the validation part prefers that.

        On independent variables, or far from Gaussian ones, the fitted correlations are worse than none.

        Args:
            score: Score on the validation part, higher is better.
        """
        fitted = self.theta.detach().clone()
        with torch.no_grad():
            gaussian = score()
            self.theta.zero_()
            if gaussian > score():
                self.theta.copy_(fitted)
