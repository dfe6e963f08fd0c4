"""Prompts become texts: greedily, longest prompts first, with the probability of each text and of labels."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import exp, isfinite
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.greedy import (
    Sequences,
    encode,
    greedy_sequences,
    is_plain_greedy,
    plain_sequences,
)
from mi_cot_lib.student.encode import IGNORED, check_positions, pad_rows, shift_right
from mi_cot_lib.student.load import Student

MAX_BATCH = 512
# Prompt tokens of a batch, padding included: the decoder holds keys and values of all of them.
MAX_TOKENS = 2**14
# Floats of one step's scores (32 MB).
MAX_STEP_SCORES = 2**23
# `model.generate` keeps every step's scores for the probability: 2**27 floats are 512 MB.
MAX_SCORES = 2**27
# Floats of one candidate's logits (64 MB).
MAX_LOGITS = 2**24

# Told of the number of prompts of each finished batch.
OnBatch = Callable[[int], None]


class Output(NamedTuple):
    """What a student wrote, without special tokens and outer white space.

    Attributes:
        log_probability: Of the tokens written, the end token included where there is one, in nats.
        tokens: How many those are.
        ended: Whether the student ended the text itself, within its limit.
        scores: Log-probability of each candidate in nats, in their order; None where there are none.
    """

    text: str
    log_probability: float
    tokens: int
    ended: bool
    scores: list[float] | None = None

    @property
    def probability(self) -> float:
        """Of the tokens written (0 to 1)."""
        return min(1.0, exp(self.log_probability))


def generate(
    student: Student,
    prompts: Sequence[str],
    max_input_tokens: int,
    max_new_tokens: int,
    on_batch: OnBatch | None = None,
    *,
    names: Sequence[str] | None = None,
) -> list[tuple[str, float]]:
    """Return the text and its probability for each prompt, one limit for all; the rest as `outputs`."""
    limits = [max_new_tokens] * len(prompts)
    written = outputs(student, prompts, max_input_tokens, limits, on_batch, names=names)
    return [(output.text, output.probability) for output in written]


class Batch(NamedTuple):
    """Some prompts, `chosen`, and what was written for them, row by row.

    `ids` of the prompts, (rows, positions), are padded on the right, where `mask` is 0; `hidden` are the
    encoder's states, (rows, positions, width), None where `model.generate` kept them.
    """

    chosen: list[int]
    ids: Tensor
    mask: Tensor
    hidden: Tensor | None
    written: Sequences


@torch.inference_mode()
def outputs(
    student: Student,
    prompts: Sequence[str],
    max_input_tokens: int,
    limits: Sequence[int],
    on_batch: OnBatch | None = None,
    *,
    candidates: Sequence[Sequence[str] | None] | None = None,
    names: Sequence[str] | None = None,
    plain: bool = False,
) -> list[Output]:
    """Generate greedily with a limit for each prompt; score the candidates of prompts that have some.

    Outputs are in the prompts' order. A limit is of an output's tokens, end token included; longer prompts
    are cut. Candidates are the labels that a prompt can have, None where there are none to score. An error
    calls the prompts by `names`, or quotes them. With `plain` every model uses `model.generate`.

    Raises:
        KitError: What the student computes of a prompt is not finite.
    """
    names = names or [repr(prompt[:60]) for prompt in prompts]
    results = [Output("", 0.0, 0, False)] * len(prompts)
    labels = label_ids(student.tokeniser, [row or () for row in candidates or [()] * len(prompts)])
    for batch in written_batches(student, prompts, max_input_tokens, limits, plain=plain):
        ids, logs, ended = batch.written
        texts = student.tokeniser.batch_decode(ids, skip_special_tokens=True)
        scores = _scores(student, batch, [labels[index] for index in batch.chosen])
        finite = [
            isfinite(log) and all(map(isfinite, own or ()))
            for log, own in zip(logs, scores, strict=True)
        ]
        check_finite(finite, [names[index] for index in batch.chosen])
        rows = zip(batch.chosen, texts, logs, map(len, ids), ended, scores, strict=True)
        for index, text, *rest in rows:
            results[index] = Output(text.strip(), *rest)
        if on_batch:
            on_batch(len(batch.chosen))
    return results


def check_finite(finite: Iterable[bool], names: Iterable[str]) -> None:
    """Refuse a batch of answers of which some are not finite numbers, by name."""
    lost = [name for is_finite, name in zip(finite, names, strict=True) if not is_finite]
    if lost:
        raise KitError(
            f"what the student computes is not finite for {', '.join(lost)}: its weights are too large, "
            "and nothing that it answers counts; take a student whose training did not overflow."
        )


def written_batches(
    student: Student,
    prompts: Sequence[str],
    max_input_tokens: int,
    limits: Sequence[int],
    *,
    plain: bool = False,
) -> Iterator[Batch]:
    """Generate greedily, and yield each batch of prompts of similar length with what was written.

    A model for which the most probable token is not all that generation asks for goes through
    `model.generate` (see `is_plain_greedy`). To be called where no gradients are kept.
    """
    model, tokeniser = student.model.eval(), student.tokeniser
    if not prompts:
        return
    encoded = tokeniser(list(prompts), truncation=True, max_length=max_input_tokens)["input_ids"]
    check_positions(max(*map(len, encoded), *limits), model.config)
    plain = plain or not is_plain_greedy(model)
    kept_steps = max(limits) if plain else 1
    most_scores = MAX_SCORES if plain else MAX_STEP_SCORES
    most_rows = max(1, min(MAX_BATCH, most_scores // (kept_steps * model.config.vocab_size)))
    order = sorted(range(len(prompts)), key=lambda index: -len(encoded[index]))
    start = 0
    while start < len(order):
        width = max(1, len(encoded[order[start]]))
        chosen = order[start : start + max(1, min(most_rows, MAX_TOKENS // width))]
        ids = pad_rows([encoded[index] for index in chosen], tokeniser.pad_token_id)
        mask = pad_rows([[1] * len(encoded[index]) for index in chosen], 0)
        ids, mask = ids.to(model.device), mask.to(model.device)
        own = [limits[index] for index in chosen]
        if plain:
            yield Batch(chosen, ids, mask, None, plain_sequences(model, ids, mask, own))
        else:
            hidden = encode(model, ids, mask)
            yield Batch(chosen, ids, mask, hidden, greedy_sequences(model, hidden, mask, own))
        start += len(chosen)


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


def _scores(
    student: Student, batch: Batch, labels: Sequence[list[list[int]]]
) -> list[list[float] | None]:
    """Score the candidates of a batch's prompts; None for a prompt without any."""
    scored = [row for row, own in enumerate(labels) if own]
    scores: list[list[float] | None] = [None] * len(labels)
    if scored:
        hidden = batch.hidden
        if hidden is None:
            hidden = encode(student.model, batch.ids, batch.mask)
        own = [labels[row] for row in scored]
        found = candidate_scores(student.model, hidden[scored], batch.mask[scored], own)
        for row, values in zip(scored, found, strict=True):
            scores[row] = values
    return scores


@torch.inference_mode()
def candidate_scores(
    model: Any, hidden: Tensor, mask: Tensor, labels: Sequence[Sequence[Sequence[int]]]
) -> list[list[float]]:
    """Score every candidate label of every prompt by teacher forcing.

    Takes the encoder's states of the prompts, (prompts, positions, width), a mask that is 1 at real
    positions, and the `label_ids` of at least one candidate a prompt. Returns for each prompt the
    log-probability of each candidate in nats, its end token included. They need not sum to 1: the student
    may write something else.
    """
    longest = max(len(ids) for row in labels for ids in row)
    most = max(1, MAX_LOGITS // (longest * model.config.vocab_size))
    scores: list[list[float]] = []
    for start in range(0, len(labels), most):
        part = slice(start, start + most)
        # One candidate of every prompt at a time: the prompts' states, and the keys and values that the
        # decoder makes of them for the first, serve them all. A prompt with fewer repeats its last.
        cross, columns = DynamicCache(), []
        for place in range(max(map(len, labels[part]))):
            targets = pad_rows([row[min(place, len(row) - 1)] for row in labels[part]], IGNORED)
            targets = targets.to(hidden.device)
            logs = _log_probabilities(model, hidden[part], mask[part], targets, cross)
            columns.append(logs.tolist())
        rows = zip(zip(*columns, strict=True), labels[part], strict=True)
        scores += [list(row[: len(own)]) for row, own in rows]
    return scores


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
