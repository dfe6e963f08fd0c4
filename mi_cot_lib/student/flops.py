"""What training and answering cost in floating-point operations, estimated from weights and tokens."""

from typing import Any

from torch import nn


def matrix_flops(model: Any, read: float, written: float, *, training: bool) -> float:
    """Estimate the floating-point operations of matrix products that so many real tokens need.

    Two for each weight that a token meets, and four more where gradients are taken (Kaplan et al. 2020,
    section 2.1). Attention scores are left out.

    Args:
        model: A T5; its weights may be on the meta device.
        read: Tokens of the encoder.
        written: Tokens of the decoder and the output layer.
        training: Whether gradients are taken.
    """
    head = model.lm_head.weight.numel()
    work = _weights(model.encoder) * read + (_weights(model.decoder) + head) * written
    return (6.0 if training else 2.0) * work


def _weights(module: nn.Module) -> int:
    return sum(
        parameter.numel()
        for name, parameter in module.named_parameters()
        if parameter.dim() == 2 and "embed" not in name
    )
