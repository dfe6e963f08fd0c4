"""The degenerate optimum of the MI loss: that it is there, and whether gradient descent goes there."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import mi_loss
from mi_cot_lib.objective.terms import weighted_total
from mi_cot_lib.report.pictures.canvas import GREEN, new_figure, plain_axes

# A written token's logit above all others: its softmax is 1 up to what float32 holds.
SURE = 40.0

# A token id a position.
Written = tuple[int, ...]

DEGENERATE = "same token always, both sides"
OWN = "own token, both sides"
# Of the student that is trained here: features of a question, and questions, each with a label of its own.
_WIDTH, _QUESTIONS = 16, 8


def logits_of(written: list[Written], vocabulary: int) -> Tensor:
    """Make the logits of a student that is sure of what it writes: (examples, positions, vocab).

    A ConfigError names a token id that the vocabulary does not have.
    """
    tokens = torch.tensor(written)
    if tokens.max() >= vocabulary:
        raise ConfigError(f"token {int(tokens.max())} is not in a vocabulary of {vocabulary}.")
    return SURE * torch.nn.functional.one_hot(tokens, vocabulary).float()


def prepare_students(vocabulary: int = 32128, examples: int = 8) -> pd.DataFrame:
    """Measure each student with the real loss and with exact mutual information.

    Each writes for every example, all equally likely, a rationale and a label, Z and V. In nats. A
    ConfigError asks for two examples, and for a token of each.
    """
    if examples < 2:
        raise ConfigError(f"needs two examples or more, got {examples}.")
    numbers = range(1, examples + 1)
    end = 0
    students: dict[str, list[tuple[Written, Written]]] = {
        DEGENERATE: [((1,), (1,))] * examples,
        OWN: [((i,), (i,)) for i in numbers],
        "own token and end token, both sides": [((i, end), (i, end)) for i in numbers],
        "own label token, rationale renames it": [((i % examples + 1,), (i,)) for i in numbers],
        "one token a side, not the same": [((2,), (1,))] * examples,
    }
    rows = {}
    for name, answers in students.items():
        z, v = (logits_of([answer[side] for answer in answers], vocabulary) for side in (0, 1))
        world = ExactWorld.of_pairs(answers)
        rows[name] = {
            "released": mi_loss(v, z).item(),
            "paper": mi_loss(v, z, form="paper").item(),
            "H(V)": world.entropy_v,
            "I(Z;V)": world.mutual_information,
        }
    # + 0.0: no minus sign before a zero.
    return pd.DataFrame(rows).T.rename_axis("student writes") + 0.0


def released_minimum(vocabulary: int, tokens: int = 1) -> float:
    """Give the least released loss where the label side is sure of some number of different tokens, nats.

    With t = 1 on k tokens the loss S·log Σ_u exp(q_u) − ⟨t, q⟩ is convex in q. At q = t its slope is
    negative in the k tokens and positive in the others, so that no q in [0, 1] does better:
    k·(log(N − k + k·e) − 1), N the vocabulary. Over all label sides it is least at k = 1, since the loss
    is a sum of t_v times something positive, and t sums to at least 1. k from 1 to N, or a ConfigError.
    """
    if not 1 <= tokens <= vocabulary:
        raise ConfigError(f"tokens must be from 1 to {vocabulary}, got {tokens}.")
    return tokens * (math.log(vocabulary - tokens + tokens * math.e) - 1)


def prepare_collapse(
    alike: float,
    alpha1: float = 0.0,
    alpha3: float = 1.0,
    *,
    taught: int = 0,
    steps: int = 600,
    every: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Train logits = features · W, with one W for both prompts, and follow what it says.

    Each example has random features under each prompt, and one direction that all share, as the
    questions of a data set share their form. It writes one token a side; its label is a token of its
    own. V and Z are tokens drawn from what the student says, independently once the example is given. The
    detached label side moves as well, with W. Losses and information in nats.

    Args:
        alike: Share of the common direction in the features' variance, 0 to below 1, or a ConfigError.
        taught: Steps of the prediction loss alone that come first; step 0 is after them. Without any the
            answers to alike questions are alike at once, and share hardly any information to lose.
    """
    if not 0 <= alike < 1:
        raise ConfigError(f"alike must be at least 0 and below 1, got {alike}.")
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(1, _WIDTH, generator=generator)
    predict, explain = (
        (1 - alike) ** 0.5 * torch.randn(_QUESTIONS, _WIDTH, generator=generator)
        + alike**0.5 * common
        for _ in range(2)
    )
    weights = 2 * torch.randn(_WIDTH, _QUESTIONS, generator=generator) / _WIDTH**0.5
    weights.requires_grad_()
    labels = torch.arange(_QUESTIONS)
    objective = Objective(alpha1=alpha1, alpha2=0.0, alpha3=alpha3)
    whole = dict.fromkeys(("prediction", "mi"), torch.tensor(1))
    optimiser = torch.optim.Adam([weights], lr=0.02)
    rows = []
    for step in range(-taught, steps + 1):
        label_logits, rationale_logits = (side @ weights for side in (predict, explain))
        mi = mi_loss(label_logits[:, None], rationale_logits[:, None])
        if step >= 0 and step % every == 0:
            world = ExactWorld.of_examples(_drawn(rationale_logits), _drawn(label_logits))
            rows.append((step, mi.item(), world.entropy_v, world.mutual_information))
        prediction = torch.nn.functional.cross_entropy(label_logits, labels)
        optimiser.zero_grad()
        means = {"prediction": prediction, "mi": mi}
        (prediction if step < 0 else weighted_total(objective, means, whole)).backward()
        optimiser.step()
    return pd.DataFrame(rows, columns=["step", "loss", "H(V)", "I(Z;V)"])


def _drawn(logits: Tensor) -> list[list[float]]:
    return logits.detach().double().softmax(dim=-1).tolist()


def draw_collapse(runs: Mapping[str, Sequence[pd.DataFrame]]) -> Figure:
    """Draw H(V) and I(Z;V) over training: a panel a setting, a thin line a seed, thick their mean."""
    figure = new_figure(3.0 * len(runs) + 0.6, 3.5)
    panels = np.atleast_1d(figure.subplots(1, len(runs), sharey=True))
    for axes, (title, seeds) in zip(panels, runs.items(), strict=True):
        mean = pd.concat(seeds).groupby("step").mean()
        for name, style, colour in (("H(V)", "--", GREEN), ("I(Z;V)", "-", "black")):
            for run in seeds:
                axes.plot(run["step"], run[name], style, color=colour, lw=0.7, alpha=0.35)
            axes.plot(mean.index, mean[name], style, color=colour, lw=2.4, label=name)
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_xlabel("training step")
        axes.set_ylim(0, 2.3)
        plain_axes(axes, "both")
    panels[0].set_ylabel("nats")
    handles, names = panels[-1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return figure
