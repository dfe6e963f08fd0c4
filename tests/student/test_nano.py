"""The built-in students' tokeniser loses nothing of any text, and has the words of world and tasks whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.student.load import load_student

SPECIAL = ("<pad>", "</s>", "<unk>", "<extra_id_")


@pytest.fixture(scope="module")
def tokeniser():
    return load_student("nano").tokeniser


@given(text=st.text())
def test_any_text_comes_back_but_for_one_leading_space(tokeniser, text):
    if any(mark in text for mark in SPECIAL):
        return
    ids = tokeniser(text)["input_ids"]
    assert ids[-1] == tokeniser.eos_token_id
    assert tokeniser.unk_token_id not in ids
    # A space mark that the text itself holds reads as a space, as with T5.
    expected = text.replace("▁", " ").removeprefix(" ")
    assert tokeniser.decode(ids, skip_special_tokens=True) == expected


def test_special_tokens_stand_where_t5_has_them_and_a_byte_spelled_is_not_that_byte(tokeniser):
    ids = tokeniser("<0x41>")["input_ids"]
    assert tokeniser.decode(ids, skip_special_tokens=True) == "<0x41>"
    assert (tokeniser.pad_token_id, tokeniser.eos_token_id, tokeniser.unk_token_id) == (0, 1, 2)
    assert tokeniser.convert_ids_to_tokens(tokeniser("a</s>b")["input_ids"]).count("</s>") == 2


def test_what_every_question_and_answer_has_takes_few_tokens(tokeniser):
    pieces = tokeniser.convert_ids_to_tokens(
        tokeniser("contradiction\n(a) ( 84.0 - 2.0 )")["input_ids"]
    )
    assert pieces[:-1] == [
        "▁contradiction",
        "\n(a)",
        "▁(",
        *("▁8", "4", ".0", "▁-", "▁2", ".0", "▁)"),
    ]


def test_digits_are_single_tokens_and_words_of_the_world_are_whole(tokeniser):
    pieces = tokeniser.convert_ids_to_tokens(tokeniser("How many apples are 8417 ?")["input_ids"])
    assert [piece.strip("▁") for piece in pieces[3:8]][1:] == ["8", "4", "1", "7"]
    assert "▁apples" in pieces
