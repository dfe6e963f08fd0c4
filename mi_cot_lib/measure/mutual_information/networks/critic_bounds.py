"""InfoNCE, NWJ, MINE and SMILE: one critic, four ways to train it and to read an estimate from it.

p stands for the true pairs, q for the product of the marginals: every z with every v of another item. The
critic's optimum is the log density ratio, up to a constant.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from mi_cot_lib.measure.mutual_information.networks.critic import SeparableCritic
from mi_cot_lib.measure.mutual_information.networks.fit import fit
from mi_cot_lib.measure.mutual_information.result import MiEstimate, Statistic, pair_mean, resampled
from mi_cot_lib.measure.mutual_information.variables import Pairs

# Song and Ermon's; smaller: less variance and more bias.
SMILE_TAU = 5.0
_MINE_RATE = 0.1

Terms = Callable[[Tensor], Tensor]


def infonce(pairs: Pairs) -> MiEstimate:
    """Estimate by telling the true partner from N − 1 others (van den Oord et al. 2018, Equation 4).

    I ≥ log N + E[f(z_i, v_i) − log Σ_j exp f(z_i, v_j)], N being all held-out items. Never above log N
    and of small variance; from about log N − 2 nats on it falls visibly short (Poole et al. 2019).
    """
    scores = _trained(pairs, [infonce_terms])
    weights = pairs.weights(pairs.held_out)
    return resampled(
        pairs,
        _infonce_statistic(scores),
        estimator="infonce",
        bounds="lower bound, at most log N",
        cap=math.log(1 + float((weights.sum() - weights).max())),
    )


def nwj(pairs: Pairs) -> MiEstimate:
    """Estimate by Nguyen, Wainwright and Jordan's bound (2010), as Poole et al. (2019) write it.

    I ≥ E_p[f] − E_q[exp(f − 1)]. Its expectation is a lower bound for every critic; its standard
    deviation is about exp(I) / items, so that beyond log(items) − 2 nats a single estimate may lie on
    either side of the truth.
    """
    scores = _trained(pairs, [nwj_terms, lambda scores: jensen_shannon_terms(scores - 1)])
    joint = np.diag(scores)
    ratios, shift = _ratios(scores - 1)

    def statistic(counts: np.ndarray) -> np.ndarray:
        partition = np.exp(shift) * pair_mean(ratios, counts, same=False)
        return counts @ joint / counts.sum(axis=1) - partition

    return resampled(pairs, statistic, estimator="nwj", bounds="lower bound")


def mine(pairs: Pairs) -> MiEstimate:
    """Estimate by the Donsker–Varadhan formula (MINE, Belghazi et al. 2018).

    I ≥ E_p[f] − log E_q[exp f]. A lower bound for the exact partition function E_q[exp f]; the mean
    over a sample, most often too small where the ratio has a heavy tail, makes the estimate too large.
    A moving average of the partition function takes the bias from the gradient.
    """
    scores = _trained(
        pairs,
        [dv_terms, lambda scores: jensen_shannon_terms(scores - _log_partition(scores))],
        _MineObjective(),
    )
    joint = np.diag(scores)
    ratios, shift = _ratios(scores)

    def statistic(counts: np.ndarray) -> np.ndarray:
        partition = shift + np.log(pair_mean(ratios, counts, same=False))
        return counts @ joint / counts.sum(axis=1) - partition

    return resampled(
        pairs, statistic, estimator="mine", bounds="lower bound if the partition function is exact"
    )


def smile(pairs: Pairs) -> MiEstimate:
    """Estimate by Donsker–Varadhan with a clipped partition function (Song and Ermon 2020).

    The critic maximises the Jensen–Shannon objective; the estimate is
    E_p[f] − log E_q[clip(exp f, exp −τ, exp τ)] with τ = `SMILE_TAU`. Clipping bounds the variance and
    breaks the bound: with more than τ nats to find, most of the partition function is clipped away, and
    the estimate comes out too large.
    """
    scores = _trained(pairs, [jensen_shannon_terms])
    joint = np.diag(scores)
    ratios = np.exp(np.clip(scores, -SMILE_TAU, SMILE_TAU))

    def statistic(counts: np.ndarray) -> np.ndarray:
        partition = np.log(pair_mean(ratios, counts, same=False))
        return counts @ joint / counts.sum(axis=1) - partition

    return resampled(pairs, statistic, estimator="smile", bounds="neither")


def infonce_terms(scores: Tensor) -> Tensor:
    """Return each row's part in InfoNCE, `(n,)` in nats.

    Args:
        scores: `(n, n)`, with the true pairs on the diagonal; likewise below.
    """
    return scores.diagonal() - scores.logsumexp(dim=1) + math.log(len(scores))


def nwj_terms(scores: Tensor) -> Tensor:
    """Return each row's part in Nguyen, Wainwright and Jordan's bound, `(n,)` in nats."""
    return scores.diagonal() - _row_means((scores - 1).exp())


def dv_terms(scores: Tensor) -> Tensor:
    """Return each row's part in Donsker and Varadhan's formula, `(n,)` in nats.

    Their mean is the formula's value; a row's part in the logarithm is taken to first order.
    """
    partition = _log_partition(scores)
    return scores.diagonal() - partition - (_row_means((scores - partition).exp()) - 1)


def jensen_shannon_terms(scores: Tensor) -> Tensor:
    """Return each row's part in the Jensen–Shannon objective (Nowozin et al. 2016), `(n,)`, in no unit."""
    return -softplus(-scores.diagonal()) - _row_means(softplus(scores))


class _MineObjective:
    """Has the gradient E_p[∇f] − E_q[exp f ∇f] / (moving average of E_q[exp f])."""

    def __init__(self) -> None:
        self.log_average: Tensor | None = None

    def __call__(self, scores: Tensor) -> Tensor:
        log_partition = _log_partition(scores)
        now = log_partition.detach()
        if self.log_average is None:
            self.log_average = now
        kept, added = self.log_average + math.log(1 - _MINE_RATE), now + math.log(_MINE_RATE)
        self.log_average = torch.logaddexp(kept, added)
        return scores.diagonal().mean() - (log_partition - self.log_average).exp()


def _trained(pairs: Pairs, checked: Sequence[Terms], objective: Terms | None = None) -> np.ndarray:
    """Train a critic and score the held-out items with it.

    A mean of exponentials can be raised without limit by a few pairs far from all others, on the validation
    part, too, and the held-out part then pays. Where one is the objective, the Jensen–Shannon objective,
    which such pairs hardly move and which has the same optimum, must gain as well.
    """
    critic = SeparableCritic((pairs.u.shape[1], pairs.w.shape[1]), pairs.correlations)
    u, w = torch.from_numpy(pairs.u), torch.from_numpy(pairs.w)
    train = objective or checked[0]

    def terms(items: np.ndarray) -> Tensor:
        scores = critic(u[items], w[items])
        return torch.stack([part(scores) for part in checked], dim=1)

    critic.choose_start(lambda: terms(pairs.valid)[:, 0].mean())
    fit(
        critic,
        lambda batch: -train(critic(u[batch], w[batch])).mean(),
        terms,
        pairs,
    )
    with torch.no_grad():
        return critic(u[pairs.held_out], w[pairs.held_out]).numpy()


def _infonce_statistic(scores: np.ndarray) -> Statistic:
    shift = scores.max(axis=1, keepdims=True)
    ratios = scores - shift
    joint = np.diag(ratios).copy()
    np.exp(ratios, out=ratios)
    own = np.exp(joint)

    def statistic(counts: np.ndarray) -> np.ndarray:
        # A twin of an item is not one of its negatives: the true partner counts once.
        others = counts @ ratios.T - counts * own
        candidates = 1 + counts.sum(axis=1, keepdims=True) - counts
        gained = joint - np.log(own + others) + np.log(candidates)
        return (counts * gained).sum(axis=1) / counts.sum(axis=1)

    return statistic


def _row_means(values: Tensor) -> Tensor:
    return (values.sum(dim=1) - values.diagonal()) / (len(values) - 1)


def _log_partition(scores: Tensor) -> Tensor:
    n = len(scores)
    others = scores.masked_fill(torch.eye(n, dtype=torch.bool), -math.inf)
    return others.logsumexp(dim=(0, 1)) - math.log(n * (n - 1))


def _ratios(scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Return exp(scores − shift) with nothing on the diagonal, and the shift that keeps it finite."""
    others = scores.copy()
    np.fill_diagonal(others, -np.inf)
    shift = float(others.max())
    others -= shift
    return np.exp(others, out=others), shift
