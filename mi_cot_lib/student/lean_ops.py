"""Four operations of a T5 layer with less work for the same result: RMS norm, dropout, attention, padding.

Each has its plain twin in `tests/student/test_lean_ops.py` or, in a step, `test_packed_step.py`.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

# Dropout draws 16 random bits an element, so its probability is exact to 2**-17.
_STEPS = 2**16


class _RmsNorm(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float, dtype: torch.dtype) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.epsilon = epsilon
        return F.rms_norm(x, x.shape[-1:], weight, epsilon).to(dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0].to(x.dtype)
        width = x.shape[-1]
        square = torch.linalg.vector_norm(x, dim=-1).square_()
        scale = (square / width + ctx.epsilon).rsqrt_()
        product = gradient * x
        by_weight = scale @ product
        along = (product @ weight).mul_(scale.pow(3)).div_(-width)
        by_x = (gradient * weight).mul_(scale[:, None]).addcmul_(x, along[:, None])
        return by_x, by_weight, None, None


def rms_norm(x: Tensor, weight: Tensor, epsilon: float, dtype: torch.dtype) -> Tensor:
    """Scale each row to a root mean square of 1, then by `weight` (Zhang and Sennrich 2019).

    torch's own backward of this takes ten times as long on a CPU; on a GPU it is one kernel. x (tokens,
    width) and weight (width,) in float32 → (tokens, width) in `dtype`; epsilon is added to the mean square.
    """
    if x.is_cuda:
        return F.rms_norm(x, x.shape[-1:], weight, epsilon).to(dtype)
    return _RmsNorm.apply(x, weight, epsilon, dtype)


class _Dropout(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, probability: float) -> Tensor:
        dropped = round(probability * _STEPS)
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        bits = words.view(torch.int16)[: x.numel()].view_as(x)
        # Whole numbers instead of booleans: torch's vector code converts these and not those.
        kept = torch.ge(bits, dropped - _STEPS // 2, out=torch.empty_like(bits))
        ctx.save_for_backward(kept)
        ctx.scale = _STEPS / (_STEPS - dropped)
        return (x * kept.to(x.dtype)).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        gradient = gradients[0]
        return (gradient * kept.to(gradient.dtype)).mul_(ctx.scale), None


def dropout(x: Tensor, probability: float) -> Tensor:
    """Set elements to 0 with a probability and scale up the others, so that the mean stays.

    On a CPU torch draws a double for every element; here four elements share one 64-bit draw of
    torch's own generator. x is contiguous, the probability from 0 (returns `x` itself) to below 1.
    """
    if probability == 0:
        return x
    return F.dropout(x, probability) if x.is_cuda else _Dropout.apply(x, probability)


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor, probability: float) -> Tensor:
    """Weight values by softmax(q kᵀ + mask), unscaled as in T5, with dropout of the weights.

    A GPU takes torch's fused kernel; on a CPU that has no dropout and gains nothing at these lengths.
    q (rows, heads, positions, size), k and v (rows, heads, keys, size), and a mask that broadcasts to
    (rows, heads, positions, keys) → (rows, heads, positions, size).
    """
    if q.is_cuda:
        return F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask.to(q.dtype), dropout_p=probability, scale=1.0
        )
    weights = (q @ k.transpose(2, 3) + mask).softmax(dim=-1)
    return dropout(weights, probability).to(v.dtype) @ v


class _Pad(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, sources: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        # Rows without any token, as where no example has a rationale, have nothing to copy.
        return x.index_select(0, sources) if len(x) else x.new_zeros(len(sources), x.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (index,) = ctx.saved_tensors
        return gradients[0].index_select(0, index), None, None


class _Unpad(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, index: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.positions = len(x)
        return x.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (index,) = ctx.saved_tensors
        gradient = gradients[0]
        whole = gradient.new_zeros(ctx.positions, gradient.shape[1])
        return whole.index_copy_(0, index, gradient), None


def pad(x: Tensor, sources: Tensor, index: Tensor) -> Tensor:
    """Spread packed tokens over padded positions: (tokens, width) → (positions, width).

    Padding positions hold a copy of some token, whose gradient is not passed on: they are for
    attention, which must mask them as keys and whose answers to them nothing may read. `sources` says
    which token stands at each position (any at padding), `index` at which position each token.
    """
    return x if len(x) == len(sources) else _Pad.apply(x, sources, index)


def unpad(x: Tensor, index: Tensor) -> Tensor:
    """Undo `pad`: (positions, width) → (tokens, width)."""
    return x if len(x) == len(index) else _Unpad.apply(x, index)
