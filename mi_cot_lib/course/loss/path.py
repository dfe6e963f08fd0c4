"""The MI loss on a path from a rationale side that names none of the label's tokens to one that does."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.course.theory.degenerate_optimum import SURE, logits_of
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.mi import mi_loss, pool_released

RELEASED, PAPER, OVERLAP, PROPER = "released", "paper", "overlap", "cross-entropy"
MEASURES = (RELEASED, PAPER, OVERLAP, PROPER)
# Log-odds: probabilities from 10⁻⁶ to 1 − 10⁻⁶.
PLACES = tuple(float(place) for place in np.linspace(-14, 14, 57))


def rationale_side(log_odds: Tensor, vocabulary: int, label_tokens: int, positions: int) -> Tensor:
    """Make the rationale's logits at one place of the path: (1, positions, vocab).

    Position j of the first ones gives the label's token j the probability p and one rival the rest,
    with log(p / (1 − p)) the log-odds. The other positions are sure of tokens of their own.

    Args:
        log_odds: A scalar, so that the path can be differentiated.
        vocabulary: Number of tokens.
        label_tokens: How many tokens the label has.
        positions: Of the rationale, no fewer than these.

    Raises:
        ConfigError: No token, fewer positions than tokens, or a vocabulary too small for both.
    """
    _check(label_tokens, positions)
    own = logits_of([tuple(range(label_tokens, label_tokens + positions))], vocabulary) - SURE
    named = torch.zeros_like(own)
    for place in range(label_tokens):
        named[0, place, place] = 1.0
    # The rival's logit is 0 and the token's the log-odds; all others stay at −SURE.
    return own + named * (log_odds + SURE)


def losses_on(
    vocabulary: int, label_tokens: int, positions: int
) -> dict[str, Callable[[Tensor], Tensor]]:
    """Return what is measured, each a function from log-odds to nats (`overlap`: from −S to 0).

    * `released`, `paper`: the two forms of `mi_loss`.
    * `overlap`: −⟨t, q⟩ of the sides pooled as released.
    * `cross-entropy`: −log p of the label's tokens at their positions, as a language model is trained.

    Raises:
        ConfigError: As `rationale_side`.
    """
    _check(label_tokens, positions)
    label = logits_of([tuple(range(label_tokens))], vocabulary)
    tokens = torch.arange(label_tokens)

    def side(log_odds: Tensor) -> Tensor:
        return rationale_side(log_odds, vocabulary, label_tokens, positions)

    def overlap(log_odds: Tensor) -> Tensor:
        return -(pool_released(label, "max") * pool_released(side(log_odds), "max")).sum()

    return {
        RELEASED: lambda s: mi_loss(label, side(s)),
        PAPER: lambda s: mi_loss(label, side(s), form="paper"),
        OVERLAP: overlap,
        PROPER: lambda s: F.cross_entropy(side(s)[0, :label_tokens], tokens, reduction="sum"),
    }


def prepare_path(
    vocabulary: int = 32128,
    label_tokens: int = 1,
    positions: int = 1,
    log_odds: Sequence[float] | np.ndarray = PLACES,
) -> pd.DataFrame:
    """Measure values and slopes along the path.

    Args:
        vocabulary: Number of tokens; T5's by default.
        label_tokens: Tokens that the label side is sure of, S of the released form.
        positions: Of the rationale side, see `rationale_side`.
        log_odds: Places on the path.

    Returns:
        A row a place with `log_odds`, `probability` (p) and for each of `MEASURES` its value (nats) and,
        as `NAME pull`, −d value / d log-odds: how hard it pulls towards agreement.

    Raises:
        ConfigError: As `rationale_side`.
    """
    measures = losses_on(vocabulary, label_tokens, positions)
    rows = []
    for place in log_odds:
        row = {"log_odds": float(place), "probability": 1 / (1 + math.exp(-place))}
        for name, loss in measures.items():
            s = torch.tensor(float(place), requires_grad=True)
            value = loss(s)
            value.backward()
            assert s.grad is not None
            row |= {name: value.item(), f"{name} pull": -s.grad.item()}
        rows.append(row)
    return pd.DataFrame(rows)


def at_probabilities(probabilities: Sequence[float], **path: int) -> pd.DataFrame:
    """Measure the pulls where the rationale side gives a label's token these probabilities.

    Args:
        probabilities: Between 0 and 1.
        path: Of `prepare_path`.

    Returns:
        A row a probability, a column a measure of `MEASURES`.
    """
    found = prepare_path(log_odds=[math.log(p / (1 - p)) for p in probabilities], **path)
    pulls = found[[f"{name} pull" for name in MEASURES]].set_axis(list(MEASURES), axis=1)
    return pulls.set_axis(pd.Index(probabilities, name="p"), axis=0)


def _check(label_tokens: int, positions: int) -> None:
    if not 1 <= label_tokens <= positions:
        raise ConfigError(
            "a label needs one token or more and the rationale as many positions, got "
            f"{label_tokens} and {positions}."
        )
