"""T5: its shapes, what it costs, and its forward pass over real tokens only, both tasks of a batch in one.

The plain twin is the model's own forward. Here the same weights meet a tensor of all tokens of all
rows, one after the other, so that no matrix product is spent on padding. Only the attention scores are
computed on padded rows, in groups of rows that belong together; on a GPU all rows are one group.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import T5Config

from mi_cot_lib.errors import unknown_name
from mi_cot_lib.student.lean_ops import attention, dropout, pad, rms_norm, unpad

# Widths of this multiple suit a GPU's kernels of attention, which would else copy their masks.
GPU_WIDTH = 16
VOCABULARY = 32_128
# google/t5-v1_1-small and -base: width, feed-forward width, layers of each stack, heads of 64.
_SHAPES = {"small": (512, 1024, 8, 6), "base": (768, 2048, 12, 12)}


def t5_v1_1_config(size: str) -> T5Config:
    """Return the configuration of `google/t5-v1_1-SIZE`, for `small` and `base`."""
    if size not in _SHAPES:
        raise unknown_name("size of T5 v1.1", size, _SHAPES)
    width, inner, layers, heads = _SHAPES[size]
    # To the constructor, never to the attribute: there it says that the decoder's outputs are not scaled,
    # here it would also part the embeddings of both stacks, which the released checkpoints share.
    released: dict[str, Any] = {"tie_word_embeddings": False, "decoder_start_token_id": 0}
    return T5Config(
        vocab_size=VOCABULARY,
        d_model=width,
        d_kv=64,
        num_heads=heads,
        d_ff=inner,
        num_layers=layers,
        feed_forward_proj="gated-gelu",
        **released,
    )


def matrix_flops(model: Any, read: float, written: float, *, training: bool) -> float:
    """Estimate the floating-point operations of matrix products that so many real tokens need.

    Two for each weight that a token meets, and four more where gradients are taken (Kaplan et al. 2020,
    section 2.1). The decoder's keys and values of cross-attention are made of the encoder's tokens.
    Attention scores are left out.

    `read` are tokens of a T5's encoder, `written` of its decoder and output layer. Its weights may be on
    the meta device.
    """
    head = model.lm_head.weight.numel()
    across = _weights(model.decoder, "EncDecAttention.k", "EncDecAttention.v")
    reading = _weights(model.encoder) + across
    writing = _weights(model.decoder) - across + head
    return (6.0 if training else 2.0) * (reading * read + writing * written)


def _weights(module: nn.Module, *names: str) -> int:
    """Count the weights of a stack's matrices, embeddings apart; of those named only, if any are."""
    return sum(
        parameter.numel()
        for name, parameter in module.named_parameters()
        if parameter.dim() == 2
        and "embed" not in name
        and (not names or any(wanted in name for wanted in names))
    )


@dataclass(frozen=True)
class Rows:
    """A group of rows of token ids (rows, positions), real where a token is to be computed.

    In each row real positions come before all others.
    """

    ids: Tensor
    real: Tensor

    @cached_property
    def index(self) -> Tensor:
        """(tokens,) where the real tokens lie among all positions, row after row."""
        return self.real.flatten().nonzero().squeeze(1)

    @cached_property
    def sources(self) -> Tensor:
        """(positions,) which packed token stands at each position; the first at padding."""
        flat = self.real.flatten()
        return (flat.cumsum(0) - 1).masked_fill_(~flat, 0)

    def spread(self, packed: Tensor, parts: int, heads: int) -> tuple[Tensor, ...]:
        """(tokens, parts * heads * size) → for each part (rows, heads, positions, size)."""
        padded = pad(packed, self.sources, self.index)
        return padded.view(*self.ids.shape, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind()

    def gather(self, spread: Tensor) -> Tensor:
        """(rows, heads, positions, size) → (tokens, heads * size)."""
        return unpad(spread.transpose(1, 2).reshape(self.ids.numel(), -1), self.index)


def can_pack(model: nn.Module) -> bool:
    """Tell whether a student is a T5, whose layers are known here; others take their own forward.

    Its two stacks must read their embeddings from one tensor, as every released T5 does.
    """
    student: Any = model
    if student.config.model_type != "t5" or not hasattr(student, "lm_head"):
        return False
    shared = student.shared.weight
    return all(stack.embed_tokens.weight is shared for stack in (student.encoder, student.decoder))


def encoder_states(model: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """Run the encoder of a T5 for which `can_pack` holds over the real tokens of prompts.

    ids (batch, positions), padded on the right, and the same of 1 at real positions → (batch, positions,
    width); at padding a copy of some token's state, which attention must mask.
    """
    rows = Rows(ids, mask != 0)
    embedded = F.embedding(ids[rows.real], model.shared.weight)
    states = _stack(model.encoder, embedded, [rows], None, ())
    return pad(states, rows.sources, rows.index).view(*ids.shape, -1)


def both_states(
    model: Any, inputs: Sequence[Rows], targets: Sequence[Rows]
) -> tuple[list[Tensor], list[Tensor]]:
    """Compute what the output layer of a T5 reads, for several groups of rows in one pass.

    The first group of `targets`, which the decoder reads (so shifted right), belongs to the first group of
    `inputs` with as many rows, and so on. Dropout is applied in training mode. Returned are for each group
    the states (tokens, width) of its real positions, row after row: those of the decoder, scaled as the
    model scales them for its output layer, and those of the encoder.
    """
    sizes = [len(rows.index) for rows in (*inputs, *targets)]
    ids = torch.cat([rows.ids.flatten()[rows.index] for rows in (*inputs, *targets)])
    # One look-up for both stacks: each costs a gradient as large as the vocabulary.
    embedded = F.embedding(ids, model.shared.weight)
    groups = len(inputs)
    tokens = sum(sizes[:groups])
    if embedded.is_cuda:
        inputs, targets = together(inputs), together(targets)
    memory = _stack(model.encoder, embedded[:tokens], inputs, None, ())
    states = _stack(model.decoder, embedded[tokens:], targets, memory, inputs)
    if model.config.scale_decoder_outputs:
        states = states * model.config.d_model**-0.5
    states = states.to(_matrix_dtype(states))
    return list(states.split(sizes[groups:])), list(memory.split(sizes[:groups]))


def together(groups: Sequence[Rows]) -> list[Rows]:
    """Make one group of all rows, in their order: on a GPU operations take the time, not padding."""
    width = max(group.ids.shape[1] for group in groups)
    width = -(-width // GPU_WIDTH) * GPU_WIDTH
    ids, real = (
        torch.cat([F.pad(part, (0, width - part.shape[1])) for part in parts])
        for parts in ([group.ids for group in groups], [group.real for group in groups])
    )
    return [Rows(ids, real)]


def _stack(
    stack: Any, x: Tensor, rows: Sequence[Rows], memory: Tensor | None, inputs: Sequence[Rows]
) -> Tensor:
    """Run an encoder (memory is None) or a decoder: (tokens, width) → (tokens, width)."""
    probability = stack.config.dropout_rate if stack.training else 0.0
    drop = partial(dropout, probability=probability)
    dtype = _matrix_dtype(x)
    masks = _self_masks(stack, rows)
    memory_masks = [_additive(group.real[:, None, None, :]) for group in inputs]
    if memory is not None:
        memory = memory.to(dtype)
    if x.is_cuda:
        masks, memory_masks = ([m.to(dtype) for m in side] for side in (masks, memory_masks))
    x = drop(x)
    for block in stack.block:
        first, *between, last = block.layer
        normed = _norm(first.layer_norm, x, dtype)
        own = _attend(first.SelfAttention, normed, rows, normed, rows, masks, probability)
        x = x + drop(own)
        if memory is not None:
            layer = between[0]
            normed = _norm(layer.layer_norm, x, dtype)
            cross = layer.EncDecAttention
            x = x + drop(_attend(cross, normed, rows, memory, inputs, memory_masks, probability))
        x = x + drop(_feed_forward(last.DenseReluDense, _norm(last.layer_norm, x, dtype), drop))
    # In full precision: what is scaled afterwards would be rounded twice.
    return drop(_norm(stack.final_layer_norm, x, x.dtype))


def _matrix_dtype(x: Tensor) -> torch.dtype:
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def _norm(layer_norm: Any, x: Tensor, dtype: torch.dtype) -> Tensor:
    return rms_norm(x, layer_norm.weight, layer_norm.variance_epsilon, dtype)


def _feed_forward(layer: Any, x: Tensor, drop: Callable[[Tensor], Tensor]) -> Tensor:
    if hasattr(layer, "wi_0"):
        gate, inner = _linear(x, layer.wi_0, layer.wi_1).chunk(2, dim=-1)
        inner = _activation(layer.act, gate) * inner
    else:
        inner = _activation(layer.act, layer.wi(x))
    return layer.wo(drop(inner))


def _linear(x: Tensor, *layers: Any) -> Tensor:
    """Apply several layers to one input in one product: small matrices multiply slowly."""
    return F.linear(x, torch.cat([layer.weight for layer in layers]))


def _activation(act: nn.Module, x: Tensor) -> Tensor:
    # transformers spells this function out in eight operations.
    if type(act).__name__ == "NewGELUActivation":
        return F.gelu(x, approximate="tanh")
    return act(x)


def _self_masks(stack: Any, rows: Sequence[Rows]) -> list[Tensor]:
    """Relative position bias plus mask of each group, to be added to its attention scores."""
    longest = max(group.ids.shape[1] for group in rows)
    attention = stack.block[0].layer[0].SelfAttention
    bias = attention.compute_bias(longest, longest)
    masks = []
    for group in rows:
        width = group.ids.shape[1]
        seen = group.real[:, None, None, :]
        if stack.is_decoder:
            # Real positions come first, so the causal mask hides the padding from them as well.
            seen = torch.ones(width, width, dtype=torch.bool, device=bias.device).tril()
        masks.append(bias[:, :, :width, :width] + _additive(seen))
    return masks


def _additive(seen: Tensor) -> Tensor:
    """0 where attention may look, else so low a number that nothing is left of it after softmax."""
    return torch.zeros(seen.shape, device=seen.device).masked_fill_(~seen, -1e9)


def _attend(
    layer: Any,
    x: Tensor,
    rows: Sequence[Rows],
    memory: Tensor,
    memory_rows: Sequence[Rows],
    masks: Sequence[Tensor],
    probability: float,
) -> Tensor:
    """Let each row of x look at the row of memory with its number: (tokens, width) → the same."""
    heads = layer.n_heads
    sizes, memory_sizes = ([len(group.index) for group in side] for side in (rows, memory_rows))
    contexts = []
    if memory is x:
        own = _linear(x, layer.q, layer.k, layer.v).split(sizes)
        spreads = [row.spread(part, 3, heads) for row, part in zip(rows, own, strict=True)]
    else:
        queries = layer.q(x).split(sizes)
        pairs = _linear(memory, layer.k, layer.v).split(memory_sizes)
        spreads = [
            row.spread(query, 1, heads) + memory_row.spread(pair, 2, heads)
            for row, query, memory_row, pair in zip(rows, queries, memory_rows, pairs, strict=True)
        ]
    for group, (row, (q, k, v)) in enumerate(zip(rows, spreads, strict=True)):
        contexts.append(row.gather(attention(q, k, v, masks[group], probability)))
    return layer.o(torch.cat(contexts))
