"""What can be chosen about the loss: weights of the terms, and the parts of the MI term."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.objective.forms import FORMS, Divergence, Features

Pool = Literal["max", "mean"]
Detach = Literal["label", "rationale", "none"]
# One of `FORMS`.
MiForm = str

# What was a form of its own, and what it is now.
_RENAMED = {"kl": "mi_form paper with divergence kl"}


def check_choices(
    form: str, pool: str, divergence: str, detach: str, features: str | None = None
) -> None:
    """Refuse a choice that is not one of the loss's.

    Raises:
        ConfigError: The message names the valid choices.
    """
    if form in _RENAMED:
        raise ConfigError(f"mi_form {form} is {_RENAMED[form]}: write it so.")
    if form not in FORMS:
        raise unknown_name("mi_form", form, FORMS)
    for kind, value, valid in (
        ("pool", pool, Pool),
        ("divergence", divergence, Divergence),
        ("detach", detach, Detach),
        ("features", features or FORMS[form].features[0], Features),
    ):
        if value not in get_args(valid):
            raise unknown_name(kind, value, get_args(valid))
    known = FORMS[form].features
    if features is not None and features not in known:
        raise ConfigError(
            f"mi_form {form} does not work on features {features}; choose from: {', '.join(known)}."
        )
    if divergence not in FORMS[form].divergences:
        others = [name for name, one in FORMS.items() if divergence in one.divergences]
        raise ConfigError(
            f"divergence {divergence} is for mi_form {' and '.join(others)}; {form} has its own."
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
        return self.alpha3 != 0 and FORMS[self.form].is_coupled

    @property
    def sees_padding(self) -> bool:
        """The MI term takes part and looks at what the student says beyond a text's end."""
        return self.alpha3 != 0 and FORMS[self.form].padded

    def only(self, term: str) -> "Objective":
        """Return the same objective with the weights of all other terms at 0."""
        kept = self.weights.get(term, 0.0)
        weights = [kept if name == term else 0.0 for name in TERMS]
        return replace(self, alpha1=weights[0], alpha2=weights[1], alpha3=weights[2])

    def without(self, term: str) -> "Objective":
        """Return the same objective with the weight of one term at 0."""
        weights = [0.0 if name == term else self.weights.get(name, 0.0) for name in TERMS]
        return replace(self, alpha1=weights[0], alpha2=weights[1], alpha3=weights[2])
