"""Greedy generation by `model.generate`: slow, right for every model, and what the fast way must equal."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Sequences(NamedTuple):
    """What a model wrote for each row of a batch, in nats, and whether it wrote an end token in its limit.

    Token ids are without the start token; the end token is the last where there is one.
    """

    ids: list[list[int]]
    log_probabilities: list[float]
    ended: list[bool]


def plain_sequences(model: Any, ids: Tensor, mask: Tensor, limits: Sequence[int]) -> Sequences:
    """Write the most probable next token until the end token or the row's limit, which includes it.

    Takes prompts as (batch, positions) of token ids, and a mask that is 1 at real positions.
    """
    output = model.generate(
        input_ids=ids,
        attention_mask=mask,
        max_new_tokens=max(limits),
        do_sample=False,
        num_beams=1,
        return_dict_in_generate=True,
        output_scores=True,
    )
    token_logs = model.compute_transition_scores(
        output.sequences, output.scores, normalize_logits=True
    )
    written = output.sequences[:, 1:]
    is_end = torch.isin(written, torch.tensor(end_ids(model), device=written.device))
    # After its end token a row is filled up, and the filling is no part of the sequence.
    real = is_end.cumsum(dim=1) - is_end.long() == 0
    positions = torch.arange(written.shape[1], device=written.device)
    real &= positions < torch.tensor(limits, device=written.device)[:, None]
    logs = token_logs.float().masked_fill(~real, 0.0).sum(dim=1)
    return Sequences(
        [row[keep].tolist() for row, keep in zip(written, real, strict=True)],
        logs.tolist(),
        (is_end & real).any(dim=1).tolist(),
    )


def end_ids(model: Any) -> list[int]:
    """Return the ids that end a model's output; none where generation only ends at its limit."""
    ids = model.generation_config.eos_token_id
    if ids is None:
        return []
    return list(ids) if isinstance(ids, list | tuple) else [int(ids)]
