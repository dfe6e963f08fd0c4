"""A student small enough to train in a second, the few examples that it is trained on, and its training."""

from pathlib import Path

import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.specs import Example
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.nano import train_tokeniser
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import train

STORY = "Ann has {a} pens and buys {b} more. How many pens has Ann now?"


def config(**changes) -> RunConfig:
    values = {"max_steps": 6, "batch_size": 8, "eval_every": 2, "learning_rate": 1e-3}
    values |= {"patience": 0, "schedule": "linear", "embedding_rate": 1.0, **changes}
    return RunConfig(dataset="nano_svamp", **values)


def weights(student) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in student.model.parameters()])


def half_right(model) -> dict[str, float]:
    """Validate without a look at the model."""
    return {"accuracy": 0.5}


def make_examples(count: int) -> list[Example]:
    examples = []
    for row in range(count):
        a, b = 3 + 7 * row % 50, 2 + 5 * row % 40
        rationale = f"Ann has {a} pens. She buys {b}." + " So she has more." * (row % 3)
        label = f"( {a}.0 + {b}.0 )"
        examples.append(
            Example(f"nano_svamp/train/{row}", STORY.format(a=a, b=b), label, rationale, label)
        )
    return examples


@pytest.fixture(scope="session")
def tokeniser():
    return train_tokeniser(example.input for example in make_examples(50))


@pytest.fixture(scope="session")
def examples():
    return make_examples(24)


@pytest.fixture(scope="session")
def make_student(tokeniser):
    def make(dropout: float = 0.1) -> Student:
        torch.manual_seed(0)
        shape = T5Config(
            **{"vocab_size": len(tokeniser), "d_model": 32, "d_kv": 8, "num_heads": 4, "d_ff": 64},
            **{"num_layers": 1, "feed_forward_proj": "gated-gelu", "dropout_rate": dropout},
            decoder_start_token_id=0,
        )
        return Student(T5ForConditionalGeneration(shape), tokeniser)

    return make


@pytest.fixture(scope="session")
def encode(tokeniser):
    def encode_all(examples, *, explain: bool = True):
        labels = [example.label for example in examples]
        limits = {"max_input_tokens": 64, "max_target_tokens": 64}
        return encode_pairs(examples, labels, tokeniser, explain=explain, **limits)

    return encode_all


@pytest.fixture(scope="session")
def fit(make_student, encode, examples, tmp_path_factory):
    """Train a student, by default a fresh one, and return it with what `train` returned."""

    def fit_one(
        settings: RunConfig,
        folder: Path | None = None,
        validate=half_right,
        student=None,
        rows=examples,
    ):
        student = student or make_student()
        pairs = encode(rows, explain=settings.method in ("dss", "mi"))
        folder = folder or tmp_path_factory.mktemp("run")
        return student, train(settings, student, pairs, pairs[:8], validate, folder)

    return fit_one
