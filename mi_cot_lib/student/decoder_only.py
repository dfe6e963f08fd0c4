"""A decoder-only student on a batch: prompt and target are one sequence, and only the target is looked at."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Sequences(NamedTuple):
    """Prompts and targets as a decoder reads them, one after the other in each row.

    `ids` (rows, width), of which `mask` is 1 at positions that are read, and `places` (rows, positions): at
    which position of its row each target is predicted.
    """

    ids: Tensor
    mask: Tensor
    places: Tensor

    def at_targets(self, values: Tensor) -> Tensor:
        """Take what stands where targets are predicted: (rows, width, size) → (rows, positions, size)."""
        return values.gather(1, self.places[..., None].expand(-1, -1, values.shape[2]))


def sequences(ids: Tensor, mask: Tensor, labels: Tensor, pad_id: int) -> Sequences:
    """Put each target behind its prompt, without its last token, which nothing reads.

    `ids` (rows, prompt positions) are padded on the right, where `mask` is 0; `labels` is (rows, positions),
    -100 behind a target's end. There the row goes on with padding, as a T5's decoder does.
    """
    rows, positions = labels.shape
    lengths = mask.sum(dim=1, keepdim=True)
    steps = torch.arange(positions, device=ids.device)
    whole = F.pad(ids, (0, positions - 1), value=pad_id)
    read = labels[:, :-1].masked_fill(labels[:, :-1] < 0, pad_id)
    whole = whole.scatter(1, lengths + steps[:-1], read)
    columns = torch.arange(whole.shape[1], device=ids.device)
    is_read = columns < lengths + positions - 1
    return Sequences(whole, is_read.long(), lengths - 1 + steps)


def target_states(model: Any, ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
    """Compute what the output layer reads where it predicts each target: (rows, positions, width).

    Takes prompts and targets as `sequences` does.
    """
    whole = sequences(ids, mask, labels, model.config.pad_token_id)
    output = model.base_model(input_ids=whole.ids, attention_mask=whole.mask, use_cache=False)
    return whole.at_targets(output.last_hidden_state)


def padded_left(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Move the padding of prompts, (rows, positions), to their left, where writing on leaves it behind."""
    places = torch.arange(ids.shape[1], device=ids.device) - (
        ids.shape[1] - mask.sum(1, keepdim=True)
    )
    return ids.gather(1, places.clamp(min=0)), (places >= 0).long()
