"""The small networks that some forms of the MI term train beside the student."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.forms import FORMS

# The student carries its head under this name while it trains, so that optimiser and checkpoints see it.
_NAME = "mi_head"


def make_head(objective: Objective, width: int, seed: int) -> nn.Module | None:
    """Make the head of a form, or None where it has none.

    Args:
        objective: Names the form.
        width: Of the features.
        seed: Of its first weights. torch's own generator stays as it is, so that a student with a head
            sees the same batches and dropout as one without.
    """
    make = FORMS[objective.form].head
    if make is None or not objective.alpha3:
        return None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make(width)


def head_of(model: nn.Module) -> nn.Module | None:
    """Return the head that a student carries."""
    head: nn.Module | None = getattr(model, _NAME, None)
    return head


@contextmanager
def carried(model: nn.Module, head: nn.Module | None) -> Iterator[None]:
    """Let a student carry a head for as long as it trains; what is saved afterwards has none."""
    if head is None:
        yield
        return
    model.add_module(_NAME, head)
    try:
        yield
    finally:
        delattr(model, _NAME)
