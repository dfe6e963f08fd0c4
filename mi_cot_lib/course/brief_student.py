"""A built-in student after a short training, for looking at losses; not for its accuracy."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.data.specs import Example
from mi_cot_lib.student.encode import EncodedPair, encode_pairs
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import train

# Built-in texts are shorter.
_MOST_INPUT, _MOST_TARGET = 256, 128


@dataclass(frozen=True)
class BriefStudent:
    """What a short training leaves.

    Attributes:
        student: In evaluation mode, as the last step left it.
        history: A row each logged step, see `training.train.Trained`; gradient norms are weighted.
    """

    student: Student
    history: list[dict[str, float]]


def encoded(student: Student, examples: Sequence[Example]) -> list[EncodedPair]:
    """Encode both tasks of examples with their gold labels."""
    return encode_pairs(
        examples,
        [example.label for example in examples],
        student.tokeniser,
        explain=True,
        max_input_tokens=_MOST_INPUT,
        max_target_tokens=_MOST_TARGET,
    )


def train_briefly(
    examples: Sequence[Example],
    *,
    method: str,
    steps: int,
    name: str = "nano48",
    seed: int = 0,
) -> BriefStudent:
    """Train a built-in student for some steps. Nothing is selected on validation.

    Args:
        examples: What to train on, of one or several built-in data sets.
        method: `dss` or `mi`.
        steps: Of batches of 16.
        name: Of the student.
        seed: Of order and dropout.
    """
    student = load_student(name)
    config = RunConfig(
        dataset=examples[0].id.partition("/")[0], method=method, student=name, seed=seed,
        max_steps=steps, eval_every=steps,
    )  # fmt: skip
    pairs = encoded(student, examples)
    with tempfile.TemporaryDirectory() as folder:
        trained = train(
            config, student, pairs, pairs[:16], lambda _: {"accuracy": 0.0}, Path(folder)
        )
    student.model.eval()
    return BriefStudent(student, [row for row in trained.history if "loss" in row])
