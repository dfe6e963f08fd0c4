"""A student of one weight matrix, trained on the MI loss with and without the prediction loss.

The degenerate optimum is there; this asks whether gradient descent goes there.
"""

import pandas as pd
import torch
from torch import Tensor

from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.choices import Detach, MiForm, Objective
from mi_cot_lib.objective.mi import mi_loss
from mi_cot_lib.objective.terms import weighted_total


def prepare_collapse(
    alike: float,
    alpha1: float = 0.0,
    alpha3: float = 1.0,
    *,
    form: MiForm = "released",
    detach: Detach = "label",
    examples: int = 8,
    width: int = 16,
    taught: int = 0,
    steps: int = 600,
    every: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Train logits = features · W, with one W for both prompts, and follow what it says.

    Each example has random features under each prompt, and one direction that all share, as the
    questions of a data set share their form. It writes one token a side; its label is a token of its
    own. V and Z are tokens drawn from what the student says, independently once the example is given.

    Args:
        alike: Share of the common direction in the features' variance, from 0 up to but not 1.
        alpha1: Weight of the prediction loss; 0 leaves the MI loss alone.
        alpha3: Weight of the MI loss.
        form: See `mi_loss`, as the following.
        detach: The side without gradient. W moves both sides whichever it is.
        examples: Number of examples, and of tokens.
        width: Number of features.
        taught: Steps of the prediction loss alone that come first; step 0 is after them. Without any the
            answers to alike questions are alike at once, and share hardly any information to lose.
        steps: Of Adam, learning rate 0.02, all examples at once.
        every: Steps between rows.
        seed: Of features and weights.

    Returns:
        A row a measurement with `step`, `loss` (the MI loss), `H(V)` and `I(Z;V)` (nats).

    Raises:
        ConfigError: `alike` out of its range.
    """
    if not 0 <= alike < 1:
        raise ConfigError(f"alike must be at least 0 and below 1, got {alike}.")
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(1, width, generator=generator)
    predict, explain = (
        (1 - alike) ** 0.5 * torch.randn(examples, width, generator=generator) + alike**0.5 * common
        for _ in range(2)
    )
    weights = 2 * torch.randn(width, examples, generator=generator) / width**0.5
    weights.requires_grad_()
    labels = torch.arange(examples)
    objective = Objective(alpha1=alpha1, alpha2=0.0, alpha3=alpha3)
    whole = dict.fromkeys(("prediction", "mi"), torch.tensor(1))
    optimiser = torch.optim.Adam([weights], lr=0.02)
    rows = []
    for step in range(-taught, steps + 1):
        label_logits, rationale_logits = (side @ weights for side in (predict, explain))
        mi = mi_loss(label_logits[:, None], rationale_logits[:, None], form=form, detach=detach)
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
