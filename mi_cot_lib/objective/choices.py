"""What can be chosen about the loss: weights of the terms, and the parts of the MI term.

Knows no torch, so that a configuration is checked before anything heavy loads.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from mi_cot_lib.errors import ConfigError, unknown_name

MiForm = Literal[
    "released",
    "paper",
    "kl",
    "js",
    "barber_agakov",
    "infonce",
    "contrastive",
    "variational",
    "adversarial",
]
Features = Literal["vocabulary", "decoder_hidden", "encoder_hidden"]
Pool = Literal["max", "mean"]
Divergence = Literal["ce", "kl"]
Detach = Literal["label", "rationale", "none"]

_HIDDEN = ("decoder_hidden", "encoder_hidden")
# What each form can compare; the first is its default. Those with distributions need the vocabulary,
# those with a network of their own are for features of hundreds of dimensions, not of thousands.
FEATURES: dict[str, tuple[str, ...]] = {
    "released": ("vocabulary",),
    "paper": ("vocabulary",),
    "kl": ("vocabulary",),
    "js": ("vocabulary",),
    "barber_agakov": ("vocabulary",),
    "infonce": ("vocabulary", *_HIDDEN),
    "contrastive": _HIDDEN,
    "variational": _HIDDEN,
    "adversarial": _HIDDEN,
}
# Forms in which the loss of one example depends on the others of its batch.
COUPLED = frozenset({"barber_agakov", "infonce", "contrastive"})
# Forms that train a small network beside the student.
WITH_HEAD = frozenset({"contrastive", "variational", "adversarial"})


def check_choices(
    form: str, pool: str, divergence: str, detach: str, features: str | None = None
) -> None:
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
    if features is not None and features not in get_args(Features):
        raise unknown_name("features", features, get_args(Features))
    if features is not None and features not in FEATURES[form]:
        raise ConfigError(
            f"mi_form {form} does not work on features {features}; choose from: "
            f"{', '.join(FEATURES[form])}."
        )
    if divergence != "ce" and form not in ("released", "paper"):
        raise ConfigError(
            f"divergence {divergence} is for mi_form released and paper; {form} has its own."
        )


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
        features: What V and Z are: `vocabulary` (softmax outputs), `decoder_hidden` (what the output
            layer reads) or `encoder_hidden` (of the two prompts).
    """

    alpha1: float = 0.5
    alpha2: float = 0.5
    alpha3: float = 0.1
    form: MiForm = "released"
    pool: Pool = "max"
    divergence: Divergence = "ce"
    detach: Detach = "label"
    features: Features = "vocabulary"

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each term that is not 0, by the term's name in `TERMS`."""
        weights = zip(TERMS, (self.alpha1, self.alpha2, self.alpha3), strict=True)
        return {term: weight for term, weight in weights if weight != 0}

    @property
    def uses_hidden(self) -> bool:
        """The MI term takes part and looks at hidden states, not at the output layer's answers."""
        return self.alpha3 != 0 and self.features != "vocabulary"

    @property
    def is_coupled(self) -> bool:
        """The MI term takes part and compares the examples of a batch, which cannot be split then."""
        return self.alpha3 != 0 and self.form in COUPLED

    @property
    def has_head(self) -> bool:
        """The MI term takes part and trains a network of its own."""
        return self.alpha3 != 0 and self.form in WITH_HEAD

    def only(self, term: str) -> "Objective":
        """Return the same objective with the weights of all other terms at 0."""
        kept = self.weights.get(term, 0.0)
        weights = [kept if name == term else 0.0 for name in TERMS]
        return replace(self, alpha1=weights[0], alpha2=weights[1], alpha3=weights[2])

    def without(self, term: str) -> "Objective":
        """Return the same objective with the weight of one term at 0."""
        weights = [0.0 if name == term else self.weights.get(name, 0.0) for name in TERMS]
        return replace(self, alpha1=weights[0], alpha2=weights[1], alpha3=weights[2])
