"""The forms of the MI term: every file here is one, under the file's name, declared as its `FORM`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn

Features = Literal["vocabulary", "decoder_hidden", "encoder_hidden"]
Divergence = Literal["ce", "kl"]
HIDDEN: tuple[Features, ...] = ("decoder_hidden", "encoder_hidden")


@dataclass(frozen=True, slots=True)
class Pooled:
    """A batch's two sides, one vector an example, as the loss of a form sees them.

    Attributes:
        label: (batch, width). Of the vocabulary the logarithms of distributions (of a form that is
            `padded` the pooled probabilities), else hidden states; without gradient where it is detached.
        rationale: (batch, width), likewise.
        moving_label: `label` with its gradient, whatever is detached.
        features: What the vectors are made of.
        divergence: As chosen.
    """

    label: "Tensor"
    rationale: "Tensor"
    moving_label: "Tensor"
    features: Features
    divergence: Divergence = "ce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of the MI term.

    Attributes:
        loss: From the pooled sides to the loss of each example, (batch,) in nats.
        head: A network that trains beside the student, made with the features' width; it takes the place
            of `loss` and maps (label, rationale) to (batch,). For features of hundreds of dimensions.
        features: What can be compared; the first is the default.
        is_coupled: The loss of one example depends on the others of its batch.
        padded: Pools probabilities over all positions, padding included, as the released code does;
            other forms see distributions pooled over real positions.
        divergences: Which of them the form knows.
    """

    loss: "Callable[[Pooled], Tensor] | None" = None
    head: "type[nn.Module] | None" = None
    features: tuple[Features, ...] = ("vocabulary",)
    is_coupled: bool = False
    padded: bool = False
    divergences: tuple[Divergence, ...] = ("ce",)


# Of a form that is tried and in no file.
OWN = "own"


class _Forms(Mapping[str, Form]):
    """Every form by name. Names are those of files, so that they are known before torch is loaded."""

    def __init__(self) -> None:
        self._loaded: dict[str, Form] = {}

    def __getitem__(self, name: str) -> Form:
        if name not in self._loaded:
            if name not in iter(self):
                raise KeyError(name)
            self._loaded[name] = import_module(f"{__name__}.{name}").FORM
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        files = [module.name for module in iter_modules(__path__)]
        return iter(dict.fromkeys([*files, *self._loaded]))

    @contextmanager
    def trying(self, form: Form) -> Iterator[str]:
        """Know a form that is in no file for a while, in this process, by the name that is yielded."""
        self._loaded[OWN] = form
        try:
            yield OWN
        finally:
            del self._loaded[OWN]

    def __len__(self) -> int:
        return sum(1 for _ in self)


FORMS = _Forms()
