"""Features seen at a stated resolution: principal components with noise, or codes.

Hidden states are continuous functions of the question. Between two such features mutual information is
infinite or void, whatever a student has learned (Goldfeld et al. 2019; Saxe et al. 2018): each one tells
the question to all its digits. So the digits have to end somewhere. Added noise gives I(Z;V) a ceiling,
codes give V an entropy; both are choices, and numbers are comparable only where they are the same.

Everywhere standardisation, components and centres come from the `fitted` items alone, (items, width), and are
applied to other, `reported` ones, (items, width). Features that do not vary, and numbers out of range, raise
ConfigError.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from mi_cot_lib.errors import ConfigError

_KMEANS_STARTS = 4
# Of the largest direction's variance; below it lies rounding of float32 states.
_NO_VARIANCE = 1e-8
# Noise must not repeat the numbers that data were drawn from with an equal seed.
_STREAM = 8


class Seen(NamedTuple):
    """Features at a resolution, (items, components); `kept` is the components' share of their variance."""

    fitted: np.ndarray
    reported: np.ndarray
    kept: float


def components_of(fitted: np.ndarray, reported: np.ndarray, *, most: int, white: bool) -> Seen:
    """Find the leading principal components of the standardised features.

    `most` are kept, fewer where the features span fewer directions. `white` gives each variance 1; otherwise
    all are scaled alike, so that their mean variance is 1 and the larger stay larger.
    """
    before = _standardised(fitted, reported)
    pca = PCA(min(most, *before[0].shape), svd_solver="full").fit(before[0])
    variances = pca.explained_variance_
    kept = variances > _NO_VARIANCE * variances[0]
    scale = np.sqrt(variances[kept] if white else variances[kept].mean())
    after = [pca.transform(part)[:, kept] / scale for part in before]
    return Seen(after[0], after[1], float(pca.explained_variance_ratio_[kept].sum()))


def noised(
    fitted: np.ndarray, reported: np.ndarray, *, components: int, noise: float, seed: int
) -> Seen:
    """Keep the leading principal components, each at variance 1, and add Gaussian noise.

    Every direction is seen equally sharply: no student gains by stretching one. The noise is above 0, in
    standard deviations of a component. Features that span fewer directions are refused.
    """
    _check(components, noise)
    *parts, kept = components_of(fitted, reported, most=components, white=True)
    if components > parts[0].shape[1]:
        raise ConfigError(
            f"the features span {parts[0].shape[1]} directions, fewer than {components} components; "
            "keep fewer."
        )
    generator = np.random.default_rng([seed, _STREAM])
    after = [part + noise * generator.standard_normal(part.shape) for part in parts]
    return Seen(after[0], after[1], kept)


def ceiling(components: int, noise: float) -> float:
    """Return what can pass the noise at most, in nats: components/2 · log(1 + 1/noise²).

    The capacity of Gaussian channels with inputs of variance 1 (Shannon 1948), and so a bound for every
    distribution with these variances.
    """
    return components / 2 * math.log1p(noise**-2)


def passing_noise(
    fitted: np.ndarray, reported: np.ndarray, *, components: int, noise: float, seed: int
) -> float:
    """Estimate I(V; V + noise) in nats: how much of V can be told apart at this resolution.

    It stands for H(V), which is infinite: h(V + noise) − h(noise). The density of V + noise is a mixture of
    Gaussians around the fitted items (Goldfeld et al. 2019) or, where that fits the reported items better,
    one Gaussian. By Gibbs' inequality either is too large if anything. The leading components, or as many as
    there are, keep their proportions and have mean variance 1, so that `ceiling` holds here, too: features
    that fall into few clusters or few directions stay far below it. The noise is above 0, in root mean square
    deviations of a component.
    """
    _check(components, noise)
    centres, seen, _ = components_of(fitted, reported, most=components, white=False)
    # In units of the noise; (2π)^(−d/2) is in every density as in the noise's, and left out.
    drawn = seen / noise + np.random.default_rng([seed, _STREAM]).standard_normal(seen.shape)
    squares = cdist(drawn, centres / noise, "sqeuclidean")
    mixture = logsumexp(-squares / 2, axis=1) - math.log(len(centres))
    variances = centres.var(axis=0) / noise**2 + 1
    normal = -(drawn**2 / variances + np.log(variances)).sum(axis=1) / 2
    return float(-max(mixture.mean(), normal.mean()) - seen.shape[1] / 2)


def codes_of(fitted: np.ndarray, reported: np.ndarray, *, codes: int, seed: int) -> np.ndarray:
    """Return the nearest of so many k-means centres of each reported item, (items,) from 0."""
    if not 2 <= codes <= len(fitted):
        raise ConfigError(f"codes must lie between 2 and the {len(fitted)} items, got {codes}.")
    before, after = _standardised(fitted, reported)
    means = KMeans(codes, n_init=_KMEANS_STARTS, random_state=seed).fit(before)
    return means.predict(after)


def _standardised(fitted: np.ndarray, reported: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    varying = np.ptp(fitted, axis=0) > 0
    if not varying.any():
        raise ConfigError(
            "no feature varies from item to item: the student writes the same whatever it is asked."
        )
    before, after = (part[:, varying].astype(np.float64) for part in (fitted, reported))
    scaler = StandardScaler().fit(before)
    return scaler.transform(before), scaler.transform(after)


def _check(components: int, noise: float) -> None:
    if components < 1 or not 0 < noise < math.inf:
        raise ConfigError(f"needs components ≥ 1 and noise > 0, got {components} and {noise}.")
