"""What estimators train: a critic f(z, v) by one of four objectives, or a decoder q(v|z) by its likelihood.

All in float64: at 8 nats scores are small differences of large numbers. Each starts at the Gaussian that fits
the train part; its perceptrons start without a contribution and are for everything that is not Gaussian.
"""

import copy
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, softplus

from mi_cot_lib.measure.mutual_information.pairs import Pairs

MOST_STEPS = 800
_BATCH_SIZE = 256
_LEARNING_RATE = 5e-4
_EVERY = 20
_PATIENCE = 6
# A batch whose mean of exponentials is carried by one pair would otherwise throw the critic away.
_LARGEST_GRADIENT = 1.0

_WIDTH = 128
_FEATURES = 32
# Standard deviations. Perceptrons that see further give an outlier a score of its own, which is never
# contradicted, as no other item comes near; one such score spoils a mean of exponentials.
_REACH = 3.0
# Beyond it a relation counts as exact: the correlation's own information then ends near 11 nats, and a
# residual's density would have no scale.
_LARGEST_CORRELATION = 1 - 1e-10
_MINE_RATE = 0.1

# From scores of every z with every v, (n, n) with the true pairs on the diagonal, to (n,).
Terms = Callable[[Tensor], Tensor]


class Perceptron(nn.Module):
    """Two hidden layers."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(inputs, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU()
        )
        self.last = nn.Linear(_WIDTH, outputs)
        self.double()

    def forward(self, columns: Tensor) -> Tensor:
        """Map `(items, inputs)` to `(items, outputs)`."""
        return self.last(self.body(columns))

    def silence(self, outputs: slice = slice(None)) -> None:
        """Let some outputs start at 0, whatever the input."""
        with torch.no_grad():
            self.last.weight[outputs] = 0
            self.last.bias[outputs] = 0


class SeparableCritic(nn.Module):
    """A Gaussian log density ratio, plus inner products of learned features.

    f(u, w) = Σ_i g(u_i, w_i; θ_i) + φ(u)·ψ(w) + a(u) + b(w), where g is the log density ratio of two
    standard normal variables with correlation tanh θ_i,

        g = log cosh θ + sinh θ cosh θ · u w − ½ sinh² θ · (u² + w²),

    and φ, a and ψ, b are perceptrons. g starts at the canonical correlations of the train part: gradient
    steps would not find the coefficients in the thousands that 8 nats in two dimensions take. Ranks are the
    columns of u and of w, correlations `(the smaller rank,)`.
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
        """Score every u, `(n, rank of z)`, with every w, `(m, rank of v)`, as `(n, m)`."""
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
        """Start at no dependence instead where the validation part's score is higher so.

        On independent variables, or far from Gaussian ones, the fitted correlations are worse than none.
        """
        fitted = self.theta.detach().clone()
        with torch.no_grad():
            gaussian = score()
            self.theta.zero_()
            if gaussian > score():
                self.theta.copy_(fitted)


def infonce_terms(scores: Tensor) -> Tensor:
    """Return each row's part in InfoNCE, `(n,)` in nats."""
    return scores.diagonal() - scores.logsumexp(dim=1) + math.log(len(scores))


def nwj_terms(scores: Tensor) -> Tensor:
    """Return each row's part in Nguyen, Wainwright and Jordan's bound, `(n,)` in nats."""
    return scores.diagonal() - _row_means((scores - 1).exp())


def dv_terms(scores: Tensor) -> Tensor:
    """Return each row's part in Donsker and Varadhan's formula, `(n,)` in nats.

    Their mean is the formula's value; a row's part in the logarithm is taken to first order.
    """
    partition = log_partition(scores)
    return scores.diagonal() - partition - (_row_means((scores - partition).exp()) - 1)


def jensen_shannon_terms(scores: Tensor) -> Tensor:
    """Return each row's part in the Jensen–Shannon objective (Nowozin et al. 2016), `(n,)`, in no unit."""
    return -softplus(-scores.diagonal()) - _row_means(softplus(scores))


class MineObjective:
    """Has the gradient E_p[∇f] − E_q[exp f ∇f] / (moving average of E_q[exp f])."""

    def __init__(self) -> None:
        self.log_average: Tensor | None = None

    def __call__(self, scores: Tensor) -> Tensor:
        """Return the objective, to be made large, of one batch's scores."""
        partition = log_partition(scores)
        now = partition.detach()
        if self.log_average is None:
            self.log_average = now
        kept, added = self.log_average + math.log(1 - _MINE_RATE), now + math.log(_MINE_RATE)
        self.log_average = torch.logaddexp(kept, added)
        return scores.diagonal().mean() - (partition - self.log_average).exp()


def log_partition(scores: Tensor) -> Tensor:
    """Return log E_q[exp f], of the pairs off the diagonal, in nats."""
    n = len(scores)
    others = scores.masked_fill(torch.eye(n, dtype=torch.bool), -math.inf)
    return others.logsumexp(dim=(0, 1)) - math.log(n * (n - 1))


def _row_means(values: Tensor) -> Tensor:
    return (values.sum(dim=1) - values.diagonal()) / (len(values) - 1)


class GaussianDecoder(nn.Module):
    """q(w|u) = N(μ(u), Σ): a mean that follows u, one full covariance.

    log q = log det P − ½ ‖P (w − μ(u))‖² − ½ d log 2π with a lower triangular P, Σ⁻¹ = PᵀP, and μ a linear
    map plus a perceptron. The start is the least-squares fit to the train part, in canonical coordinates
    diagonal. Arguments as `SeparableCritic`.
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
        """Return log q(v|u) of each pair, `(items,)` in nats; v is `(items, rank of v)`."""
        residual = (v - self._mean(u)) @ self._root().T
        return self._constant() - (residual**2).sum(dim=1) / 2

    def pairwise(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q of every v given every u, `(items of u, items of v)` in nats."""
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


class CategoricalDecoder(nn.Module):
    """q(v|u) = softmax of a linear map plus a perceptron; the start is the given frequencies, above 0."""

    def __init__(self, inputs: int, frequencies: np.ndarray) -> None:
        super().__init__()
        self.linear = nn.Parameter(torch.zeros(len(frequencies), inputs, dtype=torch.float64))
        self.bias = nn.Parameter(torch.from_numpy(np.log(frequencies)))
        self.curved = Perceptron(inputs, len(frequencies))
        self.curved.silence()

    def log_density(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q(v|u) of each pair, `(items,)` in nats; v is `(items,)` of codes."""
        return self._log_probabilities(u).gather(1, v[:, None])[:, 0]

    def pairwise(self, u: Tensor, v: Tensor) -> Tensor:
        """Return log q of every v given every u, `(items of u, items of v)` in nats."""
        return self._log_probabilities(u)[:, v]

    def _log_probabilities(self, u: Tensor) -> Tensor:
        return log_softmax(u @ self.linear.T + self.bias + self.curved(u), dim=1)


def fit(
    module: nn.Module,
    loss: Callable[[np.ndarray], Tensor],
    terms: Callable[[np.ndarray], Tensor],
    pairs: Pairs,
) -> None:
    """Train a module on the train part and leave it where it does best on the validation part.

    The start is the first candidate. A later state replaces the best so far only if it gains in every
    column of terms, by more than one standard error over items (the rule of Breiman et al. 1984).

    `loss` is of a batch of items, given their indices; `terms` what each item adds to each objective that
    must gain, `(items, objectives)`, higher is better.
    """

    @torch.no_grad()
    def validated() -> Tensor:
        return terms(pairs.valid)

    generator = np.random.default_rng([pairs.seed, 1])
    optimiser = torch.optim.Adam(module.parameters(), lr=_LEARNING_RATE)
    best, state, waited = validated(), copy.deepcopy(module.state_dict()), 0
    size = min(_BATCH_SIZE, len(pairs.train))
    shares = pairs.weights(pairs.train) / len(pairs.train)
    weights = torch.from_numpy(pairs.weights(pairs.valid))[:, None]
    for step in range(1, MOST_STEPS + 1):
        optimiser.zero_grad()
        loss(generator.choice(pairs.train, size, replace=False, p=shares)).backward()
        nn.utils.clip_grad_norm_(module.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        if step % _EVERY:
            continue
        found = validated()
        gain = found - best
        hurdle = gain.std(dim=0) / math.sqrt(len(gain))
        # Written so that what is not a number is no gain.
        if bool(((weights * gain).mean(dim=0) > hurdle).all()):
            best, state, waited = found, copy.deepcopy(module.state_dict()), 0
        else:
            waited += 1
            if waited == _PATIENCE:
                break
    module.load_state_dict(state)
