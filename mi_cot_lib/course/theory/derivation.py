"""Equations 1 and 4 to 9 of the paper, one function each, on a world in which both sides are exact.

Every function returns the two sides that the paper relates, in nats; `derivation_table` says how they
relate. Equations 2 to 4 as a choice of objective are in `bottleneck`, 10 and 11 in `derivation_loss`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import rel_entr, xlogy

from mi_cot_lib.course.theory.exact_world import ExactWorld, Table, distribution, divide
from mi_cot_lib.errors import ConfigError


@dataclass(frozen=True)
class Sides:
    """The two sides of an equation or inequality, in nats.

    Attributes:
        left: What stands left of the sign.
        right: What stands right of it.
    """

    left: float
    right: float

    @property
    def difference(self) -> float:
        """Right minus left: 0 for an identity, never negative where the right is an upper bound."""
        return self.right - self.left


def equation_1(world: ExactWorld) -> Sides:
    """I = Σ p(z, y) log p(z, y) / (p(z) p(y)), against H(Z) + H(Y) − H(Z, Y)."""
    return Sides(world.mutual_information, world.entropy_z + world.entropy_v - world.entropy_joint)


def equation_4_symmetry(world: ExactWorld) -> Sides:
    """I(Z;V) against I(V;Z), which the paper states below Equation 4."""
    return Sides(world.mutual_information, world.swapped().mutual_information)


def equation_5(world: ExactWorld) -> Sides:
    """I(Z;V) against E[log p(v|z) / p(v)]."""
    return Sides(world.mutual_information, equation_7_upper_bound(world, world.p_v).right)


def equation_6(world: ExactWorld, q_v: ArrayLike) -> Sides:
    """I(Z;V) against E[log p(v|z) / q(v)] − KL(p(v) ‖ q(v)).

    Args:
        world: The joint distribution.
        q_v: (v,), any distribution that is positive where p(v) is.

    Raises:
        ConfigError: q(v) is no distribution, or 0 where p(v) is not: both terms are infinite then.
    """
    bound = equation_7_upper_bound(world, q_v)
    if np.isinf(bound.right):
        raise ConfigError("q(v) must be positive wherever p(v) is, or Equation 6 reads ∞ − ∞.")
    divergence = float(rel_entr(world.p_v, np.asarray(q_v, dtype=np.float64)).sum())
    return Sides(bound.left, bound.right - divergence)


def equation_7_upper_bound(world: ExactWorld, q_v: ArrayLike) -> Sides:
    """I(Z;V) against E[log p(v|z) / q(v)]: what Equation 6 leaves when its KL is dropped.

    An upper bound for every q(v), with equality at q(v) = p(v) (Poole et al. 2019, section 2.1).

    Args:
        world: The joint distribution.
        q_v: (v,), any distribution; the bound is ∞ where q(v) is 0 and p(v) is not.

    Raises:
        ConfigError: q(v) is no distribution over v.
    """
    q = distribution(q_v, len(world.p_v), "q(v)")
    return Sides(world.mutual_information, -world.entropy_v_given_z - world.expect_log(q))


def equation_7_printed(world: ExactWorld) -> Sides:
    """I(Z;V) against E[log p(z|v) / p(v)], with p(z|v) as the paper prints it.

    The right side is I(Z;V) + H(V) − H(Z).
    """
    return Sides(
        world.mutual_information,
        world.expect_log(world.z_given_v) - world.expect_log(world.p_v),
    )


def equation_8_first_step(world: ExactWorld) -> Sides:
    """E[log p(z|v) / p(v)] against Σ p(z, v) log p(v|z) / p(v): z and v change places in between."""
    return Sides(equation_7_printed(world).right, equation_5(world).right)


def equation_8_second_step(world: ExactWorld) -> Sides:
    """Σ p(z, v) log p(v|z)/p(v) against Σ p(z|v) p(v) log p(v|z) − Σ p(v) p(z|v) log p(v)."""
    weights = world.z_given_v * world.p_v
    right = xlogy(weights, world.v_given_z).sum() - xlogy(weights, world.p_v).sum()
    return Sides(equation_5(world).right, float(right))


def equation_9(world: ExactWorld) -> Sides:
    """I(Z;V) against log n + 1/n Σ p(z|v) log p(v|z), for n values of V.

    The paper writes max I ∝ max Σ p(z|v) log p(v|z). What a uniform p(v) = 1/n turns Equation 8 into is
    this line: the sum without p(v), a factor 1/n and the constant log n.
    """
    n = world.joint.shape[1]
    return Sides(world.mutual_information, float(np.log(n)) - equation_9_sum(world) / n)


def equation_9_sum(world: ExactWorld) -> float:
    """Compute Σ_{z,v} p(z|v) log 1/p(v|z), nats: what Equation 9 minimises. No p(v) weights it."""
    return -float(xlogy(world.z_given_v, world.v_given_z).sum())


def equation_9_normalisers(world: ExactWorld) -> Table:
    """Compute Σ_z p(v|z) for every v, (v,), which average to (values of Z) / (values of V).

    CE(p, q) = −Σ_z p(z) log q(z) compares two distributions over one space. In Equation 9's
    CE(z|v, v|z), p(z|v) is a distribution over z; p(v|z), read as a function of z, is one only where
    this sum is 1.
    """
    return world.v_given_z.sum(axis=0)


def equation_9_cross_entropy(world: ExactWorld) -> Sides:
    """Equation 9's sum against Σ_v CE(p(z|v), c_v p(v|z)), with c_v making the second a distribution."""
    share = divide(world.v_given_z, equation_9_normalisers(world))
    return Sides(equation_9_sum(world), -float(xlogy(world.z_given_v, share).sum()))


def barber_agakov(world: ExactWorld, q_v_given_z: ArrayLike) -> Sides:
    """I(Z;V) against H(V) + E[log q(v|z)]: a lower bound for every q(v|z) (Barber & Agakov 2003).

    It falls short of I by E_z KL(p(v|z) ‖ q(v|z)). What is minimised in practice is −E[log q(v|z)], a
    cross-entropy over v alone; it raises the bound as far as H(V) stays where it is.

    Args:
        world: The joint distribution.
        q_v_given_z: (z, v), each row a distribution over v; the bound is −∞ where q gives a pair that
            occurs the probability 0.

    Raises:
        ConfigError: q(v|z) is no table of distributions over v, one for each z.
    """
    q = np.asarray(q_v_given_z, dtype=np.float64)
    if q.shape != world.joint.shape:
        raise ConfigError(f"q(v|z) must be (z, v) = {world.joint.shape}, got shape {q.shape}.")
    for row in q:
        distribution(row, len(row), "a row of q(v|z)")
    return Sides(world.mutual_information, world.entropy_v + world.expect_log(q))


def club(world: ExactWorld) -> Sides:
    """I(Z;V) against E_{p(z,v)}[log p(v|z)] − E_{p(z)p(v)}[log p(v|z)] (Cheng et al. 2020, CLUB).

    An upper bound with the exact conditional, made to be minimised. ∞ where some p(v|z) is 0.
    """
    apart = xlogy(np.outer(world.p_z, world.p_v), world.v_given_z).sum()
    return Sides(world.mutual_information, -world.entropy_v_given_z - float(apart))


def wrong_marginal(world: ExactWorld, wrongness: float) -> Table:
    """Make a q(v) between p(v) and certainty of the rarest v.

    Args:
        world: The joint distribution.
        wrongness: 0 (q = p) up to, but not including, 1 (all mass on one v: the bound is ∞).

    Returns:
        (v,), positive where p(v) is.

    Raises:
        ConfigError: `wrongness` out of its range.
    """
    if not 0 <= wrongness < 1:
        raise ConfigError(f"wrongness must be at least 0 and below 1, got {wrongness}.")
    q = (1 - wrongness) * world.p_v
    q[world.p_v.argmin()] += wrongness
    return q


def decoder(world: ExactWorld, temperature: float) -> Table:
    """Make a q(v|z) from the exact conditional: p(v|z)^(1/T), normalised over v.

    Args:
        world: The joint distribution; every z occurs.
        temperature: T above 0: 1 is exact, ∞ uniform over v, below 1 too sure of itself.

    Returns:
        (z, v), rows that sum to 1.

    Raises:
        ConfigError: A temperature that is not above 0, or a z that never occurs.
    """
    if not temperature > 0:
        raise ConfigError(f"the temperature must be above 0, got {temperature}.")
    if (world.p_z == 0).any():
        raise ConfigError("a z that never occurs has no conditional to start from.")
    # Dividing by the largest first keeps a low temperature from underflowing a whole row.
    powers = (world.v_given_z / world.v_given_z.max(axis=1, keepdims=True)) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)
