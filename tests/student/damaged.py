"""Students' folders that are not whole, each made of the smallest built-in student's."""

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from mi_cot_lib.student.folder import built_in_folder

WEIGHTS = "model.safetensors"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 138440\n"


def whole(folder: Path) -> Path:
    shutil.copytree(built_in_folder("nano16"), folder)
    return folder


def edit(path: Path, **changes) -> None:
    """Change values of a JSON file; None takes a value out."""
    values = json.loads(path.read_text())
    values.update(changes)
    path.write_text(json.dumps({name: v for name, v in values.items() if v is not None}))


def change_weights(folder: Path, **changes: torch.Tensor | None) -> None:
    """Set weights by name, `__` for a dot; None takes a weight out."""
    weights = load_file(folder / WEIGHTS)
    weights.update({name.replace("__", "."): value for name, value in changes.items()})
    kept = {name: value for name, value in weights.items() if value is not None}
    save_file(kept, folder / WEIGHTS, metadata={"format": "pt"})


def eight_bits(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    as_bytes = {name: weight.to(torch.int8) for name, weight in weights.items()}
    save_file(as_bytes, folder / WEIGHTS, metadata={"format": "pt"})


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


def infinite(folder: Path) -> None:
    weight = load_file(folder / WEIGHTS)["decoder.final_layer_norm.weight"]
    weight[3] = float("inf")
    change_weights(folder, decoder__final_layer_norm__weight=weight)


def not_a_number(folder: Path) -> None:
    weight = load_file(folder / WEIGHTS)["shared.weight"]
    weight[700, 2] = float("nan")
    change_weights(folder, shared__weight=weight)


def too_large(folder: Path) -> None:
    weight = torch.full((16,), 3e38)
    change_weights(folder, decoder__final_layer_norm__weight=weight)


def unlink(*names: str):
    return lambda folder: [(folder / name).unlink() for name in names]


def write(name: str, text: str):
    return lambda folder: (folder / name).write_text(text)


def settings(name: str, **changes):
    return lambda folder: edit(folder / name, **changes)


QUERY = "encoder__block__0__layer__0__SelfAttention__q__weight"
START = "decoder_start_token_id"
# What was done to the folder, and what the one line must name beside the folder.
DAMAGES = {
    "nothing in it": (lambda folder: [p.unlink() for p in folder.iterdir()], ["config.json"]),
    "no config": (unlink("config.json"), ["config.json"]),
    "empty config": (write("config.json", ""), ["config.json"]),
    "config is a list": (write("config.json", "[]"), ["config.json"]),
    "config is a pointer": (write("config.json", POINTER), ["config.json", "git lfs pull"]),
    "config says nothing": (write("config.json", "{}"), ["config.json", "model_type"]),
    "config of a wrong type": (settings("config.json", d_model="16"), ["config.json", "d_model"]),
    "config of a size below 0": (settings("config.json", d_model=-1), ["config.json"]),
    "config without heads": (settings("config.json", num_heads=0), ["config.json", "num_heads"]),
    "config of an impossible rate": (settings("config.json", dropout_rate=2.0), ["config.json"]),
    "config with NaN": (
        settings("config.json", layer_norm_epsilon=float("nan")),
        ["not finite"],
    ),
    "generation config is a pointer": (
        write("generation_config.json", POINTER),
        ["generation_config.json", "git lfs pull"],
    ),
    "broken generation config": (write("generation_config.json", "{"), ["generation_config.json"]),
    "no weights": (unlink(WEIGHTS), [WEIGHTS]),
    "truncated weights": (lambda folder: cut(folder / WEIGHTS), [WEIGHTS]),
    "empty weights": (write(WEIGHTS, ""), [WEIGHTS]),
    "weights are a pointer": (write(WEIGHTS, POINTER), [WEIGHTS, "git lfs pull"]),
    "a weight is missing": (
        lambda folder: change_weights(folder, **{QUERY: None}),
        [WEIGHTS, "encoder.block.0.layer.0.SelfAttention.q.weight"],
    ),
    "the embeddings are missing": (
        lambda folder: change_weights(folder, shared__weight=None),
        [WEIGHTS, "embed"],
    ),
    "a head of its own is missing": (
        settings("config.json", tie_word_embeddings=False, scale_decoder_outputs=None),
        [WEIGHTS, "lm_head.weight"],
    ),
    "more layers than config says": (settings("config.json", num_layers=1), [WEIGHTS, "block.1."]),
    "fewer layers than config says": (settings("config.json", num_layers=3), [WEIGHTS, "block.2."]),
    "another vocabulary": (
        settings("config.json", vocab_size=1288),
        [WEIGHTS, "shared.weight", "1280", "1288"],
    ),
    "a missing shard": (
        lambda folder: (shard(folder), next(folder.glob("model-00001*")).unlink()),
        ["model-00001-of-"],
    ),
    "a truncated shard": (
        lambda folder: (shard(folder), cut(next(folder.glob("model-00002*")))),
        ["model-00002-of-"],
    ),
    "a shard is a pointer": (
        lambda folder: (shard(folder), next(folder.glob("model-00002*")).write_text(POINTER)),
        ["model-00002-of-", "git lfs pull"],
    ),
    "shards without index": (
        lambda folder: (shard(folder), (folder / f"{WEIGHTS}.index.json").unlink()),
        [f"{WEIGHTS}.index.json"],
    ),
    "an index without map": (
        lambda folder: (shard(folder), (folder / f"{WEIGHTS}.index.json").write_text("{}")),
        [f"{WEIGHTS}.index.json"],
    ),
    "an index that lists nothing": (
        lambda folder: (
            shard(folder),
            (folder / f"{WEIGHTS}.index.json").write_text('{"weight_map": {}}'),
        ),
        [f"{WEIGHTS}.index.json"],
    ),
    "a truncated pickle": (lambda folder: cut(as_pickle(folder)), ["pytorch_model.bin"]),
    "a pickle is a pointer": (
        lambda folder: as_pickle(folder).write_text(POINTER),
        ["pytorch_model.bin", "git lfs pull"],
    ),
    "a pickle that runs code": (evil_pickle, ["pytorch_model.bin", "tensors"]),
    "a folder that brings code": (with_code, ["config.json", "not run"]),
    "whole numbers for weights": (eight_bits, [WEIGHTS, "I8", "quantised"]),
    "NaN weights": (not_a_number, [WEIGHTS, "shared.weight"]),
    "infinite weights": (infinite, [WEIGHTS, "decoder.final_layer_norm.weight"]),
    "weights too large": (too_large, [WEIGHTS, "decoder.final_layer_norm.weight"]),
    "quantised": (
        settings(
            "config.json",
            quantization_config={"quant_method": "bitsandbytes", "load_in_8bit": True},
        ),
        ["config.json", "quantised"],
    ),
    "an adapter": (write("adapter_config.json", "{}"), ["adapter_config.json", "merge"]),
    "a decoder": (settings("config.json", model_type="gpt2"), ["gpt2", "sequence-to-sequence"]),
    "an encoder": (settings("config.json", model_type="bert"), ["bert", "sequence-to-sequence"]),
    "no kind of model": (settings("config.json", model_type="nano"), ["nano"]),
    "no tokeniser": (unlink("tokenizer.json", "tokenizer_config.json"), ["tokenizer.json"]),
    "half a tokeniser": (unlink("tokenizer.json"), ["tokenizer.json"]),
    "other half of a tokeniser": (unlink("tokenizer_config.json"), ["tokenizer"]),
    "empty tokeniser": (write("tokenizer.json", ""), ["tokenizer.json"]),
    "truncated tokeniser": (lambda folder: cut(folder / "tokenizer.json"), ["tokenizer.json"]),
    "tokeniser is a pointer": (
        write("tokenizer.json", POINTER),
        ["tokenizer.json", "git lfs pull"],
    ),
    "its settings are a pointer": (
        write("tokenizer_config.json", POINTER),
        ["tokenizer_config.json", "git lfs pull"],
    ),
    "tokeniser says nothing": (write("tokenizer.json", "{}"), ["tokenizer"]),
    "tokens beyond the embeddings": (add_token, ["1281", "1280"]),
    "fewer embeddings than tokens": (fewer_embeddings, ["1280", "1000"]),
    "no padding token": (settings("tokenizer_config.json", pad_token=None), ["pad_token"]),
    "no end token": (settings("tokenizer_config.json", eos_token=None), ["eos_token"]),
    "another end token": (
        lambda folder: [
            edit(folder / name, eos_token_id=5)
            for name in ("config.json", "generation_config.json")
        ],
        ["end", "5"],
    ),
    "no start token": (
        lambda folder: [
            edit(folder / name, **{START: None})
            for name in ("config.json", "generation_config.json")
        ],
        ["config.json", f'"{START}": 0'],
    ),
    "a start token beyond the embeddings": (
        lambda folder: [
            edit(folder / name, **{START: 5000})
            for name in ("config.json", "generation_config.json")
        ],
        [START, "5000"],
    ),
}
