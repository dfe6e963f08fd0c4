"""The shapes of T5 v1.1, for what can be said of a student without its weights."""

from typing import Any

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
