"""One training step the plain, readable way: a pass for each task, all logits at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn
from transformers import PreTrainedModel

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.heads import head_of
from mi_cot_lib.objective.terms import Hidden, term_sums
from mi_cot_lib.student.encode import IGNORED, shift_right


def forward_terms(
    model: nn.Module, objective: Objective, batch: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run the student on both tasks of a batch and sum each term.

    Training takes `packed_terms` for T5, which gives the same numbers with less work.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.

    Returns:
        The terms' sums (see `term_sums`), and the logits `label` and, where trained, `rationale`,
        each (batch, positions, vocab).
    """
    label = _forward(model, batch, "")
    if "explain_labels" not in batch or not objective.weights.keys() & {"generation", "mi"}:
        return term_sums(objective, label.logits, batch["labels"]), {"label": label.logits}
    rationale = _forward(model, batch, "explain_")
    hidden = None
    if objective.uses_hidden:
        at = objective.features
        hidden = Hidden(*label.hidden(at), *rationale.hidden(at), head=head_of(model))
    sums = term_sums(
        objective, label.logits, batch["labels"], rationale.logits, batch["explain_labels"], hidden
    )
    return sums, {"label": label.logits, "rationale": rationale.logits}


@dataclass(frozen=True)
class _Forward:
    """One task's pass: (batch, positions, …) each, padding positions included."""

    logits: Tensor
    decoded: Tensor
    is_target: Tensor
    encoded: Tensor
    is_input: Tensor

    def hidden(self, features: str) -> tuple[Tensor, Tensor]:
        if features == "encoder_hidden":
            return self.encoded, self.is_input
        return self.decoded, self.is_target


def _forward(model: nn.Module, batch: Mapping[str, Tensor], prefix: str) -> _Forward:
    """Run the student with the target's tokens given to it."""
    labels, mask = batch[f"{prefix}labels"], batch[f"{prefix}attention_mask"]
    read: list[Tensor] = []
    output_layer = cast(PreTrainedModel, model).get_output_embeddings()
    # What the output layer reads is what every sequence-to-sequence model has, whatever it returns.
    hook = output_layer.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    try:
        outputs = model(
            input_ids=batch[f"{prefix}input_ids"],
            attention_mask=mask,
            decoder_input_ids=shift_right(labels, model.config),
            use_cache=False,
        )
    finally:
        hook.remove()
    return _Forward(
        outputs.logits, read[0], labels != IGNORED, outputs.encoder_last_hidden_state, mask != 0
    )
