"""A small discrete world of a rationale Z and a label V, in which every quantity is exact, in nats."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr, rel_entr, xlogy

from mi_cot_lib.errors import ConfigError

Table = NDArray[np.float64]

# How far a table may be from summing to 1: printed probabilities' rounding is refused, floats' is not.
_TOLERANCE = 1e-9
# A smaller probability counts as 0: the product of two marginals must not underflow.
_NEVER = 1e-150


@dataclass(frozen=True, eq=False)
class ExactWorld:
    """A joint distribution p(z, v): a read-only table (z, v) of probabilities that sum to 1.

    Raises:
        ConfigError: At construction, if the table is no distribution over pairs.
    """

    joint: Table

    def __post_init__(self) -> None:
        table = _probabilities(self.joint, "the joint table")
        if table.ndim != 2 or table.size == 0:
            raise ConfigError(
                f"the joint table must be (z, v) with at least one cell, got shape {table.shape}."
            )
        distribution(table.ravel(), table.size, "the joint table")
        table = np.where(table < _NEVER, 0.0, table)
        table = table / table.sum()
        table.setflags(write=False)
        object.__setattr__(self, "joint", table)

    @classmethod
    def of(cls, z_size: int, v_size: int, dependence: float, skew: float = 0.0) -> "ExactWorld":
        """Make a world whose Z and V go together to a chosen degree; out of range is a ConfigError.

        p(v) falls by the factor exp(−skew) from one v to the next. Given v, with probability
        `dependence` z is one of those that match v (those equal to it modulo the smaller size), else
        it is any z. At 1 the side with fewer values is a function of the other.
        """
        if min(z_size, v_size) < 1:
            raise ConfigError(f"sizes must be at least 1, got {z_size} and {v_size}.")
        if not 0 <= dependence <= 1:
            raise ConfigError(f"dependence must be from 0 to 1, got {dependence}.")
        if not 0 <= skew < np.inf:
            raise ConfigError(f"skew must be 0 or more and finite, got {skew}.")
        p_v = np.exp(-skew * np.arange(v_size))
        fewer = min(z_size, v_size)
        matches = np.arange(z_size)[:, None] % fewer == np.arange(v_size)[None] % fewer
        z_given_v = dependence * matches / matches.sum(axis=0) + (1 - dependence) / z_size
        return cls(z_given_v * p_v / p_v.sum())

    @classmethod
    def of_pairs(cls, pairs: Sequence[tuple[Hashable, Hashable]]) -> "ExactWorld":
        """Count equally likely examples (z, v), of which a ConfigError asks for one, as they appear."""
        if not pairs:
            raise ConfigError("a world needs at least one pair (z, v).")
        z_places, v_places = (
            {value: place for place, value in enumerate(dict.fromkeys(side))}
            for side in zip(*pairs, strict=True)
        )
        table = np.zeros((len(z_places), len(v_places)))
        for z, v in pairs:
            table[z_places[z], v_places[v]] += 1
        return cls(table / len(pairs))

    @classmethod
    def of_examples(cls, z_given_x: ArrayLike, v_given_x: ArrayLike) -> "ExactWorld":
        """Let each of n equally likely examples x draw z and v, independently once x is given.

        p(z, v) = 1/n Σ_x p(z|x) p(v|x), from (examples, z) and (examples, v), each row a distribution.
        A ConfigError names what is none, or of another number of examples.
        """
        z_rows, v_rows = (np.asarray(rows, dtype=np.float64) for rows in (z_given_x, v_given_x))
        if z_rows.ndim != 2 or v_rows.ndim != 2 or len(z_rows) != len(v_rows):
            raise ConfigError(
                f"both sides must be (examples, values), got {z_rows.shape} and {v_rows.shape}."
            )
        for row in (*z_rows, *v_rows):
            distribution(row, len(row), "an example's row")
        return cls(z_rows.T @ v_rows / len(z_rows))

    @property
    def p_z(self) -> Table:
        """The marginal p(z), (z,)."""
        return self.joint.sum(axis=1)

    @property
    def p_v(self) -> Table:
        """The marginal p(v), (v,)."""
        return self.joint.sum(axis=0)

    @property
    def v_given_z(self) -> Table:
        """The conditional p(v|z), (z, v): rows sum to 1. The row of a z that never occurs is 0."""
        return divide(self.joint, self.p_z[:, None])

    @property
    def z_given_v(self) -> Table:
        """The conditional p(z|v), (z, v): columns sum to 1. That of a v that never occurs is 0."""
        return divide(self.joint, self.p_v[None])

    @property
    def entropy_z(self) -> float:
        """H(Z), nats."""
        return float(entr(self.p_z).sum())

    @property
    def entropy_v(self) -> float:
        """H(V), nats."""
        return float(entr(self.p_v).sum())

    @property
    def entropy_joint(self) -> float:
        """H(Z, V), nats."""
        return float(entr(self.joint).sum())

    @property
    def entropy_v_given_z(self) -> float:
        """H(V|Z), nats: what knowing z leaves open about v."""
        return -self.expect_log(self.v_given_z)

    @property
    def mutual_information(self) -> float:
        """I(Z;V) as its definition has it: KL(p(z, v) ‖ p(z) p(v)), nats."""
        return float(rel_entr(self.joint, np.outer(self.p_z, self.p_v)).sum())

    def expect_log(self, values: Table) -> float:
        """E_{p(z,v)}[log values], nats, of (z, v), (v,) or (z, 1); −inf where a pair that occurs has 0."""
        return float(xlogy(self.joint, np.broadcast_to(values, self.joint.shape)).sum())


def distribution(values: ArrayLike, size: int, what: str) -> Table:
    """Return values as a distribution over `size` outcomes, or raise a ConfigError that names `what`."""
    checked = _probabilities(values, what)
    if checked.shape != (size,):
        raise ConfigError(f"{what} must have {size} values, got shape {checked.shape}.")
    if abs(checked.sum() - 1) > _TOLERANCE:
        raise ConfigError(f"{what} must sum to 1, it sums to {checked.sum():.12g}.")
    return checked


def divide(table: Table, by: Table) -> Table:
    """Divide (z, v) by what broadcasts to it and is not negative; the result is 0 where that is 0."""
    return np.divide(table, by, out=np.zeros_like(table), where=by > 0)


def _probabilities(values: ArrayLike, what: str) -> Table:
    try:
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{what} must hold numbers in rows of one length.") from error
    if not np.isfinite(table).all() or (table < 0).any():
        raise ConfigError(f"{what} must hold finite probabilities, none of them negative.")
    return table
