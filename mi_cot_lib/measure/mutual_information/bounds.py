"""Seven estimates by trained networks: four read off a critic, three off a decoder.

p stands for the true pairs, q for the product of the marginals: every z with every v of another item. A
critic's optimum is the log density ratio, up to a constant; a decoder q(v|z) is trained by its likelihood.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mi_cot_lib.measure.mutual_information.neighbours import (
    density_terms,
    frequency_terms,
    normal_terms,
)
from mi_cot_lib.measure.mutual_information.networks import (
    CategoricalDecoder,
    GaussianDecoder,
    MineObjective,
    SeparableCritic,
    Terms,
    dv_terms,
    fit,
    infonce_terms,
    jensen_shannon_terms,
    log_partition,
    nwj_terms,
)
from mi_cot_lib.measure.mutual_information.pairs import MiEstimate, Pairs, Statistic, resampled

# Song and Ermon's; smaller: less variance and more bias.
SMILE_TAU = 5.0


def infonce(pairs: Pairs) -> MiEstimate:
    """Estimate by telling the true partner from N − 1 others (van den Oord et al. 2018, Equation 4).

    I ≥ log N + E[f(z_i, v_i) − log Σ_j exp f(z_i, v_j)], N being all held-out items. Never above log N
    and of small variance; from about log N − 2 nats on it falls visibly short (Poole et al. 2019).
    """
    scores = _critic_scores(pairs, [infonce_terms])
    weights = pairs.weights(pairs.held_out)
    cap = math.log(1 + float((weights.sum() - weights).max()))
    statistic = _infonce_statistic(scores)
    return resampled(pairs, statistic, "infonce", "lower bound, at most log N", cap)


def nwj(pairs: Pairs) -> MiEstimate:
    """Estimate by Nguyen, Wainwright and Jordan's bound (2010), as Poole et al. (2019) write it.

    I ≥ E_p[f] − E_q[exp(f − 1)]. Its expectation is a lower bound for every critic; its standard
    deviation is about exp(I) / items, so that beyond log(items) − 2 nats a single estimate may lie on
    either side of the truth.
    """
    scores = _critic_scores(pairs, [nwj_terms, lambda scores: jensen_shannon_terms(scores - 1)])
    joint = _mean_of(np.diag(scores))
    ratios, shift = _ratios(scores - 1)

    def statistic(counts: np.ndarray) -> np.ndarray:
        return joint(counts) - np.exp(shift) * pair_mean(ratios, counts, same=False)

    return resampled(pairs, statistic, "nwj", "lower bound")


def mine(pairs: Pairs) -> MiEstimate:
    """Estimate by the Donsker–Varadhan formula (MINE, Belghazi et al. 2018).

    I ≥ E_p[f] − log E_q[exp f]. A lower bound for the exact partition function E_q[exp f]; the mean
    over a sample, most often too small where the ratio has a heavy tail, makes the estimate too large.
    A moving average of the partition function takes the bias from the gradient.
    """
    scores = _critic_scores(
        pairs,
        [dv_terms, lambda scores: jensen_shannon_terms(scores - log_partition(scores))],
        MineObjective(),
    )
    joint = _mean_of(np.diag(scores))
    ratios, shift = _ratios(scores)

    def statistic(counts: np.ndarray) -> np.ndarray:
        return joint(counts) - (shift + np.log(pair_mean(ratios, counts, same=False)))

    return resampled(pairs, statistic, "mine", "lower bound if the partition function is exact")


def smile(pairs: Pairs) -> MiEstimate:
    """Estimate by Donsker–Varadhan with a clipped partition function (Song and Ermon 2020).

    The critic maximises the Jensen–Shannon objective; the estimate is
    E_p[f] − log E_q[clip(exp f, exp −τ, exp τ)] with τ = `SMILE_TAU`. Clipping bounds the variance and
    breaks the bound: with more than τ nats to find, most of the partition function is clipped away, and
    the estimate comes out too large.
    """
    scores = _critic_scores(pairs, [jensen_shannon_terms])
    joint = _mean_of(np.diag(scores))
    ratios = np.exp(np.clip(scores, -SMILE_TAU, SMILE_TAU))

    def statistic(counts: np.ndarray) -> np.ndarray:
        return joint(counts) - np.log(pair_mean(ratios, counts, same=False))

    return resampled(pairs, statistic, "smile", "neither")


def barber_agakov(pairs: Pairs) -> MiEstimate:
    """Estimate by I ≥ H(V) + E[log q(v|z)] (Barber and Agakov 2003).

    Short of the truth by E[KL(p(v|z) ‖ q(v|z))]. Of a discrete v, H(V) comes from the held-out
    frequencies, too small if anything. Of a continuous v it is estimated from neighbours (`density_terms`),
    and the bound holds up to that estimate's error.
    """
    decoder, u, v = _trained_decoder(pairs)
    if pairs.v.codes is None:
        entropy = density_terms(pairs.w, pairs.held_out)
        bounds = "lower bound up to the error of the entropy of v"
    else:
        entropy = frequency_terms(pairs.v.codes[pairs.held_out], pairs.weights(pairs.held_out))
        bounds = "lower bound"
    terms = entropy + decoder.log_density(u, v).detach().numpy()
    return resampled(pairs, _mean_of(terms), "barber_agakov", bounds)


def doe(pairs: Pairs) -> MiEstimate:
    """Estimate by a difference of entropies (McAllester and Stratos 2020).

    I ≈ −E[log q(v)] + E[log q(v|z)] with both models of one family: Gaussians, or category
    probabilities. Each cross-entropy is an upper bound of its entropy, the difference bounds nothing. A v
    whose marginal is further from Gaussian than its conditional makes the estimate too large.
    """
    decoder, u, v = _trained_decoder(pairs)
    if pairs.v.codes is None:
        # w is white: the Gaussian that fits the train part best is the standard one.
        entropy = normal_terms(pairs.w[pairs.held_out])
    else:
        frequencies = _train_frequencies(pairs, pairs.v.codes)
        entropy = -np.log(frequencies[pairs.v.codes[pairs.held_out]])
    terms = entropy + decoder.log_density(u, v).detach().numpy()
    return resampled(pairs, _mean_of(terms), "doe", "neither")


def vclub(pairs: Pairs) -> MiEstimate:
    """Estimate by vCLUB (Cheng et al. 2020): E_p[log q(v|z)] − E_p(z)p(v)[log q(v|z)].

    At least I if q is the true conditional, and then too large by KL(p(z)p(v) ‖ p(z, v)), which is not a
    detail: at 8 nats in two dimensions it stands at thousands. With another q it bounds nothing. Meant to
    be made small, as a penalty, not to be read as a value.
    """
    decoder, u, v = _trained_decoder(pairs)
    scores = decoder.pairwise(u, v).detach().numpy()
    joint = _mean_of(np.diag(scores))

    def statistic(counts: np.ndarray) -> np.ndarray:
        return joint(counts) - pair_mean(scores, counts, same=True)

    return resampled(pairs, statistic, "vclub", "upper bound if the conditional is exact")


def pair_mean(values: np.ndarray, counts: np.ndarray, *, same: bool) -> np.ndarray:
    """Average `(items, items)` values over pairs of items by `(resamples, items)` counts, `(resamples,)`.

    With `same` an item is paired with itself, too.
    """
    total = ((counts @ values) * counts).sum(axis=1)
    pairs = counts.sum(axis=1) ** 2
    if not same:
        squares = counts**2
        total, pairs = total - squares @ np.diag(values), pairs - squares.sum(axis=1)
    return total / pairs


def _critic_scores(
    pairs: Pairs, checked: Sequence[Terms], objective: Terms | None = None
) -> np.ndarray:
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
    fit(critic, lambda batch: -train(critic(u[batch], w[batch])).mean(), terms, pairs)
    with torch.no_grad():
        return critic(u[pairs.held_out], w[pairs.held_out]).numpy()


def _trained_decoder(pairs: Pairs) -> tuple[GaussianDecoder | CategoricalDecoder, Tensor, Tensor]:
    """Train q(v|z), and return it with the held-out items as it takes them."""
    u, codes = torch.from_numpy(pairs.u), pairs.v.codes
    decoder: GaussianDecoder | CategoricalDecoder
    if codes is None:
        v = torch.from_numpy(pairs.w)
        decoder = GaussianDecoder((u.shape[1], v.shape[1]), pairs.correlations)
    else:
        v = torch.from_numpy(codes)
        decoder = CategoricalDecoder(u.shape[1], _train_frequencies(pairs, codes))
    fit(
        decoder,
        lambda batch: -decoder.log_density(u[batch], v[batch]).mean(),
        lambda items: decoder.log_density(u[items], v[items])[:, None],
        pairs,
    )
    return decoder, u[pairs.held_out], v[pairs.held_out]


def _train_frequencies(pairs: Pairs, codes: np.ndarray) -> np.ndarray:
    # Half an item more each (Krichevsky and Trofimov 1981), so that a category that only the held-out part
    # holds costs much, not everything.
    kinds = pairs.v.columns.shape[1]
    counts = np.bincount(codes[pairs.train], pairs.weights(pairs.train), kinds) + 0.5
    return counts / counts.sum()


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


def _mean_of(values: np.ndarray) -> Statistic:
    return lambda counts: counts @ values / counts.sum(axis=1)


def _ratios(scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Return exp(scores − shift) with nothing on the diagonal, and the shift that keeps it finite."""
    others = scores.copy()
    np.fill_diagonal(others, -np.inf)
    shift = float(others.max())
    others -= shift
    return np.exp(others, out=others), shift
