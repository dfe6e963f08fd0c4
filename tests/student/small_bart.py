"""A student of another architecture than T5, random weights: it takes the plain ways."""

from typing import Any

import torch
from transformers import BartConfig, BartForConditionalGeneration


def small_bart(**settings: Any) -> BartForConditionalGeneration:
    torch.manual_seed(0)
    shape = {
        **{"vocab_size": 60, "d_model": 16, "max_position_embeddings": 64, "init_std": 0.5},
        **{"encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32},
        **{"decoder_layers": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 32},
        **settings,
    }
    return BartForConditionalGeneration(BartConfig(**shape)).eval()


# The tokens where the built-in tokeniser has them.
AS_T5 = {
    **{"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2, "decoder_start_token_id": 0},
    "forced_eos_token_id": None,
}
