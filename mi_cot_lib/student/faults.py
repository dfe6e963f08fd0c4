"""Why what lies in a folder, or comes from the hub, is no student: its kind, weights, tokens and answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import DynamicCache
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES as SEQUENCE_TO_SEQUENCE,
)

from mi_cot_lib.student.encode import ANSWER_MARK, EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.folder import AGAIN

if TYPE_CHECKING:
    from mi_cot_lib.student.load import Student

# Encoders have a head that predicts the next token as well, which nobody trained.
DECODER_ONLY = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys() - MODEL_FOR_MASKED_LM_MAPPING_NAMES.keys()


def overflowed_weight(model: nn.Module) -> str | None:
    """Return the name of a weight that no model can be computed with; None where all is well.

    Squares count as well: where theirs overflow, T5's norms make zeros of what they read, and a model
    that has lost all would answer in finite numbers.
    """
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight.detach().square().sum()):
            return name
    return None


def faults_of_kind(raw: dict[str, Any]) -> Iterator[str]:
    """Say why a model is no student by its configuration."""
    kind = raw.get("model_type")
    if kind is None:
        yield f"config.json has no model_type; {AGAIN}"
    if kind not in SEQUENCE_TO_SEQUENCE and kind not in DECODER_ONLY:
        yield (
            f"config.json describes a model of the kind {kind}; name a T5, a Llama or their like (code that "
            "a model brings along is not run)"
        )
    for name, value in raw.items():
        if name.startswith(("d_", "num_", "vocab_")) and isinstance(value, int) and value < 1:
            yield f"config.json says {name} {value}, which no model can have; {AGAIN}"
    if "quantization_config" in raw:
        yield "it is quantised (config.json); name the model that it was made from"


def faults_of_weights(
    listing: str, model: Any, found: dict[str, Any], raw: dict[str, Any]
) -> Iterator[str]:
    """Name weights that would be made up, left out or could not be computed with."""
    for name, there, wanted in sorted(found["mismatched_keys"]):
        yield (
            f"{listing} holds {name} as {tuple(there)}, where config.json asks for {tuple(wanted)}; "
            "take both from one checkpoint"
        )
    missing = sorted(found["missing_keys"])
    head, embeddings = model.get_output_embeddings(), model.get_input_embeddings()
    # This version would share the two all the same.
    if raw.get("tie_word_embeddings") is False and head.weight is embeddings.weight:
        missing.append("lm_head.weight")
    for names, what in (
        (missing, "lacks {} that config.json asks for"),
        (sorted(found["unexpected_keys"]), "holds {} that config.json has no place for"),
    ):
        if names:
            count = what.format(f"{len(names)} weight{'s' * (len(names) > 1)}")
            yield f"{listing} {count}, such as {names[0]}; take both from one checkpoint"
    overflowed = overflowed_weight(model)
    if overflowed is not None:
        yield (
            f"{listing} holds numbers in {overflowed} that are not finite or too large to be squared; take "
            "a checkpoint from before its training failed"
        )


def faults_of_tokens(folder: Path, student: "Student") -> Iterator[str]:
    """Name tokens that the model does not have, and note each special one where it is looked for."""
    tokeniser, config = student.tokeniser, student.model.config
    generation: Any = student.model.generation_config
    files = list(tokeniser.vocab_files_names.values())
    if folder.is_dir() and files and not any((folder / name).is_file() for name in files):
        either = " or ".join(files)
        yield f"no file of its tokeniser is there ({either}); copy the one that it was trained with"
    if student.decoder_only and tokeniser.pad_token_id is None:
        # Nothing reads it: what is padded is masked.
        tokeniser.pad_token = tokeniser.eos_token
    for name in ("eos_token", "pad_token"):
        if getattr(tokeniser, f"{name}_id") is None:
            yield f"its tokeniser has no {name}; name it in tokenizer_config.json"
    prompts = f"{PREDICT_PREFIX}{EXPLAIN_PREFIX}{ANSWER_MARK}".split()
    read = tokeniser(prompts, add_special_tokens=False)["input_ids"]
    if all(tokeniser.unk_token_id in ids for ids in read):
        yield (
            f"its tokeniser knows no word of the prompts ({' '.join(prompts)}); copy the one that it was "
            "trained with"
        )
    layers: Any = (student.model.get_input_embeddings(), student.model.get_output_embeddings())
    rows = min(len(layer.weight) for layer in layers)
    tokens = max(tokeniser.get_vocab().values()) + 1
    if tokens > rows:
        yield (
            f"its tokeniser has {tokens} tokens, its model embeddings of {rows}; take both from one "
            "checkpoint, or call resize_token_embeddings and train the new ones"
        )
    starts = [] if student.decoder_only else [("decoder_start_token_id", None)]
    for name, own in (
        *starts,
        ("pad_token_id", tokeniser.pad_token_id),
        ("eos_token_id", tokeniser.eos_token_id),
    ):
        said = [getattr(place, name, None) for place in (config, generation)]
        value = next((one for one in (*said, own) if one is not None), None)
        if value is None:
            yield (
                f'config.json does not say what the decoder starts with; add "{name}": '
                f"{tokeniser.pad_token_id}, its padding token, if it is a T5"
            )
        ids = value if isinstance(value, list) else [value]
        if not all(isinstance(one, int) and 0 <= one < rows for one in ids):
            yield f"config.json: {name} {value} is none of its {rows} tokens"
        if name == "eos_token_id" and own not in ids:
            yield (
                f"config.json ends a text with token {value}, its tokeniser with {own}; take both from "
                "one checkpoint"
            )
        for place, one in zip((config, generation), said, strict=True):
            if one is None:
                setattr(place, name, value)


@torch.no_grad()
def faults_of_outputs(student: "Student") -> Iterator[str]:
    """Say whether the answer to one short prompt is not finite, or the prompt would be forgotten."""
    ids = torch.tensor([student.tokeniser(PREDICT_PREFIX)["input_ids"]])
    cache = DynamicCache()
    read: dict[str, Any] = {"input_ids": ids, "past_key_values": cache, "use_cache": True}
    if not student.decoder_only:
        start = torch.tensor([[student.model.config.decoder_start_token_id]])
        read = {"input_ids": ids, "decoder_input_ids": start}
    if not torch.isfinite(student.model(**read).logits).all():
        yield "what it computes is not finite; its weights are too large"
    layers: list[Any] = cache.layers
    kept = [layer.get_seq_length() if hasattr(layer, "keys") else 0 for layer in layers]
    if student.decoder_only and kept != [ids.shape[1]] * student.model.config.num_hidden_layers:
        yield (
            "it does not keep keys and values of all that it reads, as state-space models do not; name a "
            "Llama, a GPT or their like"
        )
