"""Models q(v|z) of the one variable given the other: a Gaussian for columns, a softmax for categories.

Each is a linear map plus a perceptron that starts without a contribution, and is trained by maximum
likelihood.
"""

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from mi_cot_lib.measure.mutual_information.networks.fit import fit
from mi_cot_lib.measure.mutual_information.networks.perceptron import Perceptron
from mi_cot_lib.measure.mutual_information.variables import Pairs

# Beyond it a relation counts as exact, and its residual's density would have no scale.
_LARGEST_CORRELATION = 1 - 1e-10


class Decoder(nn.Module, ABC):
    """A model q(v|z)."""

    @abstractmethod
    def log_density(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q(v|u) of each pair, `(items,)` in nats."""

    @abstractmethod
    def pairwise(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q of every v given every u, `(items of u, items of v)` in nats."""


class GaussianDecoder(Decoder):
    """q(w|u) = N(μ(u), Σ): a mean that follows u, one full covariance.

    log q = log det P − ½ |P (w − μ(u))|² − ½ d log 2π with a lower triangular P, Σ⁻¹ = PᵀP. The start
    is the least-squares fit to the train part, which in canonical coordinates is diagonal.

    Args:
        ranks: Columns of u and of w.
        correlations: `(the smaller rank,)`, of the i-th columns of u and w.
    """

    def __init__(self, ranks: tuple[int, int], correlations: np.ndarray) -> None:
        super().__init__()
        inputs, outputs = ranks
        known = np.minimum(correlations, _LARGEST_CORRELATION)
        linear = torch.zeros(outputs, inputs, dtype=torch.float64)
        linear.diagonal()[:] = torch.from_numpy(known)
        residual = torch.ones(outputs, dtype=torch.float64)
        residual[: len(known)] = torch.from_numpy(1 - known**2)
        self.linear = nn.Parameter(linear)
        self.curved = Perceptron(inputs, outputs)
        self.curved.silence()
        self.log_diagonal = nn.Parameter(-residual.log() / 2)
        # In units of the diagonal, so that a step of the optimiser means the same in every row.
        self.below = nn.Parameter(torch.zeros(outputs, outputs, dtype=torch.float64))

    def log_density(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q(v|u) of each pair, `(items,)`; v is `(items, rank of v)`."""
        residual = (v - self._mean(u)) @ self._root().T
        return self._constant() - (residual**2).sum(dim=1) / 2

    def pairwise(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q of every v given every u, `(items of u, items of v)`."""
        root = self._root()
        means, values = self._mean(u) @ root.T, v @ root.T
        return self._constant() - torch.cdist(means, values) ** 2 / 2

    def _mean(self, u: Tensor) -> Tensor:
        return u @ self.linear.T + self.curved(u)

    def _root(self) -> Tensor:
        unit = self.below.tril(-1) + torch.eye(len(self.below), dtype=torch.float64)
        return self.log_diagonal.exp()[:, None] * unit

    def _constant(self) -> Tensor:
        return self.log_diagonal.sum() - len(self.log_diagonal) / 2 * math.log(2 * math.pi)


class CategoricalDecoder(Decoder):
    """q(v|u) = softmax of a linear map plus a perceptron; the start is the train part's frequencies.

    Args:
        inputs: Columns of u.
        frequencies: `(categories,)`, above 0.
    """

    def __init__(self, inputs: int, frequencies: np.ndarray) -> None:
        super().__init__()
        self.linear = nn.Parameter(torch.zeros(len(frequencies), inputs, dtype=torch.float64))
        self.bias = nn.Parameter(torch.from_numpy(np.log(frequencies)))
        self.curved = Perceptron(inputs, len(frequencies))
        self.curved.silence()

    def log_density(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q(v|u) of each pair, `(items,)`; v is `(items,)` of codes."""
        return self._log_probabilities(u).gather(1, v[:, None])[:, 0]

    def pairwise(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q of every v given every u, `(items of u, items of v)`."""
        return self._log_probabilities(u)[:, v]

    def _log_probabilities(self, u: Tensor) -> Tensor:
        return log_softmax(u @ self.linear.T + self.bias + self.curved(u), dim=1)


def train_frequencies(pairs: Pairs) -> np.ndarray:
    """Return a discrete v's frequencies on the train part, `(categories,)`.

    Half an item more each (Krichevsky and Trofimov 1981), so that a category that only the held-out part
    holds costs much, not everything.
    """
    codes, weights = _codes(pairs)[pairs.train], pairs.weights(pairs.train)
    counts = np.bincount(codes, weights, pairs.v.categories) + 0.5
    return counts / counts.sum()


def trained_decoder(pairs: Pairs) -> tuple[Decoder, Tensor, Tensor]:
    """Train q(v|z) by maximum likelihood.

    Returns:
        The decoder, and the held-out items as it takes them: u `(items, rank of z)`, and v as
        `(items, rank of v)` or `(items,)` of codes.
    """
    u = torch.from_numpy(pairs.u)
    decoder: Decoder
    if pairs.v.codes is None:
        v = torch.from_numpy(pairs.w)
        decoder = GaussianDecoder((u.shape[1], v.shape[1]), pairs.correlations)
    else:
        v = torch.from_numpy(_codes(pairs))
        decoder = CategoricalDecoder(u.shape[1], train_frequencies(pairs))
    fit(
        decoder,
        lambda batch: -decoder.log_density(u[batch], v[batch]).mean(),
        lambda items: decoder.log_density(u[items], v[items])[:, None],
        pairs,
    )
    return decoder, u[pairs.held_out], v[pairs.held_out]


def _codes(pairs: Pairs) -> np.ndarray:
    assert pairs.v.codes is not None
    return pairs.v.codes
