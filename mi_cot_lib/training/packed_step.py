"""The loss of a batch: for a T5 or Llama without padding and without all logits at once, else the plain way.

The plain twin is `forward_terms`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.chunks import Side
from mi_cot_lib.objective.mi import head_of, hidden_loss_per_example
from mi_cot_lib.objective.output_layer import output_terms
from mi_cot_lib.objective.terms import weighted_total
from mi_cot_lib.student.encode import IGNORED, shift_right
from mi_cot_lib.student.packed import Rows, both_states, can_pack
from mi_cot_lib.student.packed_decoder import Task, branch_out, can_share, task_states
from mi_cot_lib.training.plain_step import forward_terms

Batch = Mapping[str, Tensor]
# Tokens whose activations are held at once, by kind of device; a larger batch goes in parts.
MOST_TOKENS = {"cpu": 3072, "cuda": 2**16}


def loss_terms(
    model: Any, objective: Objective, batch: Batch, counts: Batch
) -> tuple[Tensor, dict[str, Tensor]]:
    """Compute Equation 10 on a batch from `student.encode.collate`, by the fast path for a T5 or a Llama.

    That is one pass of each stack for both tasks, chunks of logits, and a total that can be differentiated
    once. `counts`, from `term_counts` of the whole batch, is what each term is divided by. Returned are the
    weighted total, and each term's unweighted sum; both in nats and float32.
    """
    if not is_fast(model):
        sums, _ = forward_terms(model, objective, batch)
        return weighted_total(objective, sums, counts), sums
    sides, encoded = _run(model, objective, batch)
    total, sums = output_terms(objective.of_outputs, model.lm_head.weight, sides, counts)
    if objective.uses_hidden and "explain_labels" in batch:
        sums["mi"] = _hidden_mi(model, objective, sides, encoded)
        total = total + weighted_total(objective, {"mi": sums["mi"]}, counts)
    return total, sums


def term_losses(model: Any, objective: Objective, batch: Batch, counts: Batch) -> dict[str, Tensor]:
    """Compute the weighted terms of Equation 10 from one forward pass, each to be differentiated.

    They are scalars in nats by term, and add up to the total of `loss_terms`, which takes the same.
    """
    if not is_fast(model):
        sums, _ = forward_terms(model, objective, batch)
        return {term: weighted_total(objective, {term: sums[term]}, counts) for term in sums}
    sides, encoded = _run(model, objective, batch)
    losses = {}
    for term in objective.weights:
        if term == "mi" and objective.uses_hidden:
            hidden = {term: _hidden_mi(model, objective, sides, encoded)}
            losses[term] = weighted_total(objective, hidden, counts)
        else:
            one = objective.only(term)
            losses[term], _ = output_terms(one, model.lm_head.weight, sides, counts)
    return losses


def is_fast(model: Any) -> bool:
    """Tell whether a student's layers are known, so that a batch of it can be packed, and split."""
    return can_pack(model) or can_share(model)


def _run(
    model: Any, objective: Objective, batch: Batch
) -> tuple[tuple[Side, ...], list[tuple[Tensor, list[int]]]]:
    """Run the student on the tasks, and where the MI term sees padding on the padding, as needed.

    Returns the sides as the output layer reads them, and of the same sides the encoder's states
    (tokens, width) and each row's length, where there is one.
    """
    explains = "explain_labels" in batch and bool(objective.weights.keys() & {"generation", "mi"})
    with_padding = explains and objective.sees_padding
    prefixes = ("", "explain_")[: 1 + explains]
    if can_share(model):
        return _branches(model, batch, prefixes, with_padding), []
    inputs, targets, wanted = [], [], []
    for prefix in prefixes:
        labels = batch[f"{prefix}labels"]
        real = torch.ones_like(labels, dtype=torch.bool) if with_padding else labels != IGNORED
        inputs.append(_rows(batch[f"{prefix}input_ids"], batch[f"{prefix}attention_mask"] != 0))
        targets.append(_rows(shift_right(labels, model.config), real))
        wanted.append(labels[real])
    states, encoded = both_states(model, inputs, targets)
    lengths, read = ([rows.real.sum(dim=1).tolist() for rows in side] for side in (targets, inputs))
    sides = tuple(Side(*side) for side in zip(states, wanted, lengths, strict=True))
    return sides, list(zip(encoded, read, strict=True))


def _branches(
    model: Any, batch: Batch, prefixes: Sequence[str], with_padding: bool
) -> tuple[Side, ...]:
    tasks, wanted, lengths = [], [], []
    for prefix in prefixes:
        labels = batch[f"{prefix}labels"]
        real = torch.ones_like(labels, dtype=torch.bool) if with_padding else labels != IGNORED
        read = labels.masked_fill(labels == IGNORED, model.config.pad_token_id)
        prompts = batch[f"{prefix}input_ids"], batch[f"{prefix}attention_mask"] != 0
        tasks.append(Task(_lists(*prompts), _lists(read, real)))
        wanted.append(labels[real])
        lengths.append(real.sum(dim=1).tolist())
    states = task_states(model, branch_out(tasks, wanted[0].device))
    return tuple(Side(*side) for side in zip(states, wanted, lengths, strict=True))


def _lists(ids: Tensor, real: Tensor) -> list[list[int]]:
    """Return the real ids of each row, which come before all others."""
    lengths = real.sum(dim=1).tolist()
    return [row[:length] for row, length in zip(ids.tolist(), lengths, strict=True)]


def _rows(ids: Tensor, real: Tensor) -> Rows:
    """Make a group of rows as wide as its longest."""
    width = max(1, int(real.sum(dim=1).max()))
    return Rows(ids[:, :width], real[:, :width])


def _hidden_mi(model: Any, objective: Objective, sides: Sequence[Side], encoded: Any) -> Tensor:
    """Compute the sum over examples of an MI term that looks at hidden states, in nats."""
    lengths = torch.tensor([side.lengths for side in sides])
    counted = (lengths > 0).all(dim=0)
    if not counted.any():
        return sides[0].states[:0].float().sum()
    at_decoder = [(side.states, side.lengths) for side in sides]
    padded = []
    for packed, own in encoded if objective.features == "encoder_hidden" else at_decoder:
        states = pad_sequence(list(packed.split(own)), batch_first=True)
        ends = torch.tensor(own, device=states.device)[:, None]
        padded.append((states, torch.arange(states.shape[1], device=states.device) < ends))
    label, rationale = padded
    counted = counted.to(rationale[0].device)
    return hidden_loss_per_example(label, rationale, counted, objective, head_of(model)).sum()


def split_batch(batch: Batch, most_tokens: int) -> list[dict[str, Tensor]]:
    """Split a batch into parts of examples of similar length.

    The parts' losses, each divided by the counts of the whole batch, add up to that of the batch.
    Targets keep the batch's width, on which the released MI loss depends. `most_tokens` of a part count
    prompts without and targets with padding; an example with more is a part alone.
    """
    masks = [mask.sum(dim=1) for name, mask in batch.items() if name.endswith("attention_mask")]
    lengths = torch.stack(masks).sum(dim=0).tolist()
    targets = sum(ids.shape[1] for name, ids in batch.items() if name.endswith("labels"))
    parts: list[list[int]] = [[]]
    tokens = 0
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        size = lengths[row] + targets
        if parts[-1] and tokens + size > most_tokens:
            parts.append([])
            tokens = 0
        parts[-1].append(row)
        tokens += size
    if len(parts) == 1:
        return [dict(batch)]
    return [{name: tensor[part] for name, tensor in batch.items()} for part in parts]
