"""Greedy decoding: by `model.generate`, right for every model, and the fast way that must equal it.

The fast way leaves out what `model.generate` adds: one score a token, and no work on ended rows.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache, GenerationMixin
from transformers.modeling_outputs import BaseModelOutput

from mi_cot_lib.student.packed import can_pack, encoder_states

# Tokens, padding included, in one pass of the encoder: more of them leave a CPU's cache.
ENCODER_TOKENS = 2**12
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
    return usual and not special and settings.decoder_start_token_id is not None


class Steps:
    """Prompts that a model writes on, one token of each row at a time, with its cache of keys and values."""

    def __init__(self, model: Any, hidden: Tensor, mask: Tensor) -> None:
        self.model, self.hidden, self.mask = model, hidden, mask
        self.cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def logits(self, last: Tensor) -> Tensor:
        """Read the last token of each row, (rows,), and return scores of the next, (rows, vocab)."""
        output = self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self.hidden),
            attention_mask=self.mask,
            decoder_input_ids=last[:, None],
            past_key_values=self.cache,
            use_cache=True,
        )
        return output.logits[:, -1]

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows only, in this order."""
        self.hidden, self.mask = self.hidden[rows], self.mask[rows]
        self.cache.batch_select_indices(rows)


def encode(model: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """Run the encoder over prompts in parts, each as wide as its own longest prompt.

    Takes (batch, positions), padded on the right, where prompts of similar length stand together, and
    returns hidden states, (batch, positions, width); 0 beyond the width of a part.
    """
    encoder, width = model.get_encoder(), ids.shape[1]
    lengths = mask.sum(dim=1).tolist()
    parts, start = [], 0
    while start < len(lengths):
        stop = start + max(1, ENCODER_TOKENS // width)
        own = max(lengths[start:stop])
        part = ids[start:stop, :own], mask[start:stop, :own]
        if can_pack(model):
            hidden = encoder_states(model, *part)
        else:
            hidden = encoder(input_ids=part[0], attention_mask=part[1]).last_hidden_state
        parts.append(F.pad(hidden, (0, 0, 0, width - own)))
        start = stop
    return torch.cat(parts)


def greedy_sequences(model: Any, hidden: Tensor, mask: Tensor, limits: Sequence[int]) -> Sequences:
    """Write what `plain_sequences` writes, for a model for which `is_plain_greedy` holds.

    Takes what `encode` makes of the prompts, (batch, positions, width), instead of their ids.
    """
    steps = Steps(model, hidden, mask)
    start = model.generation_config.decoder_start_token_id
    return follow(steps, start, end_ids(model), limits, hidden.device)


def follow(
    steps: Steps, start: int, ends: Sequence[int], limits: Sequence[int], device: torch.device
) -> Sequences:
    """Take the most probable token of every row until each has ended or reached its limit.

    Every row begins with the token `start`, and ends with one of `ends`, for which its limit has room.
    """
    most = max(limits)
    written = torch.full((len(limits), most), -1, device=device)
    logs = torch.zeros(len(limits), device=device)
    ended = torch.zeros(len(limits), dtype=torch.bool, device=device)
    left = torch.tensor(limits, device=device)
    stops = torch.tensor(ends, dtype=torch.long, device=device)
    # The rows that are still decoded, and which of them are still to be read.
    rows = torch.arange(len(limits), device=device)
    active = torch.ones_like(ended)
    token = torch.full_like(rows, start)
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
