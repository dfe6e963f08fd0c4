"""Equations 1 to 9 of the paper, one function each, on worlds in which both sides are exact.

`derivation_views` says how the sides relate; Equations 10 and 11 are in `released_loss`. Equations 2 to 4
choose what Z keeps of a question with a label Y and a style that says nothing about Y, both uniform.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import rel_entr, xlogy

from mi_cot_lib.course.theory.exact_world import ExactWorld, Table, distribution, divide
from mi_cot_lib.errors import ConfigError

CHOICES = ("nothing", "the label", "the style", "both")
# Nats; what differs by less is equal up to rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Sides:
    """What stands left and right of the sign of an equation or inequality, in nats."""

    left: float
    right: float

    @property
    def difference(self) -> float:
        """Right minus left: 0 for an identity, never negative where the right is an upper bound."""
        return self.right - self.left


def equation_1(world: ExactWorld) -> Sides:
    """I = Σ p(z, y) log p(z, y) / (p(z) p(y)), against H(Z) + H(Y) − H(Z, Y)."""
    return Sides(world.mutual_information, world.entropy_z + world.entropy_v - world.entropy_joint)


def prepare_choices(labels: int = 3, styles: int = 3, beta: float = 2.0) -> pd.DataFrame:
    """Measure each of `CHOICES` to make Z from V = (label, style), and from nothing but V, in nats.

    `Eq. 3` = I(Z;V) − β I(Z;Y) is to be minimised. A ConfigError asks for two labels and styles, and β ≥ 0.
    """
    if not beta >= 0:
        raise ConfigError(f"β must be at least 0, got {beta}.")
    kept = _parts(labels, styles)
    rows = {}
    for choice in CHOICES:
        about_y, about_v = (_shared(kept[choice], kept[part]) for part in ("the label", "both"))
        rows[choice] = {
            "values of Z": len(set(kept[choice])),
            "I(Z;Y)": about_y,
            "I(Z;V)": about_v,
            "Eq. 3": about_v - beta * about_y,
        }
    return pd.DataFrame(rows).T.astype({"values of Z": int}).rename_axis("Z keeps")


def prepare_markov(labels: int = 3, styles: int = 3) -> pd.DataFrame:
    """Let V and Z each keep a part of the question, and see whether I(Z;V) limits I(Z;Y).

    By the chain rule I(Z;Y) ≤ I(Z;V,Y) = I(Z;V) + I(Z;Y|V). The last term is 0 exactly where
    Z – V – Y is a Markov chain (Z independent of Y given V), and then I(Z;Y) ≤ I(Z;V): data processing.
    Z made from V alone, by whatever noise, is such a chain; two parts of one question need not be. A
    ConfigError asks for two labels and styles.
    """
    kept = _parts(labels, styles)
    y = kept["the label"]
    rows = {}
    for v_keeps, z_keeps in product(CHOICES[1:], repeat=2):
        v, z = kept[v_keeps], kept[z_keeps]
        about_y, about_v = _shared(z, y), _shared(z, v)
        given_v = _shared(z, list(zip(v, y, strict=True))) - about_v
        rows[v_keeps, z_keeps] = {
            "I(Z;Y)": about_y,
            "I(Z;V)": about_v,
            "I(Z;Y|V)": given_v,
            "Z – V – Y": given_v < ROUNDING,
            "I(Z;Y) ≤ I(Z;V)": about_y <= about_v + ROUNDING,
        }
    return pd.DataFrame(rows).T.rename_axis(["V keeps", "Z keeps"]).infer_objects()


def equation_4(choices: pd.DataFrame, values_of_z: int) -> Sides:
    """I(Z;Y) of what Equation 3 chooses, against that of the worst that Equation 4 lets pass.

    Z may take `values_of_z` values, a student of fixed capacity; a ConfigError says if no choice has so few.
    """
    fits = choices[choices["values of Z"] <= values_of_z]
    if fits.empty:
        raise ConfigError(f"Z must be allowed at least one value, got {values_of_z}.")
    by_three = fits.loc[fits["Eq. 3"].idxmin(), "I(Z;Y)"]
    most = fits["I(Z;V)"].max()
    # Choices that Equation 4 cannot tell apart: equal up to rounding.
    by_four = fits.loc[np.isclose(fits["I(Z;V)"], most), "I(Z;Y)"].min()
    return Sides(float(by_three), float(by_four))


def _parts(labels: int, styles: int) -> dict[str, list[Hashable]]:
    """Return what each choice keeps of every question, all questions equally likely."""
    if min(labels, styles) < 2:
        raise ConfigError(f"needs two labels and two styles or more, got {labels} and {styles}.")
    questions = list(product(range(labels), range(styles)))
    return {
        "nothing": [()] * len(questions),
        "the label": [label for label, _ in questions],
        "the style": [style for _, style in questions],
        "both": list(questions),
    }


def _shared(one: list[Hashable], other: list[Hashable]) -> float:
    return ExactWorld.of_pairs(list(zip(one, other, strict=True))).mutual_information


def equation_4_symmetry(world: ExactWorld) -> Sides:
    """I(Z;V) against I(V;Z), which the paper states below Equation 4."""
    return Sides(world.mutual_information, ExactWorld(world.joint.T).mutual_information)


def equation_5(world: ExactWorld) -> Sides:
    """I(Z;V) against E[log p(v|z) / p(v)]."""
    return equation_7_upper_bound(world, world.p_v)


def equation_6(world: ExactWorld, q_v: ArrayLike) -> Sides:
    """I(Z;V) against E[log p(v|z) / q(v)] − KL(p(v) ‖ q(v)); a ConfigError where both terms are infinite."""
    bound = equation_7_upper_bound(world, q_v)
    if np.isinf(bound.right):
        raise ConfigError("q(v) must be positive wherever p(v) is, or Equation 6 reads ∞ − ∞.")
    divergence = float(rel_entr(world.p_v, np.asarray(q_v, dtype=np.float64)).sum())
    return Sides(bound.left, bound.right - divergence)


def equation_7_upper_bound(world: ExactWorld, q_v: ArrayLike) -> Sides:
    """I(Z;V) against E[log p(v|z) / q(v)]: what Equation 6 leaves when its KL is dropped.

    An upper bound for every distribution q(v) (or a ConfigError says that it is none), with equality at
    q(v) = p(v) (Poole et al. 2019, section 2.1).
    """
    q = distribution(q_v, len(world.p_v), "q(v)")
    return Sides(world.mutual_information, -world.entropy_v_given_z - world.expect_log(q))


def equation_7_printed(world: ExactWorld) -> Sides:
    """I(Z;V) against E[log p(z|v) / p(v)], with p(z|v) as the paper prints it: I(Z;V) + H(V) − H(Z)."""
    printed = world.expect_log(world.z_given_v) - world.expect_log(world.p_v)
    return Sides(world.mutual_information, printed)


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

    The paper writes max I ∝ max Σ p(z|v) log p(v|z). A uniform p(v) = 1/n turns Equation 8 into this line.
    """
    n = world.joint.shape[1]
    return Sides(world.mutual_information, float(np.log(n)) - equation_9_sum(world) / n)


def equation_9_sum(world: ExactWorld) -> float:
    """Compute Σ_{z,v} p(z|v) log 1/p(v|z), nats: what Equation 9 minimises. No p(v) weights it."""
    return -float(xlogy(world.z_given_v, world.v_given_z).sum())


def equation_9_normalisers(world: ExactWorld) -> Table:
    """Compute Σ_z p(v|z) for every v, (v,), which average to (values of Z) / (values of V).

    A cross-entropy compares two distributions over one space. In Equation 9's CE(z|v, v|z), p(v|z), read
    as a function of z, is one only where this sum is 1.
    """
    return world.v_given_z.sum(axis=0)


def equation_9_cross_entropy(world: ExactWorld) -> Sides:
    """Equation 9's sum against Σ_v CE(p(z|v), c_v p(v|z)), with c_v making the second a distribution."""
    share = divide(world.v_given_z, equation_9_normalisers(world))
    return Sides(equation_9_sum(world), -float(xlogy(world.z_given_v, share).sum()))


def barber_agakov(world: ExactWorld, q_v_given_z: ArrayLike) -> Sides:
    """I(Z;V) against H(V) + E[log q(v|z)]: a lower bound for every q(v|z) (Barber & Agakov 2003).

    It falls short of I by E_z KL(p(v|z) ‖ q(v|z)). What is minimised in practice is −E[log q(v|z)], a
    cross-entropy over v alone; that raises the bound as far as H(V) stays where it is.

    Raises:
        ConfigError: q(v|z) is no table (z, v) of distributions over v, one for each z.
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
    """Make a q(v) between p(v) (wrongness 0) and certainty of the rarest v (1, a ConfigError: ∞ bound)."""
    if not 0 <= wrongness < 1:
        raise ConfigError(f"wrongness must be at least 0 and below 1, got {wrongness}.")
    q = (1 - wrongness) * world.p_v
    q[world.p_v.argmin()] += wrongness
    return q


def decoder(world: ExactWorld, temperature: float) -> Table:
    """Make a q(v|z) from p(v|z)^(1/T): 1 is exact, ∞ uniform over v, below 1 too sure of itself.

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
