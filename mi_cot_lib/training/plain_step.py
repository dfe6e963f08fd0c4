"""One training step the plain, readable way: a pass for each task, all logits at once."""

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn
from transformers import PreTrainedModel

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import head_of, hidden_loss_per_example
from mi_cot_lib.objective.terms import term_sums
from mi_cot_lib.student.decoder_only import sequences
from mi_cot_lib.student.encode import IGNORED, shift_right


def forward_terms(
    model: nn.Module, objective: Objective, batch: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run the student on both tasks of a batch and sum each term.

    Training takes `loss_terms`, which for a T5 or a Llama gives the same numbers with less work. The model is
    any student's, the batch from `student.encode.collate`. Returned are the terms' sums (see `term_sums`),
    and the logits `label` and, where trained, `rationale`, each (batch, positions, vocab).
    """
    labels = batch["labels"]
    label, of_label = _forward(model, objective, batch, "")
    if "explain_labels" not in batch or not objective.weights.keys() & {"generation", "mi"}:
        return term_sums(objective, label, labels), {"label": label}
    rationales = batch["explain_labels"]
    rationale, of_rationale = _forward(model, objective, batch, "explain_")
    sums = term_sums(objective.of_outputs, label, labels, rationale, rationales)
    if objective.uses_hidden:
        counted = (labels != IGNORED).any(dim=1) & (rationales != IGNORED).any(dim=1)
        losses = hidden_loss_per_example(of_label, of_rationale, counted, objective, head_of(model))
        sums["mi"] = losses.sum()
    return sums, {"label": label, "rationale": rationale}


def _forward(
    model: Any, objective: Objective, batch: Mapping[str, Tensor], prefix: str
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Return logits, and the hidden states that the MI term may look at with True at real positions."""
    labels, mask = batch[f"{prefix}labels"], batch[f"{prefix}attention_mask"]
    ids = batch[f"{prefix}input_ids"]
    read: list[Tensor] = []
    output_layer = cast(PreTrainedModel, model).get_output_embeddings()
    # What the output layer reads is what every student has, whatever it returns.
    hook = output_layer.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    try:
        if not model.config.is_encoder_decoder:
            whole = sequences(ids, mask, labels, model.config.pad_token_id)
            outputs = model(input_ids=whole.ids, attention_mask=whole.mask, use_cache=False)
            logits, states = map(whole.at_targets, (outputs.logits, read[0]))
            return logits, (states, labels != IGNORED)
        outputs = model(
            input_ids=ids,
            attention_mask=mask,
            decoder_input_ids=shift_right(labels, model.config),
            use_cache=False,
        )
    finally:
        hook.remove()
    if objective.features == "encoder_hidden":
        return outputs.logits, (outputs.encoder_last_hidden_state, mask != 0)
    return outputs.logits, (read[0], labels != IGNORED)
