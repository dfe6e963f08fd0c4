"""One training step without padding and without all logits at once; its plain twin is `forward_terms`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.chunks import Side
from mi_cot_lib.objective.heads import head_of
from mi_cot_lib.objective.mi import hidden_loss_per_example
from mi_cot_lib.objective.output_layer import output_terms
from mi_cot_lib.objective.terms import weighted_total
from mi_cot_lib.student.encode import IGNORED, shift_right
from mi_cot_lib.student.packed import Rows, both_states

# Tokens whose activations are held at once, by kind of device; a larger batch goes in parts.
MOST_TOKENS = {"cpu": 3072, "cuda": 2**16}

PREFIXES = ("", "explain_")


def packed_terms(
    model: Any, objective: Objective, batch: Mapping[str, Tensor], counts: Mapping[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 on a batch: one encoder pass, one decoder pass, chunks of logits.

    Args:
        model: A student for which `student.packed.can_pack` holds.
        objective: Which terms count.
        batch: From `student.encode.collate`.
        counts: What each term is divided by, from `term_counts` of the whole batch.

    Returns:
        The weighted total, which can be differentiated once, and each term's unweighted sum; both in
        nats and float32.
    """
    packed = run_packed(model, objective, batch)
    of_outputs = objective.without("mi") if objective.uses_hidden else objective
    total, sums = output_terms(of_outputs, model.lm_head.weight, packed.sides, counts)
    if objective.uses_hidden and "explain_labels" in batch:
        sums["mi"] = hidden_mi(model, objective, packed)
        total = total + weighted_total(objective, {"mi": sums["mi"]}, counts)
    return total, sums


@dataclass(frozen=True)
class Packed:
    """A batch's states, row after row without padding.

    Attributes:
        sides: The label side and, where a term needs it, the rationale side, as the output layer reads
            them.
        encoded: For the same sides the encoder's states (tokens, width) and each row's length.
    """

    sides: tuple[Side, ...]
    encoded: tuple[tuple[Tensor, list[int]], ...]


def hidden_mi(model: Any, objective: Objective, packed: Packed) -> Tensor:
    """Compute the sum over examples of an MI term that looks at hidden states, in nats.

    Args:
        model: The student, with the head that the form needs.
        objective: Names form and features.
        packed: Both sides of a batch.
    """
    lengths = torch.tensor([side.lengths for side in packed.sides])
    counted = (lengths > 0).all(dim=0)
    if not counted.any():
        return packed.sides[0].states[:0].float().sum()
    if objective.features == "encoder_hidden":
        rows = list(packed.encoded)
    else:
        rows = [(side.states, side.lengths) for side in packed.sides]
    states = [pad_sequence(list(s.split(lengths)), batch_first=True) for s, lengths in rows]
    masks = [
        torch.arange(state.shape[1], device=state.device)
        < torch.tensor(lengths, device=state.device)[:, None]
        for state, (_, lengths) in zip(states, rows, strict=True)
    ]
    counted = counted.to(states[0].device)
    losses = hidden_loss_per_example(
        states[0], states[1], masks[0], masks[1], counted, objective, head_of(model)
    )
    return losses.sum()


def run_packed(model: Any, objective: Objective, batch: Mapping[str, Tensor]) -> Packed:
    """Run encoder and decoder on the tasks that an objective needs.

    Returns:
        The sides; for the released form of the MI term with padding positions, since that loss looks at
        what the student says there.
    """
    terms = objective.weights.keys()
    explains = "explain_labels" in batch and bool(terms & {"generation", "mi"})
    with_padding = explains and objective.sees_padding
    inputs, targets, wanted = [], [], []
    for prefix in PREFIXES[: 1 + explains]:
        labels = batch[f"{prefix}labels"]
        real = torch.ones_like(labels, dtype=torch.bool) if with_padding else labels != IGNORED
        inputs.append(_rows(batch[f"{prefix}input_ids"], batch[f"{prefix}attention_mask"] != 0))
        targets.append(_rows(shift_right(labels, model.config), real))
        wanted.append(labels[real])
    states, encoded = both_states(model, inputs, targets)
    return Packed(
        sides=tuple(
            Side(state, ids, rows.real.sum(dim=1).tolist())
            for state, ids, rows in zip(states, wanted, targets, strict=True)
        ),
        encoded=tuple(
            (state, rows.real.sum(dim=1).tolist())
            for state, rows in zip(encoded, inputs, strict=True)
        ),
    )


def _rows(ids: Tensor, real: Tensor) -> Rows:
    """Make a group of rows as wide as its longest."""
    width = max(1, int(real.sum(dim=1).max()))
    return Rows(ids[:, :width], real[:, :width])


def split_batch(batch: Mapping[str, Tensor], most_tokens: int) -> list[dict[str, Tensor]]:
    """Split a batch into parts of examples of similar length.

    The parts' losses, each divided by the counts of the whole batch, add up to that of the batch.
    Targets keep the batch's width, on which the released MI loss depends.

    Args:
        batch: From `student.encode.collate`.
        most_tokens: Of a part, prompts without and targets with padding; an example with more is a part
            alone.

    Returns:
        At least one part; the batch as it is where it is small enough.
    """
    lengths = (
        torch.stack(
            [mask.sum(dim=1) for name, mask in batch.items() if name.endswith("attention_mask")]
        )
        .sum(dim=0)
        .tolist()
    )
    targets = sum(ids.shape[1] for name, ids in batch.items() if name.endswith("labels"))
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    parts: list[list[int]] = [[]]
    tokens = 0
    for row in order:
        size = lengths[row] + targets
        if parts[-1] and tokens + size > most_tokens:
            parts.append([])
            tokens = 0
        parts[-1].append(row)
        tokens += size
    if len(parts) == 1:
        return [dict(batch)]
    return [{name: tensor[part] for name, tensor in batch.items()} for part in parts]
