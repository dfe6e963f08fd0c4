"""What can be said of a student without its weights: the shapes of T5 v1.1, and what computing costs."""

from typing import Any

from torch import nn
from transformers import T5Config

from mi_cot_lib.errors import unknown_name

VOCABULARY = 32_128
# google/t5-v1_1-small and -base: width, feed-forward width, layers of each stack, heads of 64.
_SHAPES = {"small": (512, 1024, 8, 6), "base": (768, 2048, 12, 12)}


def t5_v1_1_config(size: str) -> T5Config:
    """Return the configuration of `google/t5-v1_1-SIZE`.

    Args:
        size: `small` or `base`.

    Raises:
        ConfigError: Another size.
    """
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
