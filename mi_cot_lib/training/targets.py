"""What a run trains on: a teacher that can be read, the examples to use, what the prediction task writes."""

import random
import sys
from collections.abc import Sequence
from dataclasses import replace

from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import load_split, resolve_data_root
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.data.teacher.changes import changed_teacher
from mi_cot_lib.errors import ConfigError, DataError
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.encode import in_one
from mi_cot_lib.training.config import RunConfig

# Below this share of usable texts a run says so.
FEW = 0.5
_SHOWN = 200
# Of a real set's validation examples so many, or a quarter as many as are drawn for training if that is more:
# to answer all of them at each validation would take longer than to train on few.
LEAST_VALIDATED = 250


def validation_examples(config: RunConfig) -> list[Example]:
    """Return a run's validation examples: all, but beside few training examples of a real set the first."""
    examples = load_split(config.dataset, "valid", config.data_root)
    if config.train_size is None or dataset_spec(config.dataset).built_in:
        return examples
    return examples[: max(LEAST_VALIDATED, config.train_size // 4)]


def check_teacher(config: RunConfig, examples: Sequence[Example]) -> None:
    """Compare what a run needs of its teacher's texts with what could be read of them.

    Finetuning on gold labels needs nothing. Under half of the texts usable: a line on stderr with the
    share. None: a DataError that shows a text.
    """
    method = method_named(config.method)
    needed = {
        "rationale": method.explains or method.target_has_rationale,
        "teacher_label": config.labels == "teacher",
    }
    names = [name for name, is_needed in needed.items() if is_needed]
    if not names or not examples:
        return
    usable = sum(all(getattr(one, name) is not None for name in names) for one in examples)
    what = " and ".join(name.replace("teacher_", "") for name in names)
    if not usable:
        root = resolve_data_root(
            config.dataset, config.data_root, config.seed, config.teacher_accuracy
        )
        row = int(examples[0].id.rpartition("/")[2])
        text = read_split(root, config.dataset, "train")[row].teacher_text
        raise DataError(
            f"no {what} could be read in the teacher's {len(examples):,} training texts of "
            f"{config.dataset}, which {config.method} with {config.labels} labels needs; the text of "
            f"row {row + 1} begins {ascii(text[:_SHOWN])}. An answer is announced by 'The answer is', "
            "'Answer:' and the like, with the rationale before it."
        )
    if usable < FEW * len(examples):
        print(
            f"warning: {what} could be read in {usable:,} of the teacher's {len(examples):,} training "
            f"texts of {config.dataset} ({usable / len(examples):.0%}); `mi-cot data check --show 3` "
            "shows others.",
            file=sys.stderr,
        )


def training_examples(config: RunConfig) -> list[Example]:
    """Draw the examples that a run trains on: what another seed would draw anew.

    Of a built-in data set each seed has its own. Of files, `train_size` are drawn, larger sizes holding the
    smaller ones; the whole file is the same for every seed. ConfigError where it has not as many.
    """
    examples = load_split(
        config.dataset, "train", config.data_root, config.seed, config.teacher_accuracy
    )
    size = config.train_size
    if size is None:
        return examples
    if size > len(examples):
        raise ConfigError(
            f"train_size {size} is more than the {len(examples)} training examples of {config.dataset}."
        )
    return random.Random(config.seed).sample(examples, len(examples))[:size]


def training_targets(
    config: RunConfig, examples: list[Example], *, keep_all: bool = False
) -> tuple[list[Example], list[str]]:
    """Choose the examples that can be trained on and write the prediction target of each.

    `keep_all` is for validation: `teacher_change` does not apply. What cannot be trained on is left out of
    the validation loss as well; validation accuracy is over all examples and gold labels.
    """
    method = method_named(config.method)
    if not keep_all:
        examples = changed_teacher(
            examples, config.teacher_change, config.change_share, config.seed
        )
    if config.unparsed == "keep_empty":
        examples = [
            replace(one, rationale=one.rationale or "", teacher_label=one.teacher_label or "")
            for one in examples
        ]
    usable, targets = [], []
    for example in examples:
        target = example.teacher_label if config.labels == "teacher" else example.label
        if method.target_has_rationale and target is not None:
            rationale = example.rationale
            target = None if rationale is None else in_one(target, rationale, method.label_first)
        if target is not None:
            usable.append(example)
            targets.append(target)
    return usable, targets
