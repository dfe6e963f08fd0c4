"""Worlds whose mutual information is known: correlated Gaussians, and clusters, which are not Gaussian."""

import math
from dataclasses import dataclass

import numpy as np

from mi_cot_lib.errors import ConfigError

_BLOCK = 1000


def correlated_gaussians(
    dims: int, nats: float, items: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw z and v, `(items, dims)` each, standard normal, whose i-th coordinates correlate by ρ, all alike.

    I = −(d/2) log(1 − ρ²), which gives ρ from `nats`, at least 0.
    """
    if dims < 1 or items < 1 or not 0 <= nats < math.inf:
        raise ConfigError(f"needs dims and items ≥ 1, nats ≥ 0; got {dims}, {items}, {nats}.")
    generator = np.random.default_rng([seed, dims])
    z = generator.standard_normal((items, dims))
    noise = generator.standard_normal((items, dims))
    unexplained = math.exp(-2 * nats / dims)
    return z, math.sqrt(1 - unexplained) * z + math.sqrt(unexplained) * noise


@dataclass(frozen=True, slots=True)
class Clusters:
    """Pairs that share a cluster and nothing else, as features of questions with few answers do.

    C is uniform over K clusters, z = a_C + noise and v = b_C + noise. The centres a and b are drawn from
    standard normal distributions, apart from each other: which z goes with which v follows no line.

    `count` is K, `noise` a standard deviation, above 0, and the seed is that of the centres.
    """

    count: int
    dims: int
    noise: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.dims < 1 or not 0 < self.noise < math.inf:
            raise ConfigError(
                f"needs count and dims ≥ 1, noise > 0; got {self.count}, {self.dims}, {self.noise}."
            )

    def draw(self, items: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw z and v, `(items, dims)` each; the centres stay, whatever the seed."""
        generator = np.random.default_rng([seed, self.count, self.dims])
        chosen = generator.integers(self.count, size=items)
        z, v = (
            centres[chosen] + self.noise * generator.standard_normal((items, self.dims))
            for centres in self._centres()
        )
        return z, v

    def nats(self, draws: int = 20_000, seed: int = 0) -> tuple[float, float]:
        """Compute I(Z; V) and its standard error: the mean over draws of the exact densities' log ratio."""
        z, v = self.draw(draws, seed)
        blocks = [slice(start, start + _BLOCK) for start in range(0, draws, _BLOCK)]
        ratios = np.concatenate([self._log_ratios(z[block], v[block]) for block in blocks])
        return float(ratios.mean()), float(ratios.std(ddof=1) / math.sqrt(draws))

    def _centres(self) -> np.ndarray:
        return np.random.default_rng(self.seed).standard_normal((2, self.count, self.dims))

    def _log_ratios(self, z: np.ndarray, v: np.ndarray) -> np.ndarray:
        # Log likelihood of each cluster, (items, K), up to constants that the ratio loses.
        of_z, of_v = (
            -((given[:, None, :] - centres) ** 2).sum(axis=2) / (2 * self.noise**2)
            for given, centres in zip((z, v), self._centres(), strict=True)
        )
        joint = np.logaddexp.reduce(of_z + of_v, axis=1)
        apart = np.logaddexp.reduce(of_z, axis=1) + np.logaddexp.reduce(of_v, axis=1)
        return math.log(self.count) + joint - apart
