"""Greedy decoding: by `model.generate`, right for every model, and the fast way that must equal it.

The fast way leaves out what `model.generate` adds: one score a token, and no work on ended rows.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import GenerationMixin

from mi_cot_lib.evaluation.read import Read, Steps
from mi_cot_lib.student.decoder_only import padded_left

# Rows are taken out of a batch when this share of them has ended; each time copies the rest.
ENDED_SHARE = 0.25

# What the arguments of `generate` overrule, what names tokens, and what only beams or sampling read.
_HARMLESS = {
    "max_length",
    "max_new_tokens",
    "do_sample",
    "num_beams",
    "early_stopping",
    "length_penalty",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
    "decoder_start_token_id",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
    "return_dict_in_generate",
    "use_cache",
    "transformers_version",
}
_WITHOUT_EFFECT = {
    "repetition_penalty": 1.0,
    "encoder_repetition_penalty": 1.0,
    "guidance_scale": 1.0,
    "num_beam_groups": 1,
    "num_return_sequences": 1,
}
_UNSET: tuple[Any, ...] = (None, False, 0, [], {})


class Sequences(NamedTuple):
    """What a model wrote for each row of a batch, in nats, and whether it wrote an end token in its limit.

    Token ids are without the start token; the end token is the last where there is one.
    """

    ids: list[list[int]]
    log_probabilities: list[float]
    ended: list[bool]


def plain_sequences(model: Any, ids: Tensor, mask: Tensor, limits: Sequence[int]) -> Sequences:
    """Write the most probable next token until the end token or the row's limit, which includes it.

    Takes prompts as (batch, positions) of token ids, padded on the right, and a mask that is 1 at real
    positions.
    """
    begun = 1
    if not model.config.is_encoder_decoder:
        ids, mask = padded_left(ids, mask)
        begun = ids.shape[1]
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
    written = output.sequences[:, begun:]
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


def is_plain_greedy(model: Any) -> bool:
    """Tell whether the most probable token at each step is all that `model.generate` would do.

    It is not where the model's generation settings ask for more, such as a forced first token, a
    shortest length or a penalty of repetitions, or where its class has a `generate` of its own.
    """
    settings = model.generation_config
    special = [
        name
        for name, value in settings.to_dict().items()
        if not name.startswith("_")
        and name not in _HARMLESS
        and value not in _UNSET
        and value != _WITHOUT_EFFECT.get(name)
    ]
    usual = type(model).generate is GenerationMixin.generate and settings.use_cache is not False
    starts = not model.config.is_encoder_decoder or settings.decoder_start_token_id is not None
    return usual and not special and starts


def greedy_sequences(read: Read, limits: Sequence[int]) -> Sequences:
    """Write what `plain_sequences` writes, for a model for which `is_plain_greedy` holds."""
    return follow(read.steps(), read.start, end_ids(read.model), limits)


def follow(steps: Steps, start: Tensor, ends: Sequence[int], limits: Sequence[int]) -> Sequences:
    """Take the most probable token of every row until each has ended or reached its limit.

    Every row goes on from its token of `start`, (rows,), and ends with one of `ends`, for which its limit has
    room.
    """
    most, device = max(limits), start.device
    written = torch.full((len(limits), most), -1, device=device)
    logs = torch.zeros(len(limits), device=device)
    ended = torch.zeros(len(limits), dtype=torch.bool, device=device)
    left = torch.tensor(limits, device=device)
    stops = torch.tensor(ends, dtype=torch.long, device=device)
    # The rows that are still decoded, and which of them are still to be read.
    rows = torch.arange(len(limits), device=device)
    active = torch.ones_like(ended)
    token = start
    for step in range(most):
        scores = steps.logits(token).float()
        best, token = scores.max(dim=-1)
        logs[rows] += (best - scores.logsumexp(dim=-1)).masked_fill_(~active, 0.0)
        written[rows, step] = token.masked_fill(~active, -1)
        is_end = torch.isin(token, stops)
        ended[rows] |= is_end & active
        active &= ~is_end & (left[rows] > step + 1)
        going = int(active.sum())
        if not going:
            break
        if going <= (1 - ENDED_SHARE) * len(rows):
            kept = active.nonzero().squeeze(1)
            steps.keep(kept)
            rows, token, active = rows[kept], token[kept], active[kept]
    ids = [[one for one in row if one >= 0] for row in written.tolist()]
    return Sequences(ids, logs.tolist(), ended.tolist())
