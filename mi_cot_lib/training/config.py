"""A run's configuration: everything that its result depends on, checked when it is made."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mi_cot_lib.data.specs import ALL_FOLDS, DATASETS, dataset_spec
from mi_cot_lib.data.teacher.changes import TeacherChange, check_teacher_change
from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.machine import has_fast_bf16
from mi_cot_lib.objective.choices import (
    Detach,
    MiForm,
    Objective,
    Pool,
    check_choices,
    method_named,
)
from mi_cot_lib.objective.forms import FORMS, Divergence, Features
from mi_cot_lib.student.folder import (
    Prompting,
    check_student_name,
    folder_of,
    is_decoder_only,
)
from mi_cot_lib.training.defaults import defaults_of
from mi_cot_lib.training.values import checked

Labels = Literal["gold", "teacher"]
Precision = Literal["fp32", "bf16"]
Unparsed = Literal["leave_out", "keep_empty"]
Schedule = Literal["linear", "plateau"]

# Fields that records and names of runs do not show where they are not set: earlier runs keep theirs.
_LATER = ("prompting", "lora_rank", "lora_targets")
_MAY_BE_0 = ("alpha1", "alpha2", "alpha3", "seed", "patience")


def _help(text: str, **default: Any) -> Any:
    return field(metadata={"help": text}, **default)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What to train on what, and how. Values left out (None) take the student's default.

    Every field is an option of `mi-cot run`. Two equal configurations give the same metrics on one
    machine. A wrong value raises a ConfigError at construction, which names it and what would be valid.
    """

    dataset: str = _help("Data set: svamp, cqa, esnli, anli1, or built in: nano_svamp, …")
    data_root: str | None = _help(
        "Folder in DSS layout; default: MI_COT_DATA, then the cache, or the built-in data.",
        default=None,
    )
    method: str = _help("finetune, single_task, label_first, dss or mi.", default="mi")
    student: str = _help(
        "nano, nano32, nano24, nano16, nano_llama, small, base, smollm2, a model id "
        "OWNER/MODEL or a folder, a run's too.",
        default="nano",
    )
    seed: int = _help(
        "Seed of the training examples that are drawn, their order, new weights and dropout.",
        default=0,
    )
    train_size: int | None = _help(
        "Draw this many training examples; default: all, of a built-in data set 4,000 new ones a seed.",
        default=None,
    )
    labels: Labels = _help("Train on gold labels or on the teacher's (Table 3).", default="gold")
    unparsed: Unparsed = _help(
        "Teacher text that cannot be parsed: leave_out of rationale training, or keep_empty as the "
        "released code does.",
        default="leave_out",
    )
    teacher_change: TeacherChange = _help(
        "Teach a share of the training examples otherwise: wrong_labels, other_rationales, "
        "shuffled_words, shuffled_steps, key_words, last_step_missing, truncated, label_named or "
        "label_hidden.",
        default="none",
    )
    teacher_accuracy: float | None = _help(
        "Share of a built-in teacher's texts that argue for the right answer; default: the data set's own.",
        default=None,
    )
    change_share: float = _help("Of the training examples, for teacher_change.", default=0.0)
    max_steps: int = _help(
        "Optimiser steps, if patience does not end training before.", default=None
    )
    batch_size: int = _help("Examples a step.", default=None)
    micro_batch_size: int = _help(
        "Examples held in memory at once; gradients add up to the batch's. Default: the batch.",
        default=None,
    )
    learning_rate: float = _help("AdamW's, at the start.", default=None)
    embedding_rate: float = _help("Times the learning rate: that of the embeddings.", default=None)
    schedule: Schedule = _help(
        "Of the learning rate: linear, to 0 after all steps, or plateau, to a fifth whenever validation has "
        "not become better by half a point for half the patience.",
        default=None,
    )
    eval_every: int = _help("Steps between validations.", default=None)
    patience: int = _help(
        "Validations in a row, none better by half a point than before, after which training ends, but "
        "not before four passes over the training set, or sixteen while a label's recall is below 60% or "
        "accuracy below 5%; 0: it takes all steps.",
        default=None,
    )
    alpha1: float = _help("Weight of the prediction loss (Equation 10).", default=0.5)
    alpha2: float = _help("Weight of the rationale loss.", default=0.5)
    alpha3: float = _help("Weight of the MI loss; 0 equals DSS.", default=0.1)
    mi_form: MiForm = _help(
        f"{', '.join(FORMS)}; released is the code's, paper the text's.", default="released"
    )
    features: Features = _help(
        "What the MI term compares: vocabulary (softmax outputs), decoder_hidden or encoder_hidden. "
        "Default: the form's own.",
        default=None,
    )
    pool: Pool = _help("Over positions: max or mean (Table 4).", default="max")
    divergence: Divergence = _help("ce or kl (Table 5).", default="ce")
    detach: Detach = _help("Side without gradient: label, rationale or none.", default="label")
    precision: Precision = _help(
        "fp32 or bf16 (fp16 makes T5 v1.1 overflow). Default: fp32 for nano, else bf16 where the "
        "hardware has it.",
        default=None,
    )
    threads: int | None = _help(
        "torch threads; sums of floats depend on them. Default: 1 for nano, else torch's choice.",
        default=None,
    )
    max_input_tokens: int = _help("Longer prompts are cut.", default=None)
    max_target_tokens: int = _help("Longer targets are cut.", default=None)
    max_new_tokens: int = _help("Longest label that is generated.", default=64)
    prompting: Prompting | None = _help(
        "How a decoder-only student is asked: plain, the task's mark in a line under the question, or chat, "
        "the same in its tokeniser's template. Default: plain.",
        default=None,
    )
    lora_rank: int | None = _help(
        "Train adapters of this rank and leave the student's own weights as they are (needs peft). Default: "
        "all weights are trained.",
        default=None,
    )
    lora_targets: str | None = _help(
        "Layers that get adapters, by the ends of their names, such as q_proj,v_proj. Default: peft's for "
        "this kind of student.",
        default=None,
    )

    def __post_init__(self) -> None:
        """Fill in the student's defaults and check every value."""
        if isinstance(self.data_root, os.PathLike):
            self._set("data_root", os.fspath(self.data_root))
        for name, (kind, is_optional) in field_types().items():
            value = getattr(self, name)
            # None stands for the student's default until that is filled in.
            if value is not None or (kind is str and not is_optional):
                self._set(name, checked(name, kind, value))
        if self.data_root == "":
            raise ConfigError("data_root must name a folder, got an empty text.")
        # DIR/, ./DIR and DIR/. are DIR and make the same run. A relative folder stays relative, so that
        # the run is found again after all was moved together; an absolute one or a link is another name.
        if self.data_root is not None:
            self._set("data_root", str(Path(self.data_root)))
        if self.dataset == ALL_FOLDS.name:
            folds = ", ".join(spec.name for spec in DATASETS.values() if spec.fold is not None)
            raise ConfigError(f"{self.dataset} is not one data set but five: {folds}.")
        dataset_spec(self.dataset)
        method_named(self.method)
        check_student_name(self.student)
        self._set("student", folder_of(self.student))
        check_choices(self.mi_form, self.pool, self.divergence, self.detach, self.features)
        if self.features is None:
            self._set("features", FORMS[self.mi_form].features[0])
        for name, value in defaults_of(self.student).items():
            if getattr(self, name) is None:
                self._set(name, value)
        if self.precision is None:
            self._set("precision", "bf16" if has_fast_bf16() else "fp32")
        if self.micro_batch_size is None:
            self._set("micro_batch_size", self.batch_size)
        for name, (kind, is_optional) in field_types().items():
            if not is_optional and getattr(self, name) is None:
                checked(name, kind, None)
        self._check_ranges()
        # A run shorter than the interval is validated at its end.
        self._set("eval_every", min(self.eval_every, self.max_steps))

    def _set(self, name: str, value: Any) -> None:
        # The documented way to set a field of a frozen dataclass while it is being made.
        object.__setattr__(self, name, value)

    def _check_ranges(self) -> None:
        check_teacher_change(self.teacher_change, self.change_share)
        for name, (kind, is_optional) in field_types().items():
            value = getattr(self, name)
            if kind not in (int, float) or is_optional or name == "change_share":
                continue
            may_be_0 = name in _MAY_BE_0
            if not 0 <= value < float("inf") or (value == 0 and not may_be_0):
                bound = "not negative" if may_be_0 else "greater than 0"
                raise ConfigError(f"{name} must be finite and {bound}, got {value}.")
        accuracy = self.teacher_accuracy
        if accuracy is not None and not (
            0 <= accuracy <= 1 and dataset_spec(self.dataset).built_in and self.data_root is None
        ):
            raise ConfigError(
                f"teacher_accuracy is a share from 0 to 1, of a built-in data set; got {accuracy} for "
                f"{self.dataset}."
            )
        if self.seed >= 2**32:
            raise ConfigError(f"seed must be less than 2**32, got {self.seed}.")
        if self.schedule == "plateau" and self.patience < 2:
            raise ConfigError(
                f"schedule plateau needs a patience of at least 2 validations, got {self.patience}; or name "
                "the schedule linear."
            )
        if not self.objective.weights:
            raise ConfigError(f"all weights that {self.method} uses are 0: nothing would train.")
        if self.lora_targets is not None and self.lora_rank is None:
            raise ConfigError(
                "lora_targets needs a lora_rank: adapters are trained where it is set."
            )
        if self.features == "encoder_hidden" and is_decoder_only(self.student):
            raise ConfigError(
                f"features encoder_hidden: {self.student} has no encoder; choose vocabulary or "
                "decoder_hidden."
            )
        for name in ("train_size", "threads", "lora_rank"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be at least 1, got {value}.")
        if self.objective.is_coupled and self.micro_batch_size != self.batch_size:
            raise ConfigError(
                f"mi_form {self.mi_form} compares the examples of a batch, so micro_batch_size must be "
                f"the batch_size {self.batch_size}, got {self.micro_batch_size}."
            )
        if self.batch_size % self.micro_batch_size:
            raise ConfigError(
                f"batch_size {self.batch_size} must be a multiple of micro_batch_size "
                f"{self.micro_batch_size}."
            )

    @property
    def objective(self) -> Objective:
        """The weights and choices of the loss; a method without a task gives its term no weight."""
        method = method_named(self.method)
        return Objective(
            alpha1=self.alpha1 if method.explains else 1.0,
            alpha2=self.alpha2 if method.explains else 0.0,
            alpha3=self.alpha3 if method.uses_mi else 0.0,
            form=self.mi_form,
            pool=self.pool,
            divergence=self.divergence,
            detach=self.detach,
            features=self.features,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON values; of the later ones those that are set."""
        return {
            n: value for n, value in asdict(self).items() if n not in _LATER or value is not None
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Build a configuration from plain values; ConfigError names the nearest field where one is none."""
        names = [item.name for item in fields(cls)]
        for name in values:
            if name not in names:
                raise unknown_name("parameter", name, names)
        if "dataset" not in values:
            raise ConfigError("dataset is missing: name one, such as nano_svamp.")
        return cls(**values)

    @property
    def run_name(self) -> str:
        """The run's folder: data set, method, student, seed and a hash of the whole configuration."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:10]
        student = Path(self.student).resolve().name
        return f"{self.dataset}-{self.method}-{student}-seed{self.seed}-{digest}"


@cache
def field_types() -> dict[str, tuple[Any, bool]]:
    """Return of each field its type (`str`, `int`, `float` or a Literal) and whether it may be None."""
    found = {}
    for name, hint in get_type_hints(RunConfig).items():
        parts = (hint,) if get_origin(hint) is Literal else get_args(hint) or (hint,)
        (kind,) = (part for part in parts if part is not NoneType)
        found[name] = (kind, NoneType in parts)
    return found
