"""Prompts, targets and padding."""

import pytest
import torch
from tokenizers import processors
from transformers import AutoTokenizer

from mi_cot_lib.data.specs import Example
from mi_cot_lib.student.encode import IGNORED, collate, encode_pairs, widen
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.names import built_in_folder


@pytest.fixture(scope="module")
def tokeniser():
    return load_student("nano").tokeniser


EXAMPLES = [
    Example("x/train/0", "Ann has 3 pens.", "( 3.0 + 2.0 )", "She has 3.", "( 3.0 + 2.0 )"),
    Example("x/train/1", "Ben buys 12 red apples at the market.", "( 12.0 - 4.0 )", None, None),
]


def encode(tokeniser, **changes):
    arguments = {"explain": True, "max_input_tokens": 64, "max_target_tokens": 64, **changes}
    return encode_pairs(EXAMPLES, [e.label for e in EXAMPLES], tokeniser, **arguments)


def test_both_prompts_carry_the_same_text_under_their_own_prefix(tokeniser):
    pair = encode(tokeniser)[0]
    assert tokeniser.decode(pair.predict_input[:-1]) == "predict: Ann has 3 pens."
    assert tokeniser.decode(pair.explain_input[:-1]) == "explain: Ann has 3 pens."
    assert tokeniser.decode(pair.predict_target[:-1]) == "( 3.0 + 2.0 )"
    assert tokeniser.decode(pair.explain_target[:-1]) == "She has 3."


def test_an_example_without_rationale_has_an_empty_explain_target(tokeniser):
    batch = collate(encode(tokeniser), tokeniser.pad_token_id)
    assert (batch["explain_labels"][1] == IGNORED).all()
    assert (batch["labels"][1] != IGNORED).any()


def test_a_method_without_rationales_has_no_explain_tensors(tokeniser):
    batch = collate(encode(tokeniser, explain=False), tokeniser.pad_token_id)
    assert set(batch) == {"input_ids", "attention_mask", "labels"}


def test_padding_is_masked_in_inputs_and_ignored_in_targets(tokeniser):
    pairs = encode(tokeniser)
    batch = collate(pairs, tokeniser.pad_token_id)
    for row, pair in enumerate(pairs):
        length = len(pair.predict_input)
        assert batch["input_ids"][row, :length].tolist() == pair.predict_input
        assert batch["attention_mask"][row].sum() == length
        assert (batch["input_ids"][row, length:] == tokeniser.pad_token_id).all()


def test_long_texts_are_cut_to_the_limits(tokeniser):
    pairs = encode(tokeniser, max_input_tokens=5, max_target_tokens=4)
    assert max(len(pair.predict_input) for pair in pairs) == 5
    assert max(len(pair.predict_target) for pair in pairs) == 4


def test_widening_adds_ignored_positions_to_targets_only(tokeniser):
    batch = collate(encode(tokeniser), tokeniser.pad_token_id)
    width = batch["labels"].shape[1]
    wider = widen(batch, {"labels": width + 3})
    assert torch.equal(wider["labels"][:, :width], batch["labels"])
    assert (wider["labels"][:, width:] == IGNORED).all()
    assert torch.equal(wider["input_ids"], batch["input_ids"])


def test_a_tokeniser_that_ends_no_text_still_has_targets_that_end(tokeniser):
    bare = AutoTokenizer.from_pretrained(built_in_folder("nano"))
    bare.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A")
    assert bare("Ann")["input_ids"] == tokeniser("Ann")["input_ids"][:-1]
    for limits in ({}, {"max_target_tokens": 4}):
        for ours, usual in zip(encode(bare, **limits), encode(tokeniser, **limits), strict=True):
            assert ours.predict_target == usual.predict_target
            assert ours.explain_target == usual.explain_target
