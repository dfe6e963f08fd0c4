"""A trained student's features of both tasks: V of the label it writes, Z of the rationale it writes.

The student reads its own greedy outputs. With gold texts in the decoder, V would hold the label that the
student was given, not what it made of the question.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mi_cot_lib.data.specs import Example
from mi_cot_lib.evaluation.generate import check_finite, written_batches
from mi_cot_lib.student.decoder_only import target_states
from mi_cot_lib.student.encode import (
    EXPLAIN_PREFIX,
    IGNORED,
    PREDICT_PREFIX,
    pad_rows,
    shift_right,
)
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.packed import Rows, both_states, can_pack


class Features(NamedTuple):
    """What one task leaves of each item: `texts` that were written, (items,), and of each its decoder states.

    Those are averaged over the text's tokens: `pooled`, (items, width) of float32.
    """

    pooled: np.ndarray
    texts: tuple[str, ...]


class TaskFeatures(NamedTuple):
    """Features of the label task, V, and of the rationale task, Z, in the items' order."""

    label: Features
    rationale: Features


def student_features(
    student: Student,
    examples: Sequence[Example],
    *,
    max_input_tokens: int,
    max_new_tokens: int,
    max_rationale_tokens: int,
) -> TaskFeatures:
    """Let a student write label and rationale of each example, and pool what its decoder held.

    Only the examples' inputs are read; the limits are of a prompt, of a label and of a rationale.

    Raises:
        KitError: A student's states are not finite; the message names the examples.
    """
    label = _features(student, PREDICT_PREFIX, examples, max_input_tokens, max_new_tokens)
    rationale = _features(student, EXPLAIN_PREFIX, examples, max_input_tokens, max_rationale_tokens)
    return TaskFeatures(label, rationale)


@torch.inference_mode()
def _features(
    student: Student, prefix: str, examples: Sequence[Example], max_input_tokens: int, limit: int
) -> Features:
    prompts = [prefix + example.input for example in examples]
    pooled = np.zeros((len(prompts), student.width), dtype=np.float32)
    texts = [""] * len(prompts)
    for batch in written_batches(student, prompts, max_input_tokens, [limit] * len(prompts)):
        ids = batch.written.ids
        states = _pooled_states(student, batch.ids, batch.mask, ids)
        pooled[batch.chosen] = states.float().cpu().numpy()
        is_finite = [bool(np.isfinite(row).all()) for row in pooled[batch.chosen]]
        check_finite(is_finite, [examples[index].id for index in batch.chosen])
        written = student.tokeniser.batch_decode(ids, skip_special_tokens=True)
        for index, text in zip(batch.chosen, written, strict=True):
            texts[index] = text.strip()
    return Features(pooled, tuple(texts))


def _pooled_states(
    student: Student, ids: Tensor, mask: Tensor, written: Sequence[Sequence[int]]
) -> Tensor:
    """Average the last decoder layer's states over the positions that an output's tokens were read from.

    The state at a position is what the output layer turns into the probabilities of the token there, the
    end token included. Padding has no part in the mean. Returns (rows, width).
    """
    model = student.model
    labels = pad_rows(written, IGNORED).to(ids.device)
    real = labels != IGNORED
    if student.decoder_only:
        states = target_states(model, ids, mask, labels)[real]
    elif can_pack(model):
        read = Rows(shift_right(labels, model.config), real)
        ((states,), _) = both_states(model, [Rows(ids, mask != 0)], [read])
    else:
        output = model(
            input_ids=ids,
            attention_mask=mask,
            decoder_input_ids=shift_right(labels, model.config),
            output_hidden_states=True,
        )
        states = output.decoder_hidden_states[-1][real]
        # T5 with tied weights scales what its output layer reads; `both_states` does so by itself.
        if getattr(model.config, "scale_decoder_outputs", False):
            states = states * model.config.d_model**-0.5
    row = torch.arange(len(written), device=ids.device)[:, None].expand_as(real)[real]
    total = states.new_zeros(len(written), states.shape[1]).index_add_(0, row, states)
    return total / real.sum(dim=1, keepdim=True)
