"""Students' folders that are not whole, each made of the smallest built-in student's."""

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from mi_cot_lib.student.folder import built_in_folder
from mi_cot_lib.student.nano import VOCABULARY_SIZE

WEIGHTS = "model.safetensors"
INDEX = f"{WEIGHTS}.index.json"
CONFIGS = ("config.json", "generation_config.json")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 138440\n"


def whole(folder: Path) -> Path:
    shutil.copytree(built_in_folder("nano16"), folder)
    return folder


def edit(path: Path, **changes) -> None:
    """Change values of a JSON file; None takes a value out."""
    values = json.loads(path.read_text())
    values.update(changes)
    path.write_text(json.dumps({name: v for name, v in values.items() if v is not None}))


def save(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def change_weights(folder: Path, **changes: torch.Tensor | None) -> None:
    """Set weights by name, `__` for a dot; None takes a weight out."""
    weights = load_file(folder / WEIGHTS)
    weights.update({name.replace("__", "."): value for name, value in changes.items()})
    save(folder, {name: value for name, value in weights.items() if value is not None})


def eight_bits(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save(folder, {name: weight.to(torch.int8) for name, weight in weights.items()})


def shard(folder: Path) -> None:
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    (folder / WEIGHTS).unlink()
    model.save_pretrained(folder, max_shard_size="60KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1


def as_pickle(folder: Path) -> Path:
    torch.save(load_file(folder / WEIGHTS), folder / "pytorch_model.bin")
    (folder / WEIGHTS).unlink()
    return folder / "pytorch_model.bin"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def add_token(folder: Path) -> None:
    tokeniser = AutoTokenizer.from_pretrained(folder)
    tokeniser.add_tokens(["<number>"])
    tokeniser.save_pretrained(folder)


def fewer_embeddings(folder: Path) -> None:
    edit(folder / "config.json", vocab_size=1000)
    change_weights(folder, shared__weight=load_file(folder / WEIGHTS)["shared.weight"][:1000])


def with_code(folder: Path) -> None:
    # Were it run, this would be seen.
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w').close()\n")
    auto = {"AutoConfig": "own.C", "AutoModelForSeq2SeqLM": "own.M", "AutoTokenizer": "own.T"}
    edit(folder / "config.json", model_type="own", auto_map=auto)


def evil_pickle(folder: Path) -> None:
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(folder / "ran"),)

    (folder / WEIGHTS).unlink()
    torch.save({"shared.weight": Evil()}, folder / "pytorch_model.bin")


def not_a_number(folder: Path) -> None:
    weight = load_file(folder / WEIGHTS)["shared.weight"]
    weight[700, 2] = float("nan")
    change_weights(folder, shared__weight=weight)


def unlink(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


def write(name: str, text: str):
    return lambda folder: (folder / name).write_text(text)


def settings(*names: str, **changes):
    return lambda folder: [edit(folder / name, **changes) for name in names]


def weights(**changes):
    return lambda folder: change_weights(folder, **changes)


def shards(harm):
    """Part the weights first."""
    return lambda folder: (shard(folder), harm(folder))


def config(**changes):
    return settings("config.json", **changes)


NORM = {"decoder__final_layer_norm__weight": torch.full((16,), 3e38)}
QUERY = {"encoder__block__0__layer__0__SelfAttention__q__weight": None}
START = "decoder_start_token_id"
# What was done to the folder, and what the one line must name beside the folder.
DAMAGES = {
    "nothing in it": (lambda folder: [p.unlink() for p in folder.iterdir()], "config.json"),
    "no config": (unlink("config.json"), "config.json"),
    "config is a list": (write("config.json", "[]"), "config.json"),
    "config is a pointer": (write("config.json", POINTER), "config.json", "git lfs pull"),
    "config says nothing": (write("config.json", "{}"), "config.json", "model_type"),
    "config of a wrong type": (config(d_model="16"), "config.json", "d_model"),
    "config without heads": (config(num_heads=0), "config.json", "num_heads"),
    "config of an impossible rate": (config(dropout_rate=2.0), "config.json"),
    "config with NaN": (config(layer_norm_epsilon=float("nan")), "not finite"),
    "broken generation config": (write("generation_config.json", "{"), "generation_config.json"),
    "no weights": (unlink(WEIGHTS), WEIGHTS),
    "truncated weights": (lambda folder: cut(folder / WEIGHTS), WEIGHTS),
    "weights are a pointer": (write(WEIGHTS, POINTER), WEIGHTS, "git lfs pull"),
    "a weight is missing": (weights(**QUERY), WEIGHTS, "encoder.block.0.layer.0.SelfAttention.q."),
    "the embeddings are missing": (weights(shared__weight=None), WEIGHTS, "embed"),
    "a head of its own is missing": (
        config(tie_word_embeddings=False, scale_decoder_outputs=None),
        *(WEIGHTS, "lm_head.weight"),
    ),
    "more layers than config says": (config(num_layers=1), WEIGHTS, "block.1."),
    "another vocabulary": (
        config(vocab_size=VOCABULARY_SIZE + 8),
        *(WEIGHTS, "shared.weight", str(VOCABULARY_SIZE), str(VOCABULARY_SIZE + 8)),
    ),
    "a missing shard": (shards(lambda f: next(f.glob("model-00001*")).unlink()), "model-00001-of-"),
    "a truncated shard": (shards(lambda f: cut(next(f.glob("model-00002*")))), "model-00002-of-"),
    "shards without index": (shards(unlink(INDEX)), INDEX),
    "an index without map": (shards(write(INDEX, "{}")), INDEX),
    "an index that lists nothing": (shards(write(INDEX, '{"weight_map": {}}')), INDEX),
    "a truncated pickle": (lambda folder: cut(as_pickle(folder)), "pytorch_model.bin"),
    "a pickle that runs code": (evil_pickle, "pytorch_model.bin", "tensors"),
    "a folder that brings code": (with_code, "config.json", "not run"),
    "whole numbers for weights": (eight_bits, WEIGHTS, "I8", "quantised"),
    "NaN weights": (not_a_number, WEIGHTS, "shared.weight"),
    "weights too large": (weights(**NORM), WEIGHTS, "decoder.final_layer_norm.weight"),
    "quantised": (config(quantization_config={"load_in_8bit": True}), "config.json", "quantised"),
    "an adapter": (write("adapter_config.json", "{}"), "adapter_config.json", "merge"),
    "a decoder": (config(model_type="gpt2"), "gpt2", "sequence-to-sequence"),
    "no kind of model": (config(model_type="nano"), "nano"),
    "no tokeniser": (unlink("tokenizer.json", "tokenizer_config.json"), "tokenizer.json"),
    "half a tokeniser": (unlink("tokenizer.json"), "tokenizer.json"),
    "other half of a tokeniser": (unlink("tokenizer_config.json"), "tokenizer"),
    "truncated tokeniser": (lambda folder: cut(folder / "tokenizer.json"), "tokenizer.json"),
    "tokeniser says nothing": (write("tokenizer.json", "{}"), "tokenizer"),
    "tokens beyond the embeddings": (add_token, str(VOCABULARY_SIZE + 1), str(VOCABULARY_SIZE)),
    "fewer embeddings than tokens": (fewer_embeddings, str(VOCABULARY_SIZE), "1000"),
    "no padding token": (settings("tokenizer_config.json", pad_token=None), "pad_token"),
    "no end token": (settings("tokenizer_config.json", eos_token=None), "eos_token"),
    "another end token": (settings(*CONFIGS, eos_token_id=5), "end", "5"),
    "no start token": (settings(*CONFIGS, **{START: None}), "config.json", f'"{START}": 0'),
    "a start token beyond the embeddings": (settings(*CONFIGS, **{START: 5000}), START, "5000"),
}
