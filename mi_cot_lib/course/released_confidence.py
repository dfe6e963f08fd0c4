"""What the released calibration script computes, retold: for comparison with `evaluation.calibration`.

Source: `uncertainty.py` and `calib_metrics.py` of xinchen9/cot_distillation_ACL2024. Nothing here is used
to score a student.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mi_cot_lib.errors import ConfigError


class ReleasedScores(NamedTuple):
    """What the script reports, as shares.

    Attributes:
        confidence: Its "avg_probs".
        error: Its "ECE_equal_mass".
        accuracy: Its "acc".
    """

    confidence: float
    error: float
    accuracy: float


def score_as_released(first_step: np.ndarray, labels: Sequence[Sequence[int]]) -> ReleasedScores:
    """Score students' first decoder step as the released script does.

    Of each answer the script looks at the first step alone. Its `max()` is taken of a list that holds one
    list, and returns that list: the whole distribution, whose mean is 1/V whatever the student says.
    Each answer then counts as a data set of its own. Its bins pair the probabilities with the one
    predicted token, so only the first probability, that of token 0 (T5's padding), finds a partner: the
    error is |right − p(token 0)|. The accuracy is divided by the number of the label's tokens.

    Args:
        first_step: (answers, vocab), each row a distribution.
        labels: Token ids of each gold label, end token included.

    Raises:
        ConfigError: Not one label an answer, or an empty one.
    """
    if len(first_step) != len(labels) or not len(labels) or not all(map(len, labels)):
        raise ConfigError(
            f"got {len(first_step)} answers and {len(labels)} labels, none may be empty."
        )
    right = first_step.argmax(axis=1) == [label[0] for label in labels]
    return ReleasedScores(
        confidence=float(first_step.mean(axis=1).mean()),
        error=float(np.abs(right - first_step[:, 0]).mean()),
        accuracy=float(np.mean(right / [len(label) for label in labels])),
    )
