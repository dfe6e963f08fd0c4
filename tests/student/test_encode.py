"""Prompts, targets and padding, and the length that a student has positions for."""

import pytest
from tokenizers import processors
from transformers import AutoTokenizer

from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.generate import generate
from mi_cot_lib.student.encode import IGNORED, EncodedPair, collate, encode_pairs
from mi_cot_lib.student.folder import built_in_folder
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.student.wording import Wording
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.train import train
from tests.student.small_bart import AS_T5, small_bart


@pytest.fixture(scope="module")
def tokeniser():
    return load_student("nano").tokeniser


EXAMPLES = [
    Example("x/train/0", "Ann has 3 pens.", "( 3.0 + 2.0 )", "She has 3.", "( 3.0 + 2.0 )"),
    Example("x/train/1", "Ben buys 12 red apples at the market.", "( 12.0 - 4.0 )", None, None),
]


def encode(tokeniser, examples=EXAMPLES, **changes):
    arguments = {"explain": True, "max_input_tokens": 64, "max_target_tokens": 64, **changes}
    return encode_pairs(examples, [e.label for e in examples], Wording(tokeniser), **arguments)


def test_both_prompts_carry_the_same_text_under_their_own_prefix(tokeniser):
    pair = encode(tokeniser)[0]
    assert tokeniser.decode(pair.predict_input[:-1]) == "predict: Ann has 3 pens."
    assert tokeniser.decode(pair.explain_input[:-1]) == "explain: Ann has 3 pens."
    assert tokeniser.decode(pair.predict_target[:-1]) == "( 3.0 + 2.0 )"
    assert tokeniser.decode(pair.explain_target[:-1]) == "She has 3."


def test_padding_is_masked_in_inputs_and_ignored_in_targets(tokeniser):
    pairs = encode(tokeniser)
    batch = collate(pairs, tokeniser.pad_token_id)
    for row, pair in enumerate(pairs):
        length = len(pair.predict_input)
        assert batch["input_ids"][row, :length].tolist() == pair.predict_input
        assert batch["attention_mask"][row].sum() == length
        assert (batch["input_ids"][row, length:] == tokeniser.pad_token_id).all()
    assert (batch["labels"][1] != IGNORED).any()
    # The second has no rationale.
    assert (batch["explain_labels"][1] == IGNORED).all()
    alone = collate(encode(tokeniser, explain=False), tokeniser.pad_token_id)
    assert set(alone) == {"input_ids", "attention_mask", "labels"}


def test_long_texts_are_cut_to_the_limits_and_no_examples_give_no_pairs(tokeniser):
    pairs = encode(tokeniser, max_input_tokens=5, max_target_tokens=4)
    assert max(len(pair.predict_input) for pair in pairs) == 5
    assert max(len(pair.predict_target) for pair in pairs) == 4
    assert encode(tokeniser, []) == encode(tokeniser, [], explain=False) == []


def test_a_tokeniser_that_ends_no_text_still_has_targets_that_end(tokeniser):
    bare = AutoTokenizer.from_pretrained(built_in_folder("nano"))
    bare.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A")
    assert bare("Ann")["input_ids"] == tokeniser("Ann")["input_ids"][:-1]
    for limits in ({}, {"max_target_tokens": 4}):
        for ours, usual in zip(encode(bare, **limits), encode(tokeniser, **limits), strict=True):
            assert ours.predict_target == usual.predict_target
            assert ours.explain_target == usual.explain_target


def test_a_text_longer_than_the_students_positions_is_refused_with_its_length(tokeniser, tmp_path):
    model = small_bart(vocab_size=len(tokeniser), max_position_embeddings=40, **AS_T5)
    student = Student(model, tokeniser)
    assert len(generate(student, ["pens " * 90], 40, 40)) == 1
    for limits in ((41, 4), (8, 41)):
        with pytest.raises(ConfigError, match="41 tokens.* 40 "):
            generate(student, ["pens " * 90], *limits)
    settings = RunConfig(dataset="nano_svamp", method="dss", max_steps=1, batch_size=1)
    for row in (([5] * 41, [6], [5], [6]), ([5], [6], [5], [6] * 41)):
        pairs = [EncodedPair(*row)]
        with pytest.raises(ConfigError, match="41 tokens.* 40 .*--max-input-tokens"):
            train(settings, student, pairs, pairs, lambda model: {"accuracy": 0.0}, tmp_path)
