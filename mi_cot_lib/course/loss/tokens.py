"""Which tokens the MI loss acts on: do rationales name the label, and does the student's output?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import pandas as pd
import torch

from mi_cot_lib.course.brief_student import encoded
from mi_cot_lib.course.loss.terms import gradient_of
from mi_cot_lib.course.theory.decompose import pooled_probabilities
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import DataError
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.student.encode import IGNORED, collate
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.plain_step import forward_terms

GROUPS = ("label's tokens", "end token", "all others")


@dataclass(frozen=True, slots=True)
class Naming:
    """In how many rationales the gold label occurs as a string, in any case, also inside other words.

    Attributes:
        named: Rationales that hold it.
        rationales: All that could be read.
    """

    named: int
    rationales: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.named / self.rationales


def naming(examples: Sequence[Example]) -> Naming:
    """Count the rationales in which the gold label occurs.

    Raises:
        DataError: No example has a rationale.
    """
    held = [example for example in examples if example.rationale is not None]
    if not held:
        raise DataError("no example has a rationale in which a label could occur.")
    named = sum(e.label.lower() in (e.rationale or "").lower() for e in held)
    return Naming(named, len(held))


def prepare_naming(
    examples: Mapping[str, Sequence[Example]], tokens: Callable[[str], Sequence[int]]
) -> pd.DataFrame:
    """Compare data sets by what their rationales have of their labels.

    Args:
        examples: By data set.
        tokens: From a text to its token ids without the end token. The loss knows tokens, not words.

    Returns:
        A row a data set: `rationales`, `named, %` (see `Naming`), `label tokens` (different ones a label,
        mean) and `found, %` (of them, in the rationale's tokens, mean).
    """
    rows = {}
    for name, rows_of in examples.items():
        held = [example for example in rows_of if example.rationale is not None]
        found = naming(held)
        sides = [(set(tokens(e.label)), set(tokens(e.rationale or ""))) for e in held]
        rows[name] = {
            "rationales": found.rationales,
            "named, %": 100 * found.share,
            "label tokens": fmean(len(label) for label, _ in sides),
            "found, %": 100 * fmean(len(label & other) / len(label) for label, other in sides),
        }
    return pd.DataFrame(rows).T.rename_axis("data")


def prepare_pulled(student: Student, examples: Sequence[Example]) -> pd.DataFrame:
    """Say which tokens a student's released MI loss rests on, padding left out.

    With t and q the pooled sides, the loss's pull on the logit of token v, at the position that the
    maximum came from, is t_v·q_v(1 − q_v) and a part that hardly depends on t.

    Args:
        student: Under teacher forcing.
        examples: Each has a rationale.

    Returns:
        A row each of `GROUPS`, means over the examples: `t` (they add up to S), `overlap` (⟨t, q⟩, nats),
        `pull` (Σ t_v q_v (1 − q_v)), and `gradient`, the norm of the mean overlap's gradient by the
        student's weights, t held.
    """
    batch = collate(encoded(student, examples), student.tokeniser.pad_token_id)
    _, logits = forward_terms(student.model, Objective(), batch)
    end = student.tokeniser.eos_token_id
    sums = {group: torch.zeros(3) for group in GROUPS}
    for index in range(len(examples)):
        t, q = (
            pooled_probabilities(logits[side][index : index + 1, batch[targets][index] != IGNORED])[
                0
            ]
            for side, targets in (("label", "labels"), ("rationale", "explain_labels"))
        )
        t = t.detach()
        own = torch.zeros_like(t, dtype=torch.bool)
        own[batch["labels"][index][batch["labels"][index] != IGNORED]] = True
        own[end] = False
        ends = torch.zeros_like(own)
        ends[end] = True
        for group, chosen in zip(GROUPS, (own, ends, ~(own | ends)), strict=True):
            parts = torch.stack([t, t * q, t * q * (1 - q)])
            sums[group] = sums[group] + parts[:, chosen].sum(dim=1) / len(examples)
    rows = {
        group: [*means.tolist(), gradient_of(means[1], student).norm().item()]
        for group, means in sums.items()
    }
    names = ["t", "overlap", "pull", "gradient"]
    return pd.DataFrame(rows, names).T.rename_axis("tokens")
