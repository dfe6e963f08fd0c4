"""One call loads every student, whole or not at all: built in, T5 v1.1 by size, a model id or a folder.

The libraries below warn of what a checkpoint lacks and make it up: an empty tokeniser, random weights.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES as SEQUENCE_TO_SEQUENCE,
)
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.machine import free_memory
from mi_cot_lib.student.adapters import BASE, base_of, load_adapters
from mi_cot_lib.student.encode import ANSWER_MARK, EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.folder import (
    ADAPTERS,
    AGAIN,
    NAMED_STUDENTS,
    PROMPTING,
    Prompting,
    check_files,
    check_student_name,
    folder_of,
    reading,
    refused,
)
from mi_cot_lib.student.wording import Wording

# Encoders have a head that predicts the next token as well, which nobody trained.
DECODER_ONLY = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.keys() - MODEL_FOR_MASKED_LM_MAPPING_NAMES.keys()
# Bytes a weight: to hold it in float32, and with its gradient and AdamW's two means.
HELD, TRAINED = 4, 16


@dataclass(frozen=True)
class Student:
    """A model, sequence to sequence or decoder-only, with the tokeniser that it was trained with.

    `prompting` says how a decoder-only one is asked.
    """

    model: PreTrainedModel
    tokeniser: PreTrainedTokenizerBase
    prompting: Prompting = "plain"

    @property
    def decoder_only(self) -> bool:
        """Whether it has no encoder: it reads a prompt and writes on."""
        return not self.model.config.is_encoder_decoder

    @cached_property
    def wording(self) -> Wording:
        """How it is asked and answers, in token ids."""
        return Wording(self.tokeniser, self.decoder_only, self.prompting)


def load_student(
    name: str, prompting: Prompting | None = None, *, bytes_a_weight: int = HELD
) -> Student:
    """Load a student in float32 and evaluation mode, and make sure that it is whole and its parts fit.

    `name` is a named student, the id of a language model on the hub, or a folder: a student's, or a run's.
    `prompting` is for decoder-only ones, by default as the student was saved, else plain. Weights that are
    pickled (`pytorch_model.bin`) are read as tensors only, and no code that a folder or the hub brings along
    is run. `bytes_a_weight` is what will be needed of memory.

    Raises:
        ConfigError: The name is unknown, names a model of another kind, or what it names lacks a file, a
            weight or a token, or holds one that does not fit or is not finite; memory does not suffice.
        KitError: The weights are neither in the local cache nor to be had from the network.
    """
    check_student_name(name)
    # Its bars over 51 tensors and its notes on shared embeddings would hide the kit's own progress.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    source = folder_of(NAMED_STUDENTS.get(name, name))
    if (Path(source) / ADAPTERS).is_file():
        return _with_adapters(Path(source), prompting)
    weights = "its weights"
    if Path(source).is_dir():
        weights = check_files(Path(source))
    with reading(source, "config.json"):
        raw = transformers.PreTrainedConfig.get_config_dict(source)[0]
    _refuse(source, _faults_of_kind(raw))
    with reading(source, "config.json"):
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        reads = raw["model_type"] in SEQUENCE_TO_SEQUENCE
        auto: Any = AutoModelForSeq2SeqLM if reads else AutoModelForCausalLM
        with torch.device("meta"):
            # Sizes and rates that no model can have are the configuration's fault, not the weights'.
            shape = auto.from_config(config)
    if reads and prompting is not None:
        raise ConfigError(
            f"prompting {prompting} is for decoder-only students; {source} reads its prompt by an encoder."
        )
    _refuse_without_memory(source, shape.num_parameters(), bytes_a_weight)
    with reading(source, "its tokeniser (tokenizer.json, tokenizer_config.json)"):
        tokeniser = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    with reading(source, weights):
        model, found = auto.from_pretrained(
            source,
            dtype=torch.float32,
            trust_remote_code=False,
            weights_only=True,
            output_loading_info=True,
            # Refused below, with the names and sizes that its own error leaves out.
            ignore_mismatched_sizes=True,
        )
    _refuse(source, _faults_of_weights(weights, model, found, raw))
    # The kit pads by itself and cuts prompts at their end, whatever a tokeniser was saved with.
    tokeniser.truncation_side = tokeniser.padding_side = "right"
    if prompting is not None:
        setattr(model.config, PROMPTING, prompting)
    student = Student(model.eval(), tokeniser, getattr(model.config, PROMPTING, "plain"))
    _refuse(source, _faults_of_tokens(Path(source), student))
    with reading(source, "the model"):
        _refuse(source, _faults_of_outputs(student))
    return student


def weights_fingerprint(student: Student) -> str:
    """Return a SHA-256 of a student's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(student.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def overflowed_weight(model: nn.Module) -> str | None:
    """Return the name of a weight that no model can be computed with; None where all is well.

    Squares count as well: where theirs overflow, T5's norms make zeros of what they read, and a model
    that has lost all would answer in finite numbers.
    """
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight.detach().square().sum()):
            return name
    return None


def _with_adapters(folder: Path, prompting: Prompting | None) -> Student:
    base = base_of(folder)
    student = load_student(base.student, prompting)
    if base.weights_sha256 not in (None, weights_fingerprint(student)):
        raise refused(
            str(folder),
            f"its adapters were trained on other weights than {base.student} has now; name the student that "
            f"they belong to in {BASE}",
        )
    load_adapters(student.model, folder)
    return replace(student, model=student.model.eval())


def _refuse_without_memory(source: str, weights: int, bytes_a_weight: int) -> None:
    free, needed = free_memory(), weights * bytes_a_weight
    if free is not None and needed > free:
        what = "its training" if bytes_a_weight == TRAINED else "it"
        instead = (
            "train adapters with --lora-rank, or take" if bytes_a_weight == TRAINED else "take"
        )
        raise ConfigError(
            f"{source} has {weights / 1e6:,.0f} million weights: {what} needs {needed / 1e9:.1f} GB of "
            f"memory, and {free / 1e9:.1f} GB are free; {instead} a smaller student."
        )


def _refuse(source: str, faults: Iterable[str]) -> None:
    for why in faults:
        raise refused(source, why)


def _faults_of_kind(raw: dict[str, Any]) -> Iterator[str]:
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


def _faults_of_weights(
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


def _faults_of_tokens(folder: Path, student: Student) -> Iterator[str]:
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
def _faults_of_outputs(student: Student) -> Iterator[str]:
    """Say whether the answer to one short prompt is not finite."""
    ids = torch.tensor([student.tokeniser(PREDICT_PREFIX)["input_ids"]])
    read = {"input_ids": ids}
    if not student.decoder_only:
        read["decoder_input_ids"] = torch.tensor([[student.model.config.decoder_start_token_id]])
    if not torch.isfinite(student.model(**read).logits).all():
        yield "what it computes is not finite; its weights are too large"
