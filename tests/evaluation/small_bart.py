"""A student of another architecture than T5, random weights."""

import torch
from transformers import BartConfig, BartForConditionalGeneration


def small_bart(**settings):
    torch.manual_seed(0)
    shape = BartConfig(
        vocab_size=60,
        d_model=16,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        init_std=0.5,
        **settings,
    )
    return BartForConditionalGeneration(shape).eval()
