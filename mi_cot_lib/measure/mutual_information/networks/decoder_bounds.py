"""Barber–Agakov, difference of entropies and vCLUB: one decoder q(v|z), three ways to read an estimate."""

import numpy as np
import torch

from mi_cot_lib.measure.mutual_information.entropy import (
    density_terms,
    frequency_terms,
    normal_terms,
)
from mi_cot_lib.measure.mutual_information.networks.decoder import (
    train_frequencies,
    trained_decoder,
)
from mi_cot_lib.measure.mutual_information.result import MiEstimate, mean_of, pair_mean, resampled
from mi_cot_lib.measure.mutual_information.variables import Pairs


def barber_agakov(pairs: Pairs) -> MiEstimate:
    """Estimate by I ≥ H(V) + E[log q(v|z)] (Barber and Agakov 2003).

    Short of the truth by E[KL(p(v|z) ‖ q(v|z))]. Of a discrete v, H(V) comes from the held-out
    frequencies, too small if anything. Of a continuous v it is estimated from neighbours (`density_terms`),
    and the bound holds up to that estimate's error.
    """
    decoder, u, v = trained_decoder(pairs)
    if pairs.v.codes is None:
        entropy = density_terms(pairs.w, pairs.held_out)
        bounds = "lower bound up to the error of the entropy of v"
    else:
        entropy = frequency_terms(pairs.v.codes[pairs.held_out], pairs.weights(pairs.held_out))
        bounds = "lower bound"
    with torch.no_grad():
        terms = entropy + decoder.log_density(u, v).numpy()
    return resampled(pairs, mean_of(terms), estimator="barber_agakov", bounds=bounds)


def doe(pairs: Pairs) -> MiEstimate:
    """Estimate by a difference of entropies (McAllester and Stratos 2020).

    I ≈ −E[log q(v)] + E[log q(v|z)] with both models of one family: Gaussians, or category
    probabilities. Each cross-entropy is an upper bound of its entropy, the difference bounds nothing. A v
    whose marginal is further from Gaussian than its conditional makes the estimate too large.
    """
    decoder, u, v = trained_decoder(pairs)
    if pairs.v.codes is None:
        # w is white: the Gaussian that fits the train part best is the standard one.
        entropy = normal_terms(pairs.w[pairs.held_out])
    else:
        entropy = -np.log(train_frequencies(pairs)[pairs.v.codes[pairs.held_out]])
    with torch.no_grad():
        terms = entropy + decoder.log_density(u, v).numpy()
    return resampled(pairs, mean_of(terms), estimator="doe", bounds="neither")


def vclub(pairs: Pairs) -> MiEstimate:
    """Estimate by vCLUB (Cheng et al. 2020): E_p[log q(v|z)] − E_p(z)p(v)[log q(v|z)].

    At least I if q is the true conditional, and then too large by KL(p(z)p(v) ‖ p(z, v)), which is not a
    detail: at 8 nats in two dimensions it stands at thousands. With another q it bounds nothing. Meant to
    be made small, as a penalty, not to be read as a value.
    """
    decoder, u, v = trained_decoder(pairs)
    with torch.no_grad():
        scores = decoder.pairwise(u, v).numpy()
    joint = np.diag(scores)
    return resampled(
        pairs,
        lambda counts: counts @ joint / counts.sum(axis=1) - pair_mean(scores, counts, same=True),
        estimator="vclub",
        bounds="upper bound if the conditional is exact",
    )
