"""How the three terms' gradients of one student stand to each other: norms, and help or hindrance."""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor

from mi_cot_lib.course.brief_student import encoded
from mi_cot_lib.data.specs import Example
from mi_cot_lib.objective.choices import TERMS, Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.student.encode import collate
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.losses import term_losses


def measure_terms(
    student: Student,
    examples: Sequence[Example],
    batch_size: int = 16,
    objective: Objective | None = None,
) -> pd.Series:
    """Measure the gradient of each weighted term by the student's weights.

    Args:
        student: In evaluation mode: no dropout. Its weights stay as they are.
        examples: In batches, in order; each has a rationale.
        batch_size: Examples a batch.
        objective: With all three terms; default: the paper's weights, released form.

    Returns:
        Means over the batches: the norms `prediction`, `generation` and `mi`, and `mi with prediction`
        and `mi with generation`, the cosines of the angles; below 0 one step undoes part of the other.
    """
    pairs = encoded(student, examples)
    rows = []
    for start in range(0, len(pairs), batch_size):
        batch = collate(pairs[start : start + batch_size], student.tokeniser.pad_token_id)
        losses = term_losses(student.model, objective or Objective(), batch, term_counts(batch))
        gradients = {term: gradient_of(loss, student) for term, loss in losses.items()}
        row = {term: gradients[term].norm().item() for term in TERMS}
        for other in TERMS[:2]:
            cosine = torch.cosine_similarity(gradients["mi"], gradients[other], dim=0)
            row[f"mi with {other}"] = cosine.item()
        rows.append(row)
    return pd.DataFrame(rows).mean()


def gradient_of(loss: Tensor, student: Student) -> Tensor:
    """Return a loss's gradient by all of a student's weights, (weights,); its graph is kept."""
    weights = [weight for weight in student.model.parameters() if weight.requires_grad]
    parts = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
    return torch.cat([part.flatten() for part in parts]).double()
