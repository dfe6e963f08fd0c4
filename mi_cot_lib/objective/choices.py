"""What can be chosen about the loss: weights of the terms, and the parts of the MI term.

Knows no torch, so that a configuration is checked before anything heavy loads.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from mi_cot_lib.errors import unknown_name

MiForm = Literal["released", "paper"]
Pool = Literal["max", "mean"]
Divergence = Literal["ce", "kl"]
Detach = Literal["label", "rationale", "none"]


def check_choices(form: str, pool: str, divergence: str, detach: str) -> None:
    """Refuse a choice that is not one of the loss's.

    Raises:
        ConfigError: The message names the valid choices.
    """
    for kind, value, valid in (
        ("mi_form", form, MiForm),
        ("pool", pool, Pool),
        ("divergence", divergence, Divergence),
        ("detach", detach, Detach),
    ):
        if value not in get_args(valid):
            raise unknown_name(kind, value, get_args(valid))


TERMS = ("prediction", "generation", "mi")


@dataclass(frozen=True, slots=True)
class Objective:
    """The weights of Equation 10 and the choices inside its MI term.

    A weight of 0 leaves its term out of the computation, not just out of the sum: with alpha3 = 0 the
    step is that of DSS, bit for bit.

    Attributes:
        alpha1: Weight of the label prediction loss.
        alpha2: Weight of the rationale generation loss.
        alpha3: Weight of the MI loss.
        form: See `mi_loss`, as the following three.
        pool: `max` or `mean`.
        divergence: `ce` or `kl`.
        detach: `label`, `rationale` or `none`.
    """

    alpha1: float = 0.5
    alpha2: float = 0.5
    alpha3: float = 0.1
    form: MiForm = "released"
    pool: Pool = "max"
    divergence: Divergence = "ce"
    detach: Detach = "label"

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each term that is not 0, by the term's name in `TERMS`."""
        weights = zip(TERMS, (self.alpha1, self.alpha2, self.alpha3), strict=True)
        return {term: weight for term, weight in weights if weight != 0}

    def only(self, term: str) -> "Objective":
        """Return the same objective with the weights of all other terms at 0."""
        kept = self.weights.get(term, 0.0)
        weights = [kept if name == term else 0.0 for name in TERMS]
        return replace(self, alpha1=weights[0], alpha2=weights[1], alpha3=weights[2])
