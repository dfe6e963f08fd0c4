"""What training and answering cost in floating-point operations, estimated from weights and tokens."""

from typing import Any

from torch import nn


def matrix_flops(model: Any, read: float, written: float, *, training: bool) -> float:
    """Estimate the floating-point operations of matrix products that so many real tokens need.

    Two for each weight that a token meets, and four more where gradients are taken (Kaplan et al. 2020,
    section 2.1). The decoder's keys and values of cross-attention are made of the encoder's tokens.
    Attention scores are left out.

    Args:
        model: A T5; its weights may be on the meta device.
        read: Tokens of the encoder.
        written: Tokens of the decoder and the output layer.
        training: Whether gradients are taken.
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
