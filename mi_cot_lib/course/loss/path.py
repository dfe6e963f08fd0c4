"""The MI loss on a path from a rationale side that names none of the label's tokens to one that does."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from mi_cot_lib.course.theory.degenerate_optimum import SURE, logits_of
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.mi import mi_loss, pool_released
from mi_cot_lib.report.pictures.canvas import BLUE, GREEN, ORANGE, new_figure, plain_axes

RELEASED, PAPER, OVERLAP, PROPER = "released", "paper", "overlap", "cross-entropy"
# Colour, line style and width: the overlap lies on the released form, and must show through it.
_LOOKS = {
    RELEASED: (BLUE, "-", 3.0, "released form"),
    PAPER: (ORANGE, "--", 2.0, "paper's form"),
    OVERLAP: ("black", ":", 1.8, "overlap, −⟨t, q⟩"),
    PROPER: (GREEN, "-.", 1.6, "cross-entropy of the label's tokens"),
}
MEASURES = tuple(_LOOKS)
# Log-odds: probabilities from 10⁻⁶ to 1 − 10⁻⁶, and those that are named on the axis.
PLACES = np.linspace(-14, 14, 57)
_NAMED = {
    1e-5: "10⁻⁵", 1e-3: "0.001", 0.1: "0.1", 0.5: "0.5", 0.9: "0.9", 0.999: "0.999", 0.99999: "1−10⁻⁵",
}  # fmt: skip


def rationale_side(log_odds: Tensor, vocabulary: int, label_tokens: int, positions: int) -> Tensor:
    """Make the rationale's logits at one place of the path: (1, positions, vocab).

    Position j of the first ones gives the label's token j the probability p and one rival the rest,
    with log(p / (1 − p)) the log-odds, a scalar by which the path can be differentiated. The other
    positions are sure of tokens of their own.

    Raises:
        ConfigError: No token, fewer positions than tokens, or a vocabulary too small for both.
    """
    if not 1 <= label_tokens <= positions:
        raise ConfigError(
            "a label needs one token or more and the rationale as many positions, got "
            f"{label_tokens} and {positions}."
        )
    own = logits_of([tuple(range(label_tokens, label_tokens + positions))], vocabulary) - SURE
    named = torch.zeros_like(own)
    for place in range(label_tokens):
        named[0, place, place] = 1.0
    # The rival's logit is 0 and the token's the log-odds; all others stay at −SURE.
    return own + named * (log_odds + SURE)


def prepare_path(
    vocabulary: int = 32128,
    label_tokens: int = 1,
    positions: int = 1,
    log_odds: Sequence[float] | np.ndarray = PLACES,
) -> pd.DataFrame:
    """Measure values and slopes along the path, for a label side that is sure of its tokens.

    Returns:
        A row a place with `log_odds`, `probability` (p) and for each of `MEASURES` its value (nats) and,
        as `NAME pull`, −d value / d log-odds: how hard it pulls towards agreement. `released` and `paper`
        are the forms of `mi_loss`, `overlap` is −⟨t, q⟩ of the sides pooled as released, `cross-entropy`
        −log p of the label's tokens at their positions, as a language model is trained.
    """
    rows = []
    for place in log_odds:
        s = torch.tensor(float(place), requires_grad=True)
        side = rationale_side(s, vocabulary, label_tokens, positions)
        tokens = torch.arange(label_tokens)
        label = logits_of([tuple(tokens.tolist())], vocabulary)
        values = {
            RELEASED: mi_loss(label, side),
            PAPER: mi_loss(label, side, form="paper"),
            OVERLAP: -(pool_released(label, "max") * pool_released(side, "max")).sum(),
            PROPER: F.cross_entropy(side[0, :label_tokens], tokens, reduction="sum"),
        }
        row = {"log_odds": float(place), "probability": 1 / (1 + math.exp(-place))}
        for name, value in values.items():
            (slope,) = torch.autograd.grad(value, s, retain_graph=True)
            row |= {name: value.item(), f"{name} pull": -slope.item()}
        rows.append(row)
    return pd.DataFrame(rows)


def at_probabilities(probabilities: Sequence[float], **path: int) -> pd.DataFrame:
    """Measure the pulls where the rationale side gives a label's token these probabilities, a row each."""
    found = prepare_path(log_odds=[math.log(p / (1 - p)) for p in probabilities], **path)
    pulls = found[[f"{name} pull" for name in MEASURES]].to_numpy()
    return pd.DataFrame(pulls, pd.Index(probabilities, name="p"), MEASURES)


def draw_path(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw values above their least, and pulls, on a scale of log-odds, of which one can be marked."""
    figure = new_figure(10.5, 3.9)
    low, high, pulls = figure.subplots(1, 3)
    handles = {}
    for name in MEASURES:
        colour, style, width, called = _LOOKS[name]
        value = low if name in (RELEASED, OVERLAP) else high
        above = prepared[name] - prepared[name].min()
        for axes, y in ((value, above), (pulls, prepared[f"{name} pull"])):
            (handles[called],) = axes.plot(prepared["log_odds"], y, style, color=colour, lw=width)
            if marked is not None:
                at = (prepared["log_odds"] - marked).abs().idxmin()
                axes.plot(marked, y[at], "o", color=colour, mec="white", ms=8)
    places = {math.log(p / (1 - p)): text for p, text in _NAMED.items()}
    least, most = prepared["log_odds"].min(), prepared["log_odds"].max()
    within = {at: text for at, text in places.items() if least <= at <= most}
    above_least, slope = "value above its least (nats)", "pull, −d value / d log-odds (nats)"
    for axes, title in ((low, above_least), (high, above_least), (pulls, slope)):
        axes.set_xticks(list(within), list(within.values()), fontsize=8)
        axes.set_xlabel("q's probability of the label's tokens", fontsize=9)
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
        plain_axes(axes, "both")
    drawn = list(handles.values())
    figure.legend(drawn, list(handles), loc="outside lower center", ncols=4, frameon=False)
    return figure
