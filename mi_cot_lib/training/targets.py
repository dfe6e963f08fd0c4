"""What a run trains on: the examples that can be used, and the text that the prediction task writes."""

from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.teacher.changes import changed_teacher
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.objective.methods import method_named
from mi_cot_lib.student.encode import ANSWER_MARK
from mi_cot_lib.training.config import RunConfig


def training_targets(
    config: RunConfig, examples: list[Example], *, keep_all: bool = False
) -> tuple[list[Example], list[str]]:
    """Choose the examples that can be trained on and write their prediction targets.

    Args:
        config: Method, labels, train_size and what to do with unparsed teacher text.
        examples: A split.
        keep_all: For validation: `train_size` and `teacher_change` do not apply. What cannot be trained
            on is left out of the validation loss as well; validation accuracy is over all examples and
            gold labels.

    Returns:
        Examples and the text that the prediction task has to write for each.

    Raises:
        ConfigError: `train_size` is larger than the split.
    """
    method = method_named(config.method)
    if config.train_size is not None and not keep_all:
        if config.train_size > len(examples):
            raise ConfigError(
                f"train_size {config.train_size} is more than the {len(examples)} training "
                f"examples of {config.dataset}."
            )
        examples = examples[: config.train_size]
    if not keep_all:
        examples = changed_teacher(
            examples, config.teacher_change, config.change_share, config.seed
        )
    if config.unparsed == "keep_empty":
        examples = [_with_empty_texts(example) for example in examples]
    usable, targets = [], []
    for example in examples:
        label = example.teacher_label if config.labels == "teacher" else example.label
        if method.target_has_rationale and label is not None and example.rationale is not None:
            target: str | None = example.rationale + ANSWER_MARK + label
        elif method.target_has_rationale:
            target = None
        else:
            target = label
        if target is not None:
            usable.append(example)
            targets.append(target)
    return usable, targets


def _with_empty_texts(example: Example) -> Example:
    return Example(
        example.id,
        example.input,
        example.label,
        example.rationale or "",
        example.teacher_label or "",
    )
