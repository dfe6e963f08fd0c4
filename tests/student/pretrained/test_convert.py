"""A GGUF file of a tiny model made here: the checkpoint made of it computes what its numbers say."""

import numpy as np
import pytest
import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from mi_cot_lib.student.pretrained.convert import gguf_to_checkpoint

gguf = pytest.importorskip("gguf", reason="the extra pretrained is not installed")

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ċ Ċ", "Ġ Ġ", "i s"]
TOKENS = [*SPECIAL, *sorted(ByteLevel.alphabet()), *("".join(one.split()) for one in MERGES)]
TEMPLATE = "{% for one in messages %}<|im_start|>{{ one['content'] }}<|im_end|>{% endfor %}"
CONFIG = LlamaConfig(
    vocab_size=len(TOKENS),
    hidden_size=64,
    intermediate_size=96,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    tie_word_embeddings=True,
)
# By transformers' name of a weight, the file's.
NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm", "model.layers": "blk",
}  # fmt: skip


def name_in_file(name):
    for ours, theirs in NAMES.items():
        name = name.replace(ours, theirs)
    return name


def interleaved(weight, heads):
    """Order each head's rows as GGUF holds those of queries and keys: the two halves take turns."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Write the file; returns it, and a model that holds the numbers its blocks of four bits stand for."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("gguf")
    model = LlamaForCausalLM(CONFIG).eval()
    writer = gguf.GGUFWriter(folder / "tiny.gguf", "llama")
    writer.add_block_count(CONFIG.num_hidden_layers)
    writer.add_context_length(CONFIG.max_position_embeddings)
    writer.add_embedding_length(CONFIG.hidden_size)
    writer.add_feed_forward_length(CONFIG.intermediate_size)
    writer.add_head_count(CONFIG.num_attention_heads)
    writer.add_head_count_kv(CONFIG.num_key_value_heads)
    writer.add_layer_norm_rms_eps(CONFIG.rms_norm_eps)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(TOKENS) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
    for name, weight in model.named_parameters():
        values = weight.detach().numpy()
        if weight.dim() == 1:
            writer.add_tensor(name_in_file(name), values)
            continue
        kind = gguf.GGMLQuantizationType.Q4_1
        heads = {"q_proj": CONFIG.num_attention_heads, "k_proj": CONFIG.num_key_value_heads}
        blocks = gguf.quants.quantize(values, kind)
        # Each row's blocks are its own, so that rows may change places after they are packed.
        packed = next((interleaved(blocks, n) for part, n in heads.items() if part in name), blocks)
        writer.add_tensor(name_in_file(name), np.ascontiguousarray(packed), raw_dtype=kind)
        weight.data = torch.from_numpy(gguf.quants.dequantize(blocks, kind).copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    gguf_to_checkpoint(folder / "tiny.gguf", folder / "made")
    return folder, model


def test_a_checkpoint_computes_what_the_blocks_stand_for_and_is_as_the_file_loads(made):
    folder, expected = made
    loaded = AutoModelForCausalLM.from_pretrained(folder / "made").eval()
    from_file = AutoModelForCausalLM.from_pretrained(folder, gguf_file="tiny.gguf").eval()
    ids = torch.tensor([[5, 9, 40, 200, 7, 7, 2]])
    with torch.no_grad():
        mine, theirs, twin = (one(ids).logits for one in (loaded, from_file, expected))
    assert torch.equal(mine, theirs)
    torch.testing.assert_close(mine, twin, rtol=0, atol=1e-6)
    assert loaded.dtype == torch.float32 and not hasattr(loaded.config, "quantization_config")
    assert loaded.generation_config.eos_token_id == 2


def test_the_numbers_of_a_block_of_four_bits_fit_float32_and_no_shorter_kind(made):
    weights = made[1].model.layers[0].mlp.up_proj.weight.detach()
    for shorter in (torch.bfloat16, torch.float16):
        assert not torch.equal(weights.to(shorter).float(), weights)


def test_the_tokeniser_reads_digits_one_by_one_and_keeps_spaces_before_them_together(made):
    tokeniser = AutoTokenizer.from_pretrained(made[0] / "made")
    # GPT-2's splitter leaves the last space to the number: ["Ċ", "Ċ", "1", "2"].
    assert tokeniser.tokenize("is\n\n12  3") == ["is", "ĊĊ", "1", "2", "ĠĠ", "3"]
    for text in ("is\n\n12  3", " 4.50 + (7)", "Zoë’s 3 žluťoučký 馬"):
        assert tokeniser.decode(tokeniser(text)["input_ids"]) == text


def test_the_tokeniser_keeps_its_special_tokens_limit_and_chat_template(made):
    tokeniser = AutoTokenizer.from_pretrained(made[0] / "made")
    assert tokeniser("<|im_start|>is<|im_end|>")["input_ids"] == [1, TOKENS.index("is"), 2]
    assert (tokeniser.eos_token, tokeniser.pad_token) == ("<|im_end|>", "<|im_end|>")
    assert tokeniser.model_max_length == CONFIG.max_position_embeddings
    asked = tokeniser.apply_chat_template([{"content": "is"}], tokenize=False)
    assert asked == "<|im_start|>is<|im_end|>"
