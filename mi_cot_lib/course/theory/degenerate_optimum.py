"""Students that the MI loss and mutual information rank differently, the degenerate optimum first."""

import math

import pandas as pd
import torch
from torch import Tensor

from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.mi import mi_loss

# A written token's logit above all others: its softmax is 1 up to what float32 holds.
SURE = 40.0

# A token id a position.
Written = tuple[int, ...]

DEGENERATE = "same token always, both sides"
OWN = "own token, both sides"


def students(examples: int) -> dict[str, list[tuple[Written, Written]]]:
    """List what each student writes: for every example its rationale and its label.

    Args:
        examples: How many, at least 2. Token ids go up to this number.

    Raises:
        ConfigError: Fewer than two examples.
    """
    if examples < 2:
        raise ConfigError(f"needs two examples or more, got {examples}.")
    numbers = range(1, examples + 1)
    end, other = 0, 2
    return {
        DEGENERATE: [((1,), (1,)) for _ in numbers],
        OWN: [((i,), (i,)) for i in numbers],
        "own token and end token, both sides": [((i, end), (i, end)) for i in numbers],
        "own label token, rationale renames it": [((i % examples + 1,), (i,)) for i in numbers],
        "one token a side, not the same": [((other,), (1,)) for _ in numbers],
    }


def logits_of(written: list[Written], vocabulary: int) -> Tensor:
    """Make the logits of a student that is sure of what it writes: (examples, positions, vocab).

    Raises:
        ConfigError: A token id that the vocabulary does not have.
    """
    tokens = torch.tensor(written)
    if tokens.max() >= vocabulary:
        raise ConfigError(f"token {int(tokens.max())} is not in a vocabulary of {vocabulary}.")
    return SURE * torch.nn.functional.one_hot(tokens, vocabulary).float()


def prepare_students(vocabulary: int = 32128, examples: int = 8) -> pd.DataFrame:
    """Measure each student with the real loss and with exact mutual information.

    Args:
        vocabulary: Number of tokens; T5's by default.
        examples: Number of equally likely questions.

    Returns:
        A row a student with `released` and `paper` (the MI loss in both forms), `H(V)` and `I(Z;V)`,
        all in nats. Z and V are the sequences that are written.

    Raises:
        ConfigError: Too few examples, or a vocabulary too small for them.
    """
    rows = {}
    for name, answers in students(examples).items():
        rationales, labels = ([answer[side] for answer in answers] for side in (0, 1))
        v, z = logits_of(labels, vocabulary), logits_of(rationales, vocabulary)
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
    k·(log(N − k + k·e) − 1). Over all label sides it is least at k = 1, since the loss is a sum of t_v
    times something positive, and t sums to at least 1.

    Args:
        vocabulary: N.
        tokens: k.

    Raises:
        ConfigError: k is not from 1 to N.
    """
    if not 1 <= tokens <= vocabulary:
        raise ConfigError(f"tokens must be from 1 to {vocabulary}, got {tokens}.")
    return tokens * (math.log(vocabulary - tokens + tokens * math.e) - 1)


def search_minimum(
    vocabulary: int, positions: int = 2, starts: int = 32, steps: int = 400, seed: int = 0
) -> Tensor:
    """Minimise the released loss over both sides' logits from random starts.

    Neither side is detached, so that the search may also change what the label side says.

    Args:
        vocabulary: Number of tokens.
        positions: Of each side.
        starts: How many, each an example of its own.
        steps: Of Adam.
        seed: Of the starts.

    Returns:
        The loss that each start ended at (starts,), nats.
    """
    generator = torch.Generator().manual_seed(seed)
    sides = [
        (3 * torch.randn(starts, positions, vocabulary, generator=generator)).requires_grad_()
        for _ in range(2)
    ]
    optimiser = torch.optim.Adam(sides, lr=0.3)
    for _ in range(steps):
        optimiser.zero_grad()
        mi_loss(*sides, detach="none").backward()
        optimiser.step()
    with torch.no_grad():
        return torch.stack(
            [mi_loss(sides[0][i : i + 1], sides[1][i : i + 1]) for i in range(starts)]
        )
