"""Decoder-only models of random weights: with layers that the kit knows, a GPT-2, and one that is refused."""

from typing import Any

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from mi_cot_lib.student.folder import Prompting
from mi_cot_lib.student.load import Student, load_student

_SHAPE: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.3,
    "tie_word_embeddings": True,
}
_TOKENS: dict[str, Any] = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}


def small_llama(vocabulary: int, **changes: Any) -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = {"vocab_size": vocabulary, **_SHAPE, **_TOKENS, **changes}
    return LlamaForCausalLM(LlamaConfig(**shape)).eval()


def small_qwen(vocabulary: int) -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=vocabulary, **_SHAPE, **_TOKENS)).eval()


def small_mistral(vocabulary: int, sliding_window: int | None = None) -> MistralForCausalLM:
    torch.manual_seed(0)
    shape = {**_SHAPE, "sliding_window": sliding_window}
    return MistralForCausalLM(MistralConfig(vocab_size=vocabulary, **shape, **_TOKENS)).eval()


def small_mamba(vocabulary: int) -> MambaForCausalLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "state_size": 4}
    return MambaForCausalLM(MambaConfig(vocab_size=vocabulary, **shape, **_TOKENS)).eval()


def small_gpt2(vocabulary: int) -> GPT2LMHeadModel:
    torch.manual_seed(0)
    shape = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 256, "initializer_range": 0.5}
    return GPT2LMHeadModel(GPT2Config(vocab_size=vocabulary, **shape, **_TOKENS)).eval()


def with_nanos_tokens(make: Any, prompting: Prompting = "plain") -> Student:
    """Make a student of the built-in one's tokeniser."""
    tokeniser = load_student("nano").tokeniser
    return Student(make(len(tokeniser)), tokeniser, prompting)
