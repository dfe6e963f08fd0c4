"""A student small enough to train in a second, and the few examples that it is trained on."""

import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration

from mi_cot_lib.data.specs import Example
from mi_cot_lib.student.encode import encode_pairs
from mi_cot_lib.student.load import Student
from mi_cot_lib.student.tokeniser import train_tokeniser

STORY = "Ann has {a} pens and buys {b} more. How many pens has Ann now?"


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


@pytest.fixture
def examples():
    return make_examples(24)


@pytest.fixture
def make_student(tokeniser):
    def make(dropout: float = 0.1) -> Student:
        torch.manual_seed(0)
        shape = T5Config(
            vocab_size=len(tokeniser),
            d_model=32,
            d_kv=8,
            num_heads=4,
            d_ff=64,
            num_layers=1,
            feed_forward_proj="gated-gelu",
            dropout_rate=dropout,
            decoder_start_token_id=0,
        )
        return Student(T5ForConditionalGeneration(shape), tokeniser)

    return make


@pytest.fixture
def encode(tokeniser):
    def encode_all(examples, *, explain: bool = True):
        return encode_pairs(
            examples,
            [example.label for example in examples],
            tokeniser,
            explain=explain,
            max_input_tokens=64,
            max_target_tokens=64,
        )

    return encode_all
