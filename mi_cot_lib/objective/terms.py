"""A training step's loss, term by term (paper, Equation 10)."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import mi_loss_per_example
from mi_cot_lib.student.encode import IGNORED


def term_counts(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Count by term what it averages over: label tokens, rationale tokens, examples with both.

    Summed over micro-batches the counts are those of the whole batch, so that sums divided by them
    make the large batch's means.
    """
    labels = batch["labels"] != IGNORED
    counts = {"prediction": labels.sum()}
    if "explain_labels" in batch:
        rationales = batch["explain_labels"] != IGNORED
        counts["generation"] = rationales.sum()
        counts["mi"] = (labels.any(dim=1) & rationales.any(dim=1)).sum()
    return counts


def term_sums(
    objective: Objective,
    label_logits: Tensor,
    labels: Tensor,
    rationale_logits: Tensor | None = None,
    rationales: Tensor | None = None,
) -> dict[str, Tensor]:
    """Compute each weighted term's sum over the batch, to be divided by `term_counts`.

    Logits are (batch, positions, vocab), targets (batch, positions) and -100 at padding, of the rationale
    side None for a method without rationales. The sums are scalars in nats by term, in float32,
    unweighted; terms of weight 0 are absent.
    """
    weights = objective.weights
    sums = {}
    if "prediction" in weights:
        sums["prediction"] = token_cross_entropy(label_logits, labels)
    if rationale_logits is None or rationales is None:
        return sums
    if "generation" in weights:
        sums["generation"] = token_cross_entropy(rationale_logits, rationales)
    if "mi" in weights:
        losses, _ = mi_loss_per_example(
            label_logits,
            rationale_logits,
            labels != IGNORED,
            rationales != IGNORED,
            form=objective.form,
            pool=objective.pool,
            divergence=objective.divergence,
            detach=objective.detach,
        )
        sums["mi"] = losses.sum()
    return sums


def weighted_total(
    objective: Objective, sums: Mapping[str, Tensor], counts: Mapping[str, Tensor]
) -> Tensor:
    """Add up Equation 10, L = Σ_i α_i · sum_i / count_i, a scalar in nats: the one place that does.

    `sums` holds all or some of the terms' unweighted sums, `counts` is from `term_counts`.
    """
    weights = objective.weights
    held = [term for term in weights if term in sums]
    return torch.stack([weights[t] * sums[t] / counts[t].clamp(min=1) for t in held]).sum()


def token_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum the cross-entropy over all positions whose target is not -100, in nats and float32.

    `logits` is (batch, positions, vocab), `targets` (batch, positions).
    """
    return F.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )
