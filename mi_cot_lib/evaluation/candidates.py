"""How probable a student finds each label of a closed set, of which its confidence is made."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from mi_cot_lib.student.encode import IGNORED, pad_rows, shift_right

# Floats of one candidate's logits (64 MB).
MAX_LOGITS = 2**24


def label_ids(tokeniser: Any, candidates: Sequence[Sequence[str]]) -> list[list[list[int]]]:
    """Return the token ids of each prompt's candidates, the end token included."""
    distinct = list(dict.fromkeys(label for labels in candidates for label in labels))
    if not distinct:
        return [[] for _ in candidates]
    end = tokeniser.eos_token_id
    ids = dict(zip(distinct, tokeniser(distinct)["input_ids"], strict=True))
    # A tokeniser that adds no end token still has a student that writes one.
    ended = {label: row if row[-1:] == [end] else [*row, end] for label, row in ids.items()}
    return [[ended[label] for label in labels] for labels in candidates]


@torch.inference_mode()
def candidate_scores(
    model: Any, hidden: Tensor, mask: Tensor, labels: Sequence[Sequence[Sequence[int]]]
) -> list[list[float]]:
    """Score every candidate label of every prompt by teacher forcing.

    Args:
        model: A sequence-to-sequence model, in evaluation mode.
        hidden: The encoder's states of the prompts, (prompts, positions, width).
        mask: 1 at real positions, (prompts, positions).
        labels: Token ids of each prompt's candidates, from `label_ids`; at least one a prompt.

    Returns:
        For each prompt the log-probability of each candidate in nats, its end token included, in the
        candidates' order. They need not sum to 1: the student may write something else.
    """
    longest = max(len(ids) for row in labels for ids in row)
    most = max(1, MAX_LOGITS // (longest * model.config.vocab_size))
    scores: list[list[float]] = []
    for start in range(0, len(labels), most):
        part = slice(start, start + most)
        scores += _scores_of(model, hidden[part], mask[part], labels[part])
    return scores


def _scores_of(
    model: Any, hidden: Tensor, mask: Tensor, labels: Sequence[Sequence[Sequence[int]]]
) -> list[list[float]]:
    # One candidate of every prompt at a time: the prompts' states, and the keys and values that the
    # decoder makes of them for the first, serve them all. A prompt with fewer repeats its last.
    cross = DynamicCache()
    columns = []
    for place in range(max(map(len, labels))):
        targets = pad_rows([row[min(place, len(row) - 1)] for row in labels], IGNORED)
        logs = _log_probabilities(model, hidden, mask, targets.to(hidden.device), cross)
        columns.append(logs.tolist())
    return [
        list(row[: len(own)]) for row, own in zip(zip(*columns, strict=True), labels, strict=True)
    ]


def _log_probabilities(
    model: Any, hidden: Tensor, mask: Tensor, targets: Tensor, cross: DynamicCache
) -> Tensor:
    """Log-probability of each row of targets (rows, positions), summed over its real positions."""
    logits = model(
        encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
        attention_mask=mask,
        decoder_input_ids=shift_right(targets, model.config),
        past_key_values=EncoderDecoderCache(DynamicCache(), cross),
        use_cache=True,
    ).logits.float()
    real = targets != IGNORED
    logs = logits.log_softmax(dim=-1).gather(2, targets.masked_fill(~real, 0)[..., None])
    return logs.squeeze(2).masked_fill(~real, 0.0).sum(dim=1)
