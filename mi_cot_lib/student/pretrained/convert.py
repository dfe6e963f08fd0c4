"""SmolLM2's GGUF file as an ordinary checkpoint, once: its weights as they are, its tokeniser made whole."""

from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def gguf_to_checkpoint(gguf: Path, folder: Path) -> None:
    """Write the model in a GGUF file and its tokeniser to a folder, as `from_pretrained` reads them.

    Weights are stored in float32: a block of four-bit numbers times a scale plus a minimum has more digits
    than bfloat16 or float16 hold. Loaded again, the model computes the same logits bit for bit.
    """
    given = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    model = AutoModelForCausalLM.from_pretrained(
        **given,
        dtype=torch.float32,
        # Else they may stay in blocks where there are kernels for them, and cannot be saved.
        quantization_config=GgufConfig(dequantize=True),
    )
    tokeniser = AutoTokenizer.from_pretrained(**given)
    # The file names this splitter, `smollm`, and transformers takes GPT-2's: spaces and line breaks before
    # a number would be other tokens than those that the model was trained on.
    tokeniser.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokeniser.model_max_length = model.config.max_position_embeddings
    model.save_pretrained(folder)
    tokeniser.save_pretrained(folder)
