"""Prompts that a student has read: what it writes on from, and what it holds a given text for.

An encoder leaves states, which the decoder looks at; a decoder-only student keeps keys and values.
"""

import copy
import inspect
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from mi_cot_lib.student.decoder_only import padded_left
from mi_cot_lib.student.encode import IGNORED, shift_right
from mi_cot_lib.student.packed import can_pack, encoder_states

# Tokens, padding included, in one pass of the encoder: more of them leave a CPU's cache.
ENCODER_TOKENS = 2**12


class Steps(Protocol):
    """Prompts that a student writes on, one token of each row at a time."""

    def logits(self, last: Tensor) -> Tensor:
        """Read the last token of each row, (rows,), and return scores of the next, (rows, vocab)."""

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows only, in this order."""


class Read(Protocol):
    """A batch of prompts that `model` has read, a row each; all of it stays as it is."""

    @property
    def model(self) -> Any:
        """The student's."""

    @property
    def start(self) -> Tensor:
        """The token of each row that is read before the first one is written, (rows,)."""

    def steps(self) -> Steps:
        """Begin to write on."""

    def choose(self, rows: Tensor) -> "Read":
        """Return these rows only, (rows,) of their numbers."""

    def target_logits(self, targets: Tensor) -> Tensor:
        """Score targets under teacher forcing: (rows, positions), -100 at padding → (rows, positions, vocab).

        Scores are logits of each token given those before it.
        """


def read_prompts(model: Any, ids: Tensor, mask: Tensor) -> Read:
    """Let a student read prompts, (rows, positions) of ids, padded on the right, where `mask` is 0.

    Prompts of similar length stand together.
    """
    if model.config.is_encoder_decoder:
        return Encoded(model, encode(model, ids, mask), mask)
    return _cached(model, *padded_left(ids, mask))


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


class Encoded:
    """Prompts in the states of an encoder, (rows, positions, width), with a mask that is 1 at real ones."""

    def __init__(self, model: Any, hidden: Tensor, mask: Tensor) -> None:
        self.model, self.hidden, self.mask = model, hidden, mask
        # What the decoder makes of the states for the first target serves the others.
        self.cross = DynamicCache()

    @property
    def start(self) -> Tensor:
        """The token that a decoder starts with, (rows,)."""
        token = self.model.generation_config.decoder_start_token_id
        return torch.full((len(self.mask),), token, device=self.mask.device)

    def steps(self) -> Steps:
        """Begin to write on."""
        return _EncodedSteps(self.model, self.hidden, self.mask)

    def choose(self, rows: Tensor) -> Read:
        """Return these rows only."""
        return Encoded(self.model, self.hidden[rows], self.mask[rows])

    def target_logits(self, targets: Tensor) -> Tensor:
        """Score targets under teacher forcing."""
        return self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self.hidden),
            attention_mask=self.mask,
            decoder_input_ids=shift_right(targets, self.model.config),
            past_key_values=EncoderDecoderCache(DynamicCache(), self.cross),
            use_cache=True,
        ).logits


class _EncodedSteps:
    def __init__(self, model: Any, hidden: Tensor, mask: Tensor) -> None:
        self.model, self.hidden, self.mask = model, hidden, mask
        self.cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def logits(self, last: Tensor) -> Tensor:
        output = self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self.hidden),
            attention_mask=self.mask,
            decoder_input_ids=last[:, None],
            past_key_values=self.cache,
            use_cache=True,
        )
        return output.logits[:, -1]

    def keep(self, rows: Tensor) -> None:
        self.hidden, self.mask = self.hidden[rows], self.mask[rows]
        self.cache.batch_select_indices(rows)


@dataclass(frozen=True)
class Cached:
    """Prompts in the keys and values of a decoder, all but the last token of each.

    `mask` (rows, positions) is 1 at those, padded on the left; `start` (rows,) is the last token.
    """

    model: Any
    cache: DynamicCache
    mask: Tensor
    start: Tensor

    def steps(self) -> Steps:
        """Begin to write on."""
        return _CachedSteps(self.model, copy.deepcopy(self.cache), self.mask)

    def choose(self, rows: Tensor) -> Read:
        """Return these rows only."""
        cache = DynamicCache()
        layers: list[Any] = self.cache.layers if self.mask.shape[1] else []
        for number, layer in enumerate(layers):
            cache.update(layer.keys[rows], layer.values[rows], number)
        return Cached(self.model, cache, self.mask[rows], self.start[rows])

    def target_logits(self, targets: Tensor) -> Tensor:
        """Score targets under teacher forcing."""
        before = targets[:, :-1]
        before = before.masked_fill(before == IGNORED, self.model.config.pad_token_id)
        ids = torch.cat([self.start[:, None], before], dim=1)
        logits, _ = _go_on(self.model, ids, self.cache, self.mask)
        self.cache.crop(-ids.shape[1])
        return logits


class _CachedSteps:
    def __init__(self, model: Any, cache: DynamicCache, mask: Tensor) -> None:
        self.model, self.cache, self.mask = model, cache, mask

    def logits(self, last: Tensor) -> Tensor:
        logits, self.mask = _go_on(self.model, last[:, None], self.cache, self.mask)
        return logits[:, -1]

    def keep(self, rows: Tensor) -> None:
        self.mask = self.mask[rows]
        self.cache.batch_select_indices(rows)


def _cached(model: Any, ids: Tensor, mask: Tensor) -> Cached:
    """Read prompts that are padded on the left."""
    cache = DynamicCache()
    read, kept = ids[:, :-1], mask[:, :-1]
    if read.shape[1]:
        # Without the output layer, which would score every place of the prompt.
        model.base_model(
            input_ids=read,
            attention_mask=kept,
            past_key_values=cache,
            use_cache=True,
            **_places(model, kept, read.shape[1]),
        )
    return Cached(model, cache, kept, ids[:, -1])


def _go_on(model: Any, ids: Tensor, cache: DynamicCache, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Read more of each row, (rows, positions): scores behind each, and the mask with them."""
    mask = torch.cat([mask, torch.ones_like(ids)], dim=1)
    output = model(
        input_ids=ids,
        attention_mask=mask,
        past_key_values=cache,
        use_cache=True,
        **_places(model, mask, ids.shape[1]),
    )
    return output.logits, mask


def _places(model: Any, mask: Tensor, last: int) -> dict[str, Tensor]:
    """Return the places of the last positions in their texts; nothing for a model that counts none."""
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return {}
    return {"position_ids": (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -last:]}
