"""Decoder-only models of random weights: a Llama, whose layers the kit knows, and a GPT-2, whose not."""

from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from mi_cot_lib.student.folder import Prompting
from mi_cot_lib.student.load import Student, load_student


def small_llama(vocabulary: int, **changes: Any) -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = {
        **{"vocab_size": vocabulary, "hidden_size": 16, "intermediate_size": 24},
        **{"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2},
        **{"initializer_range": 0.3, "tie_word_embeddings": True},
        **{"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None, **changes},
    }
    return LlamaForCausalLM(LlamaConfig(**shape)).eval()


def small_gpt2(vocabulary: int) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 256, "initializer_range": 0.5}
    tokens = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    return GPT2LMHeadModel(GPT2Config(vocab_size=vocabulary, **shape, **tokens)).eval()


def with_nanos_tokens(make: Any, prompting: Prompting = "plain") -> Student:
    """Make a student of the built-in one's tokeniser."""
    tokeniser = load_student("nano").tokeniser
    return Student(make(len(tokeniser)), tokeniser, prompting)
