"""From one vector a position to one vector an example."""

import torch
from torch import Tensor

from mi_cot_lib.objective.choices import Pool


def pool_released(logits: Tensor, pool: Pool, dtype: torch.dtype = torch.float32) -> Tensor:
    """Pool softmax outputs as the released code does, padding included; the maxima sum to more than 1.

    Args:
        logits: (batch, positions, vocab).
        pool: `max` or `mean`.
        dtype: To compute in.

    Returns:
        (batch, vocab) in `dtype`.
    """
    probabilities = logits.to(dtype).softmax(dim=-1)
    return probabilities.amax(dim=1) if pool == "max" else probabilities.mean(dim=1)


def pool_log_probabilities(logits: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    """Pool softmax outputs of real positions; the result is in logarithms and not normalised.

    Staying with logarithms keeps small probabilities exact. The mean lacks its 1/n, which normalising
    makes needless.

    Args:
        logits: (batch, positions, vocab).
        mask: (batch, positions), True at real positions, of which each example has one at least.
        pool: `max` or `mean`.

    Returns:
        (batch, vocab) in float32.
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    masked = log_probabilities.masked_fill(~mask[:, :, None], -torch.inf)
    return masked.amax(dim=1) if pool == "max" else masked.logsumexp(dim=1)


def pool_states(states: Tensor, mask: Tensor, pool: Pool) -> Tensor:
    """Pool hidden states of real positions.

    Args:
        states: (batch, positions, width).
        mask: (batch, positions), True at real positions, of which each example has one at least.
        pool: `max` or `mean`.

    Returns:
        (batch, width) in float32.
    """
    states = states.float()
    if pool == "max":
        return states.masked_fill(~mask[:, :, None], -torch.inf).amax(dim=1)
    return states.masked_fill(~mask[:, :, None], 0.0).sum(dim=1) / mask.sum(dim=1, keepdim=True)
