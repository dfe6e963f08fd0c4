"""Is a predicted label right? The value of an equation, or the exact text."""

from mi_cot_lib.data.check import label_is_right
from mi_cot_lib.data.specs import DatasetSpec
from mi_cot_lib.student.encode import ANSWER_MARK


def is_correct(dataset: str | DatasetSpec, predicted: str, gold: str) -> bool:
    """Score one predicted label as the paper does, without running it as code.

    Args:
        dataset: Name of the data set, or the specification of one of the user's own.
        predicted: What the student wrote.
        gold: The gold label.

    Returns:
        For equations, whether both have the same value (a malformed equation or a division by zero
        has none and is wrong); otherwise whether the texts are equal but for outer white space.

    Raises:
        ConfigError: Unknown data set.
    """
    return label_is_right(dataset, predicted.strip(), gold.strip())


def split_single_task(text: str) -> tuple[str, str]:
    """Split the single-task method's output into rationale and label at the last answer mark.

    Returns:
        Rationale and label; the label is empty where the mark is missing.
    """
    rationale, mark, label = text.rpartition(ANSWER_MARK.strip())
    return (rationale.strip(), label.strip()) if mark else (text.strip(), "")
