"""What can be chosen about the loss: the method, the weights of the terms, and the parts of the MI term."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.objective.forms import FORMS, Divergence, Features

Pool = Literal["max", "mean"]
Detach = Literal["label", "rationale", "none"]
# One of `FORMS`.
MiForm = str
TERMS = ("prediction", "generation", "mi")


@dataclass(frozen=True, slots=True)
class Method:
    """A training method, by the name that `--method` takes and the title that tables print.

    It may train the rationale task beside the prediction task, have the prediction target be rationale and
    label in one sequence, the label last or first, and add the MI term.
    """

    name: str
    title: str
    explains: bool
    target_has_rationale: bool
    uses_mi: bool
    label_first: bool = False


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("finetune", "Finetuning", False, False, False),
        Method("single_task", "Single-task", False, True, False),
        # Of Question 7, not of the paper.
        Method("label_first", "Label, then rationale", False, True, False, label_first=True),
        Method("dss", "DSS", True, False, False),
        Method("mi", "MI", True, False, True),
    )
}


def method_named(name: str) -> Method:
    """Look a method up; ConfigError names the nearest one where none has that name."""
    if name not in METHODS:
        raise unknown_name("method", name, METHODS)
    return METHODS[name]


def check_choices(
    form: str, pool: str, divergence: str, detach: str, features: str | None = None
) -> None:
    """Refuse with a ConfigError what is no choice of the loss's, naming those that are."""
    if form == "kl":
        raise ConfigError("mi_form kl is mi_form paper with divergence kl: write it so.")
    if form not in FORMS:
        raise unknown_name("mi_form", form, FORMS)
    known = FORMS[form].features
    for kind, value, valid in (
        ("pool", pool, Pool),
        ("divergence", divergence, Divergence),
        ("detach", detach, Detach),
        ("features", features or known[0], Features),
    ):
        if value not in get_args(valid):
            raise unknown_name(kind, value, get_args(valid))
    if features is not None and features not in known:
        raise ConfigError(
            f"mi_form {form} does not work on features {features}; choose from: {', '.join(known)}."
        )
    if divergence not in FORMS[form].divergences:
        others = [name for name, one in FORMS.items() if divergence in one.divergences]
        raise ConfigError(
            f"divergence {divergence} is for mi_form {' and '.join(others)}; {form} has its own."
        )


@dataclass(frozen=True, slots=True)
class Objective:
    """The weights of Equation 10 and the choices inside its MI term, as `mi_loss` takes them.

    A weight of 0 leaves its term out of the computation, not just out of the sum: with alpha3 = 0 the
    step is that of DSS, bit for bit.

    Attributes:
        alpha1: Weight of the label prediction loss.
        alpha2: Weight of the rationale generation loss.
        alpha3: Weight of the MI loss.
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

    @property
    def of_outputs(self) -> "Objective":
        """The same objective without what looks at hidden states."""
        return self.only("prediction", "generation") if self.uses_hidden else self

    def only(self, *terms: str) -> "Objective":
        """Return the same objective with the weights of all other terms at 0."""
        alphas = [self.weights.get(term, 0.0) if term in terms else 0.0 for term in TERMS]
        return replace(self, alpha1=alphas[0], alpha2=alphas[1], alpha3=alphas[2])
