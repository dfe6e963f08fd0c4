"""Correlated Gaussians: pairs of variables whose mutual information is known exactly."""

import math

import numpy as np

from mi_cot_lib.errors import ConfigError


def correlated_gaussians(
    dims: int, nats: float, items: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs of standard normal vectors whose i-th coordinates correlate by ρ, all alike.

    I = −(d/2) log(1 − ρ²), which gives ρ.

    Args:
        dims: d, of each.
        nats: I, at least 0.
        items: Pairs.
        seed: Of the draw.

    Returns:
        z and v, `(items, dims)` each.

    Raises:
        ConfigError: A number out of its range.
    """
    if dims < 1 or items < 1 or not 0 <= nats < math.inf:
        raise ConfigError(f"needs dims and items ≥ 1, nats ≥ 0; got {dims}, {items}, {nats}.")
    generator = np.random.default_rng([seed, dims])
    z = generator.standard_normal((items, dims))
    noise = generator.standard_normal((items, dims))
    unexplained = math.exp(-2 * nats / dims)
    return z, math.sqrt(1 - unexplained) * z + math.sqrt(unexplained) * noise
