"""One call loads every student: the built-in one, T5 v1.1 by size, or any sequence-to-sequence model."""

from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.student.names import NAMED_STUDENTS, check_student_name


@dataclass(frozen=True)
class Student:
    """A sequence-to-sequence model with the tokeniser that it was trained with."""

    model: PreTrainedModel
    tokeniser: PreTrainedTokenizerBase


def load_student(name: str) -> Student:
    """Load a student in float32.

    Args:
        name: `nano`, `small`, `base`, the id of a sequence-to-sequence model on the hub, or a folder.

    Returns:
        The model, in evaluation mode, and its tokeniser.

    Raises:
        ConfigError: The name is unknown, or names a model of another kind.
        KitError: The weights are neither in the local cache nor to be had from the network.
    """
    check_student_name(name)
    # Its bars over 51 tensors and its notes on shared embeddings would hide the kit's own progress.
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    source = NAMED_STUDENTS.get(name, name)
    try:
        tokeniser = AutoTokenizer.from_pretrained(source)
        model = AutoModelForSeq2SeqLM.from_pretrained(source, dtype=torch.float32)
    except (OSError, ValueError) as error:
        if Path(source).is_dir():
            raise ConfigError(
                f"{source} holds no complete sequence-to-sequence student: {error}"
            ) from error
        if isinstance(error, ValueError):
            raise ConfigError(f"{source} is not a sequence-to-sequence model: {error}") from error
        raise KitError(
            f"cannot load {source}: it is not in the local cache, and the model hub cannot be "
            "reached or does not have it. Connect once to download it, give a folder that holds it, "
            f"or use the built-in student: --student nano. ({str(error).splitlines()[0]})"
        ) from error
    return Student(model.eval(), tokeniser)
