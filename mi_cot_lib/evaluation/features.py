"""A trained student's features of both tasks: V of the label it writes, Z of the rationale it writes.

The student reads its own greedy outputs. With gold texts in the decoder, V would hold the label that the
student was given, not what it made of the question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mi_cot_lib.data.specs import Example
from mi_cot_lib.evaluation.generate import check_finite, written_batches
from mi_cot_lib.student.encode import (
    EXPLAIN_PREFIX,
    IGNORED,
    PREDICT_PREFIX,
    pad_rows,
    shift_right,
)
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import Rows, both_states, can_pack


@dataclass(frozen=True)
class Features:
    """What one task leaves of each item.

    Attributes:
        pooled: (items, width) of float32: decoder states, averaged over an output's tokens.
        texts: What was written, (items,).
    """

    pooled: np.ndarray
    texts: tuple[str, ...]


@dataclass(frozen=True)
class TaskFeatures:
    """Features of both tasks for the same items, in the items' order.

    Attributes:
        label: Of the label task: V.
        rationale: Of the rationale task: Z.
    """

    label: Features
    rationale: Features


def student_features(
    student: Student,
    examples: Sequence[Example],
    *,
    max_input_tokens: int,
    max_new_tokens: int,
    max_rationale_tokens: int,
    on_batch: Callable[[int], None] | None = None,
) -> TaskFeatures:
    """Let a student write label and rationale of each example, and pool what its decoder held.

    Args:
        student: Trained on both tasks.
        examples: The items; only their inputs are read.
        max_input_tokens: Longer prompts are cut.
        max_new_tokens: Limit of a label.
        max_rationale_tokens: Limit of a rationale.
        on_batch: Called with the number of examples of each finished batch, of either task.
    """
    label, rationale = (
        _features(student, prefix, examples, max_input_tokens, limit, on_batch)
        for prefix, limit in (
            (PREDICT_PREFIX, max_new_tokens),
            (EXPLAIN_PREFIX, max_rationale_tokens),
        )
    )
    return TaskFeatures(label, rationale)


@torch.inference_mode()
def _features(
    student: Student,
    prefix: str,
    examples: Sequence[Example],
    max_input_tokens: int,
    limit: int,
    on_batch: Callable[[int], None] | None,
) -> Features:
    prompts = [prefix + example.input for example in examples]
    pooled = np.zeros((len(prompts), student.model.config.hidden_size), dtype=np.float32)
    texts = [""] * len(prompts)
    limits = [limit] * len(prompts)
    for batch in written_batches(student, prompts, max_input_tokens, limits):
        ids = batch.written.ids
        states = pooled_states(student, batch.ids, batch.mask, ids)
        pooled[batch.chosen] = states.float().cpu().numpy()
        is_finite = [bool(np.isfinite(row).all()) for row in pooled[batch.chosen]]
        check_finite(is_finite, [examples[index].id for index in batch.chosen])
        written = student.tokeniser.batch_decode(ids, skip_special_tokens=True)
        for index, text in zip(batch.chosen, written, strict=True):
            texts[index] = text.strip()
        if on_batch:
            on_batch(len(batch.chosen))
    return Features(pooled, tuple(texts))


def pooled_states(
    student: Student, ids: Tensor, mask: Tensor, written: Sequence[Sequence[int]]
) -> Tensor:
    """Average the last decoder layer's states over the positions that an output's tokens were read from.

    The state at a position is what the output layer turns into the probabilities of the token there, the
    end token included. Padding has no part in the mean.

    Args:
        student: Its model computes the states, in one pass over the whole output.
        ids: Token ids of the prompts, (rows, positions), padded on the right.
        mask: 1 at real positions, (rows, positions).
        written: Token ids of each output, at least one.

    Returns:
        (rows, width).
    """
    model = student.model
    labels = pad_rows(written, IGNORED).to(ids.device)
    read, real = shift_right(labels, model.config), labels != IGNORED
    if can_pack(model):
        ((states,), _) = both_states(model, [Rows(ids, mask != 0)], [Rows(read, real)])
    else:
        output = model(
            input_ids=ids, attention_mask=mask, decoder_input_ids=read, output_hidden_states=True
        )
        states = output.decoder_hidden_states[-1][real]
        # T5 with tied weights scales what its output layer reads; `both_states` does so by itself.
        if getattr(model.config, "scale_decoder_outputs", False):
            states = states * model.config.d_model**-0.5
    row = torch.arange(len(written), device=ids.device)[:, None].expand_as(real)[real]
    total = states.new_zeros(len(written), states.shape[1]).index_add_(0, row, states)
    return total / real.sum(dim=1, keepdim=True)
