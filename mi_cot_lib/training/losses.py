"""The loss of a batch, whole or term by term, by the fast path where the student is a T5."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.output_layer import output_terms
from mi_cot_lib.objective.terms import weighted_total
from mi_cot_lib.student.packed import can_pack
from mi_cot_lib.training.packed_step import hidden_mi, packed_terms, run_packed
from mi_cot_lib.training.plain_step import forward_terms

Batch = dict[str, Tensor]


def loss_terms(
    model: nn.Module, objective: Objective, batch: Batch, counts: Mapping[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 by the fast path where the student is a T5, else by the plain one.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.
        counts: What each term is divided by, from `term_counts` of the whole batch.

    Returns:
        The weighted total, and each term's unweighted sum; both in nats.
    """
    if can_pack(model):
        return packed_terms(model, objective, batch, counts)
    sums, _ = forward_terms(model, objective, batch)
    return weighted_total(objective, sums, counts), sums


def term_losses(
    model: nn.Module, objective: Objective, batch: Batch, counts: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Compute the weighted terms of Equation 10 from one forward pass, each to be differentiated.

    Args:
        model: A sequence-to-sequence model.
        objective: Which terms count.
        batch: From `student.encode.collate`.
        counts: What each term is divided by.

    Returns:
        Scalars in nats by term; they add up to the total of `loss_terms`.
    """
    if can_pack(model):
        packed = run_packed(model, objective, batch)
        output_layer: Any = model.lm_head
        losses = {}
        for term in objective.weights:
            if term == "mi" and objective.uses_hidden:
                hidden = {term: hidden_mi(model, objective, packed)}
                losses[term] = weighted_total(objective, hidden, counts)
            else:
                losses[term], _ = output_terms(
                    objective.only(term), output_layer.weight, packed.sides, counts
                )
        return losses
    sums, _ = forward_terms(model, objective, batch)
    return {term: weighted_total(objective, {term: sums[term]}, counts) for term in sums}
