"""How probable a student finds each label of a closed set, of which its confidence is made."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from mi_cot_lib.evaluation.greedy import encode
from mi_cot_lib.student.encode import IGNORED, pad_rows, shift_right
from mi_cot_lib.student.load import Student

# Prompt tokens of a batch, padding included, and floats of one candidate's logits (64 MB).
MAX_TOKENS = 2**14
MAX_LOGITS = 2**24


@torch.inference_mode()
def candidate_scores(
    student: Student,
    prompts: Sequence[str],
    candidates: Sequence[Sequence[str]],
    max_input_tokens: int,
) -> list[list[float]]:
    """Score every candidate label of every prompt by teacher forcing.

    Args:
        student: Model and tokeniser.
        prompts: Complete prompts.
        candidates: The labels that each prompt can have, at least one.
        max_input_tokens: Longer prompts are cut.

    Returns:
        For each prompt the log-probability of each candidate in nats, its end token included, in the
        candidates' order. They need not sum to 1: the student may write something else.
    """
    model, tokeniser = student.model.eval(), student.tokeniser
    if not prompts:
        return []
    encoded = tokeniser(list(prompts), truncation=True, max_length=max_input_tokens)["input_ids"]
    labels = _label_ids(tokeniser, candidates)
    longest = max(len(ids) for row in labels for ids in row)
    most_rows = max(1, MAX_LOGITS // (longest * model.config.vocab_size))
    order = sorted(range(len(prompts)), key=lambda index: -len(encoded[index]))
    scores: list[list[float]] = [[] for _ in prompts]
    start = 0
    while start < len(order):
        width = max(1, len(encoded[order[start]]))
        chosen = order[start : start + max(1, min(most_rows, MAX_TOKENS // width))]
        start += len(chosen)
        ids = pad_rows([encoded[index] for index in chosen], tokeniser.pad_token_id)
        mask = pad_rows([[1] * len(encoded[index]) for index in chosen], 0).to(model.device)
        hidden = encode(model, ids.to(model.device), mask)
        # One candidate of every prompt at a time: the prompts' states are shared and not copied.
        for place in range(max(len(labels[index]) for index in chosen)):
            rows = [number for number, index in enumerate(chosen) if place < len(labels[index])]
            targets = pad_rows([labels[chosen[row]][place] for row in rows], IGNORED)
            logs = _log_probabilities(model, hidden[rows], mask[rows], targets.to(model.device))
            for row, value in zip(rows, logs.tolist(), strict=True):
                scores[chosen[row]].append(value)
    return scores


def _label_ids(tokeniser: Any, candidates: Sequence[Sequence[str]]) -> list[list[list[int]]]:
    distinct = list(dict.fromkeys(label for labels in candidates for label in labels))
    end = tokeniser.eos_token_id
    ids = dict(zip(distinct, tokeniser(distinct)["input_ids"], strict=True))
    # A tokeniser that adds no end token still has a student that writes one.
    ended = {label: row if row[-1:] == [end] else [*row, end] for label, row in ids.items()}
    return [[ended[label] for label in labels] for labels in candidates]


def _log_probabilities(model: Any, hidden: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
    """Log-probability of each row of targets (rows, positions), summed over its real positions."""
    logits = model(
        encoder_outputs=BaseModelOutput(last_hidden_state=hidden),
        attention_mask=mask,
        decoder_input_ids=shift_right(targets, model.config),
        use_cache=False,
    ).logits.float()
    real = targets != IGNORED
    logs = logits.log_softmax(dim=-1).gather(2, targets.masked_fill(~real, 0)[..., None])
    return logs.squeeze(2).masked_fill(~real, 0.0).sum(dim=1)
