"""One call loads every student, whole or not at all: built in, T5 v1.1 by size, a model id or a folder.

The libraries below warn of what a checkpoint lacks and make it up: an empty tokeniser, random weights.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.machine import free_memory
from mi_cot_lib.student.adapters import BASE, base_of, has_adapters, load_adapters, merge_adapters
from mi_cot_lib.student.faults import (
    SEQUENCE_TO_SEQUENCE,
    faults_of_kind,
    faults_of_outputs,
    faults_of_tokens,
    faults_of_weights,
)
from mi_cot_lib.student.folder import (
    ADAPTERS,
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

    @property
    def width(self) -> int:
        """How many numbers its output layer reads at a position."""
        return int(self.model.get_output_embeddings().weight.shape[1])

    @cached_property
    def wording(self) -> Wording:
        """How it is asked and answers, in token ids."""
        return Wording(self.tokeniser, self.decoder_only, self.prompting)


def load_student(name: str, prompting: Prompting | None = None) -> Student:
    """Load a student in float32 and evaluation mode, and make sure that it is whole and its parts fit.

    `name` is a named student, the id of a language model on the hub, or a folder: a student's, or a run's.
    `prompting` is for decoder-only ones, by default as the student was saved, else plain. Weights that are
    pickled (`pytorch_model.bin`) are read as tensors only, and no code that a folder or the hub brings along
    is run.

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
    raw, auto, count = _shape_of(source)
    if auto is AutoModelForSeq2SeqLM and prompting is not None:
        raise ConfigError(
            f"prompting {prompting} is for decoder-only students; {source} reads its prompt by an encoder."
        )
    _refuse_without_memory(source, count, HELD)
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
    _refuse(source, faults_of_weights(weights, model, found, raw))
    # The kit pads by itself and cuts prompts at their end, whatever a tokeniser was saved with. Others who
    # generate with a saved student that has no encoder must pad on the left.
    tokeniser.truncation_side = "right"
    tokeniser.padding_side = "left" if auto is AutoModelForCausalLM else "right"
    if prompting is not None:
        setattr(model.config, PROMPTING, prompting)
    student = Student(model.eval(), tokeniser, getattr(model.config, PROMPTING, "plain"))
    _refuse(source, faults_of_tokens(Path(source), student))
    with reading(source, "the model"):
        _refuse(source, faults_of_outputs(student))
    return student


def refuse_without_memory(name: str, bytes_a_weight: int) -> None:
    """Refuse, as a ConfigError, a student for which memory does not suffice, before anything of it is loaded.

    `bytes_a_weight` is `HELD` or `TRAINED`; what a GPU trains is only held on its way there.
    """
    check_student_name(name)
    source = folder_of(NAMED_STUDENTS.get(name, name))
    if (Path(source) / ADAPTERS).is_file():
        refuse_without_memory(base_of(Path(source)).student, bytes_a_weight)
        return
    if Path(source).is_dir():
        check_files(Path(source))
    _, _, count = _shape_of(source)
    _refuse_without_memory(source, count, HELD if torch.cuda.is_available() else bytes_a_weight)


def _shape_of(source: str) -> tuple[dict[str, Any], Any, int]:
    """Return a student's configuration as it stands, the class that loads it, and how many weights it has."""
    with reading(source, "config.json"):
        raw = transformers.PreTrainedConfig.get_config_dict(source)[0]
    _refuse(source, faults_of_kind(raw))
    with reading(source, "config.json"):
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        reads = raw["model_type"] in SEQUENCE_TO_SEQUENCE
        auto: Any = AutoModelForSeq2SeqLM if reads else AutoModelForCausalLM
        with torch.device("meta"):
            # Sizes and rates that no model can have are the configuration's fault, not the weights'.
            shape = auto.from_config(config)
    return raw, auto, shape.num_parameters()


def weights_fingerprint(student: Student) -> str:
    """Return a SHA-256 of a student's weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(student.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _with_adapters(folder: Path, prompting: Prompting | None) -> Student:
    base = base_of(folder)
    student = load_student(base.student, prompting or base.prompting)
    if base.weights_sha256 not in (None, weights_fingerprint(student)):
        raise refused(
            str(folder),
            f"its adapters were trained on other weights than {base.student} has now; name the student that "
            f"they belong to in {BASE}",
        )
    if has_adapters(student.model):
        # Those of the base are part of what these were trained on.
        merge_adapters(student.model)
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
