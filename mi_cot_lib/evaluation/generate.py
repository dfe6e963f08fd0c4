"""Prompts become texts: greedily, longest prompts first, with the probability of each text and of labels."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import exp, isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.greedy import (
    Sequences,
    greedy_sequences,
    is_plain_greedy,
    plain_sequences,
)
from mi_cot_lib.evaluation.read import Read, read_prompts
from mi_cot_lib.student.encode import IGNORED, check_positions, pad_rows
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
# No label is longer.
MOST_LABEL_TOKENS = 2**16

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

    `ids` of the prompts, (rows, positions), are padded on the right, where `mask` is 0; `read` is what the
    student made of them, None where `model.generate` kept it.
    """

    chosen: list[int]
    ids: Tensor
    mask: Tensor
    read: Read | None
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
    labels = label_ids(student, [row or () for row in candidates or [()] * len(prompts)])
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
    encoded = student.wording.prompts(prompts, max_input_tokens)
    # In one sequence the text stands behind its prompt.
    together = max(map(len, encoded)) if student.decoder_only else 0
    check_positions(max(*map(len, encoded), together + max(limits)), model.config)
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
            read = read_prompts(model, ids, mask)
            yield Batch(chosen, ids, mask, read, greedy_sequences(read, own))
        start += len(chosen)


def label_ids(student: Student, candidates: Sequence[Sequence[str]]) -> list[list[list[int]]]:
    """Return the token ids of each prompt's candidates, the end token included."""
    distinct = list(dict.fromkeys(label for labels in candidates for label in labels))
    if not distinct:
        return [[] for _ in candidates]
    ids = dict(zip(distinct, student.wording.targets(distinct, MOST_LABEL_TOKENS), strict=True))
    return [[ids[label] for label in labels] for labels in candidates]


def _scores(
    student: Student, batch: Batch, labels: Sequence[list[list[int]]]
) -> list[list[float] | None]:
    """Score the candidates of a batch's prompts; None for a prompt without any."""
    scored = [row for row, own in enumerate(labels) if own]
    scores: list[list[float] | None] = [None] * len(labels)
    if scored:
        read = batch.read or read_prompts(student.model, batch.ids, batch.mask)
        own = [labels[row] for row in scored]
        found = candidate_scores(read.choose(torch.tensor(scored, device=batch.ids.device)), own)
        for row, values in zip(scored, found, strict=True):
            scores[row] = values
    return scores


@torch.inference_mode()
def candidate_scores(read: Read, labels: Sequence[Sequence[Sequence[int]]]) -> list[list[float]]:
    """Score every candidate label of every prompt by teacher forcing.

    Takes prompts that a student has read, and the `label_ids` of at least one candidate of each. Returns for
    each prompt the log-probability of each candidate in nats, its end token included. They need not sum to 1:
    the student may write something else.
    """
    longest = max(len(ids) for row in labels for ids in row)
    most = max(1, MAX_LOGITS // (longest * read.model.config.vocab_size))
    scores: list[list[float]] = []
    for start in range(0, len(labels), most):
        own = labels[start : start + most]
        rows = torch.arange(start, start + len(own), device=read.start.device)
        part, columns = read.choose(rows), []
        # One candidate of every prompt at a time: what the student made of the prompts serves them all. A
        # prompt with fewer repeats its last.
        for place in range(max(map(len, own))):
            targets = pad_rows([row[min(place, len(row) - 1)] for row in own], IGNORED)
            columns.append(_log_probabilities(part, targets.to(rows.device)).tolist())
        by_row = zip(zip(*columns, strict=True), own, strict=True)
        scores += [list(row[: len(labels_of)]) for row, labels_of in by_row]
    return scores


def _log_probabilities(read: Read, targets: Tensor) -> Tensor:
    """Log-probability of each row of targets (rows, positions), summed over its real positions."""
    logits = read.target_logits(targets).float()
    real = targets != IGNORED
    logs = logits.log_softmax(dim=-1).gather(2, targets.masked_fill(~real, 0)[..., None])
    return logs.squeeze(2).masked_fill(~real, 0.0).sum(dim=1)
