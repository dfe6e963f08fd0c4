"""A built-in student after a short training, for looking at losses; not for its accuracy."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mi_cot_lib.data.specs import Example
from mi_cot_lib.student.encode import EncodedPair, collate, encode_pairs
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import Trained, train
from mi_cot_lib.training.trainer import Validate


class BriefStudent(NamedTuple):
    """A student as its last step left it, and a row each logged step, see `training.train.Trained`."""

    student: Student
    history: list[dict[str, float]]


def encoded(student: Student, examples: Sequence[Example]) -> list[EncodedPair]:
    """Encode both tasks of examples with their gold labels."""
    labels = [example.label for example in examples]
    # Built-in texts are shorter.
    limits = {"max_input_tokens": 256, "max_target_tokens": 128}
    return encode_pairs(examples, labels, student.tokeniser, explain=True, **limits)


def encoded_batches(
    student: Student, examples: Sequence[Example], batch_size: int
) -> Iterator[dict[str, Tensor]]:
    """Yield padded batches of examples, in order; each has a rationale."""
    pairs = encoded(student, examples)
    for start in range(0, len(pairs), batch_size):
        yield collate(pairs[start : start + batch_size], student.tokeniser.pad_token_id)


def gradient_of(loss: Tensor, student: Student) -> Tensor:
    """Return a loss's gradient by all of a student's weights, (weights,); its graph is kept."""
    weights = [weight for weight in student.model.parameters() if weight.requires_grad]
    parts = torch.autograd.grad(loss, weights, retain_graph=True, materialize_grads=True)
    return torch.cat([part.flatten() for part in parts]).double()


def train_on(
    examples: Sequence[Example],
    valid: Sequence[Example],
    config: RunConfig,
    student: Student,
    validate: Validate,
) -> Trained:
    """Train a student on both tasks with gold labels, and leave no file."""
    taught, held = (encoded(student, rows) for rows in (examples, valid))
    with tempfile.TemporaryDirectory() as folder:
        return train(config, student, taught, held, validate, Path(folder))


def train_briefly(
    examples: Sequence[Example], *, method: str, steps: int, **changes: Any
) -> BriefStudent:
    """Train the larger built-in student by `dss` or `mi` for some steps; nothing is selected.

    What else is changed is of `RunConfig`, such as `alpha3`.
    """
    student = load_student("nano")
    config = RunConfig(
        dataset=examples[0].id.partition("/")[0], method=method, student="nano",
        max_steps=steps, eval_every=steps, patience=0, schedule="linear", **changes,
    )  # fmt: skip
    trained = train_on(examples, examples[:16], config, student, lambda _: {"accuracy": 0.0})
    student.model.eval()
    return BriefStudent(student, [row for row in trained.history if "loss" in row])
