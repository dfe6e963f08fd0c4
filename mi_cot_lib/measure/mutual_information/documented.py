"""How far each estimator lands from the truth on correlated Gaussians, and on which side.

Five causes are added up; what remains is for the estimators' own docstrings.

1. The held-out items scatter. The log density ratio of a pair is I + (ρ/2)(A − B), with A and B from
   chi-squared distributions with d degrees of freedom, so that its mean over n items has the standard
   deviation √(d ρ² / n). Four of them are allowed: the gate has hundreds of cells.
2. d² coefficients are fitted to the train part, and each costs 1/(2 train items) nats on other items;
   twice that is allowed.
3. Normal scores are a map fitted to the train part. Each of its knots, or as many as the residual √(1 − ρ²)
   tells apart, costs 1/(2 train items) nats for z and as much for v; twice that is allowed, times ρ², as what
   is not used costs nothing.
4. The estimator's own shortfall or excess at the optimal critic: the cap of `infonce`, the clipping of
   `smile`, the Kullback–Leibler divergence that `vclub` adds.
5. The partition function of `nwj` and `mine`, a mean over pairs of a ratio whose variance is exp 2I − 1:
   with n items its standard deviation is about exp(I) / n, with a heavy tail, again taken four times.

The last is not carelessness of these two. No lower bound that holds for every distribution can certify
more than about log n nats from n items (McAllester and Stratos 2020). `barber_agakov`, `doe`
and `ksg` go further because they assume more: here that the conditional is Gaussian, which it is.

So do the others, in a way: every critic, and every decoder of a continuous v, starts at the Gaussian that
fits the train part (`SeparableCritic`, `GaussianDecoder`), and that is the answer here. These errors say
that an estimate is read off rightly, not that training finds anything: without a step of training,
`infonce`, `mine` and `smile` are within theirs, too. What training finds shows where nothing is Gaussian
(`worlds.Clusters`). How far an estimate falls short there is documented nowhere: it can be most of I.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.measure.mutual_information.bounds import SMILE_TAU
from mi_cot_lib.measure.mutual_information.pairs import split_sizes
from mi_cot_lib.measure.mutual_information.variables import STEP

# By estimator and dimensions, up to the next of which each holds: the fewest items from which on no measured
# estimate lay outside. `python -m mi_cot_lib.experiments.gate --smallest` measures them.
SMALLEST: dict[str, dict[int, int]] = {
    "barber_agakov": {1: 200, 2: 10000, 8: 200, 20: 500},
    "doe": {1: 200, 2: 10000, 8: 200, 20: 500},
    "infonce": {1: 200, 2: 200, 8: 200, 20: 200},
    "nwj": {1: 1000, 2: 1000, 8: 1000, 20: 1000},
    "mine": {1: 1000, 2: 1000, 8: 500, 20: 1000},
    "smile": {1: 500, 2: 10000, 8: 200, 20: 500},
    "vclub": {1: 500, 2: 200, 8: 200, 20: 500},
    "ksg": {1: 200, 2: 200, 8: 200, 20: 200},
}
MOST_NATS, MOST_NATS_A_DIMENSION = 8.0, 4.0
_DEVIATIONS = 4
_ROUNDING = 0.01
# Of what is computed for the optimal critic, as the trained one is not quite that.
_SLACK = 0.25
_DRAWS = 20_000
# Standard deviation of a pair's nearest-neighbour estimate, times √items, as measured for independent pairs.
_NEIGHBOUR_SPREAD = 0.8


@dataclass(frozen=True, slots=True)
class DocumentedError:
    """How far below and above the truth an estimate may lie, in nats, and what makes it so much, in words.

    `below` is negative where an estimate must lie above the truth.
    """

    below: float
    above: float
    reason: str


@dataclass(frozen=True)
class _Cell:
    dims: int
    nats: float
    train: int
    held_out: int

    @property
    def squared(self) -> float:
        """ρ² of each pair of coordinates."""
        return -math.expm1(-2 * self.nats / self.dims)

    @property
    def scatter(self) -> float:
        return _ROUNDING + _DEVIATIONS * math.sqrt(self.dims * self.squared / self.held_out)

    @property
    def fitted(self) -> float:
        return self.scatter + self.dims**2 / self.train + self.ranks

    @property
    def ranks(self) -> float:
        width = max(STEP, math.sqrt(1 - self.squared))
        knots = 2 * ndtri(self.train / (self.train + 1)) / width
        return 2 * self.dims * self.squared * float(knots) / self.train

    @property
    def heavy(self) -> float:
        return _DEVIATIONS * math.exp(self.nats) / self.held_out

    def log_ratios(self, *, joint: bool) -> np.ndarray:
        """Draw log density ratios of true pairs, or of pairs from the product of the marginals."""
        draw = np.random.default_rng(0).chisquare(self.dims, (2, _DRAWS))
        rho = math.sqrt(self.squared)
        # Along (1, 1) and (1, −1) the true pairs have variance 1 ± ρ, the others 1.
        scales = np.ones(2) if joint else 1 / np.array([1 + rho, 1 - rho])
        return self.nats + rho / 2 * (scales[0] * draw[0] - scales[1] * draw[1])


def documented_error(estimator: str, dims: int, nats: float, items: int) -> DocumentedError:
    """Say how far an estimator may land from the truth on correlated Gaussians.

    Known for 1 to 20 coordinates of each variable, above 0 and at most 8 nats and 4 a coordinate, and at
    least `SMALLEST` pairs, of which the held-out part follows.

    Raises:
        ConfigError: An unknown estimator, or numbers for which the error was not measured or did not hold;
            the message names those for which it does.
    """
    if estimator not in SMALLEST:
        raise unknown_name("estimator", estimator, SMALLEST)
    smallest = SMALLEST[estimator]
    if not 1 <= dims <= max(smallest):
        raise ConfigError(f"documented for 1 to {max(smallest)} dimensions, got {dims}.")
    most = min(MOST_NATS, dims * MOST_NATS_A_DIMENSION)
    if not 0 < nats <= most:
        raise ConfigError(
            f"documented for more than 0 and at most {most:g} nats in {dims} dimensions, got {nats}."
        )
    least = next(size for measured, size in smallest.items() if dims <= measured)
    if items < least:
        raise ConfigError(
            f"the documented error of {estimator} in {dims} dimensions holds from {least:,} items on, got "
            f"{items:,}: give as many, or fewer dimensions."
        )
    return computed_error(estimator, dims, nats, items)


def computed_error(estimator: str, dims: int, nats: float, items: int) -> DocumentedError:
    """Add up the causes, whether or not the sum was found to hold for so few items."""
    train, _, held_out = split_sizes(items)
    cell = _Cell(dims, nats, train, held_out)
    below, above = cell.fitted, cell.scatter
    match estimator:
        case "barber_agakov":
            # The neighbours' own scatter, where their estimate is the smaller one.
            below += _DEVIATIONS / math.sqrt(held_out)
            reason = "scatter of H(V) and of the items"
        case "infonce":
            gaps = np.logaddexp(0, cell.log_ratios(joint=True) - math.log(held_out))
            below += (1 + _SLACK) * float(gaps.mean())
            reason = f"cannot exceed log N = {math.log(held_out):.2f}"
        case "nwj":
            # A partition function is at least 0 instead of 1: too large by 1 nat at most.
            below += cell.heavy
            above += min(1.0, cell.heavy)
            reason = "E_q[exp f] has a standard deviation of about exp(I) / items"
        case "mine":
            below += math.log1p(cell.heavy)
            above += math.log1p(cell.heavy)
            reason = (
                "log E_q[exp f] is carried by few pairs, and too small where they are not drawn"
            )
        case "smile":
            excess = _clipped_away(cell)
            below -= (1 - _SLACK) * excess
            above += (1 + _SLACK) * excess
            reason = f"ratios above exp {SMILE_TAU:g} are clipped from the partition function"
        case "vclub":
            # Both expectations scatter, each as much as the others' one. What the map's knots cost, they add
            # to the residual's variance, by which it divides.
            exact = dims * cell.squared / (1 - cell.squared)
            wider = 1 + 2 * cell.ranks / dims
            below = nats - (1 - _SLACK) * exact / wider + 2 * cell.fitted
            above = (1 + _SLACK) * exact - nats + 2 * cell.scatter
            reason = f"adds KL(p(z)p(v) ‖ p(z, v)), and comes to d ρ²/(1 − ρ²) = {exact:.3g}"
        case "ksg":
            spread = _NEIGHBOUR_SPREAD / math.sqrt(held_out)
            noise = _DEVIATIONS * math.sqrt(dims) * spread
            below += noise
            # Cutting at 0 keeps of a pair's noise its positive half, 0.4 standard deviations on average.
            above = above + noise + 0.4 * dims * spread
            reason = "noise of d pairs, each cut at 0"
        case _:
            reason = "scatter of the items"
    return DocumentedError(below, above, reason)


def _clipped_away(cell: _Cell) -> float:
    """−log of what clipping leaves of smile's partition function, at the optimal critic."""
    joint = cell.log_ratios(joint=True)
    apart = cell.log_ratios(joint=False)
    # E_q of what lies above −τ, as an expectation over true pairs: weights exp f turn q into p.
    clipped = np.exp(np.minimum(0, SMILE_TAU - joint)) * (joint > -SMILE_TAU)
    partition = clipped.mean() + math.exp(-SMILE_TAU) * (apart <= -SMILE_TAU).mean()
    return max(0.0, -math.log(partition))
