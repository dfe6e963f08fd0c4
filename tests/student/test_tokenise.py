"""The fast way to token ids gives the ids of the plain calls."""

import functools
import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import processors
from transformers import AutoTokenizer, ByT5Tokenizer, PreTrainedTokenizerFast

from mi_cot_lib.data.load import load_split
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX, encode_pairs
from mi_cot_lib.student.folder import NAMED_STUDENTS
from mi_cot_lib.student.tokenise import (
    Column,
    collector_paused,
    fast_token_ids,
    plain_token_ids,
    reads_words_alone,
    token_ids,
)

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
ODD = [
    "", " ", "  two spaces first", "trailing ", "a  b", "a\nb c\td", "x </s> y", "x</s>The end.",
    "Ann</s> runs", "</s>", "<extra_id_0> a b <extra_id_1>b", "a <pad> b", "▁a ▁b c▁ d", "naïve café",
    "a \u0301b", "a\u00a0b c", "ﬁne ½ ① Å", "日本 語 text", "🙂 a 👨‍👩‍👧 b", "<0x41> b", "a - b -- c",
    'He said: "no" (twice), didn\'t he?', "3.0 + 2.0", "e\u0301 e", "\u200b x", "a \r\n b",
]  # fmt: skip
PIECES = st.one_of(
    st.sampled_from(
        [" ", " ", "a", "Ann", "b.", "7", '"', "(", "-", *(text for text in ODD if text)]
    ),
    st.text(max_size=4),
)
TEXTS = st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=4)
LIMITS = st.integers(1, 12)


@functools.cache
def tokeniser_named(name: str) -> PreTrainedTokenizerFast:
    if name == "nano":
        return AutoTokenizer.from_pretrained(NAMED_STUDENTS["nano"])
    if not (SHARED / "t5-tokenizer").is_dir():
        pytest.skip("T5's tokeniser is not beside the repository")
    return AutoTokenizer.from_pretrained(SHARED / "t5-tokenizer")


@pytest.fixture(params=["nano", "t5"])
def tokeniser(request):
    return tokeniser_named(request.param)


@pytest.fixture
def nano():
    return AutoTokenizer.from_pretrained(NAMED_STUDENTS["nano"])


@pytest.mark.parametrize("name", ["nano", "t5"])
@given(texts=TEXTS, others=TEXTS, limit=LIMITS)
def test_any_texts_have_the_ids_of_the_plain_call(name, texts, others, limit):
    tokeniser = tokeniser_named(name)
    columns = [Column(texts, limit), Column(others, 512)]
    assert fast_token_ids(columns, tokeniser) == plain_token_ids(columns, tokeniser)


@pytest.mark.parametrize("limit", [1, 2, 7, 512])
def test_odd_texts_have_the_ids_of_the_plain_call(tokeniser, limit):
    joined = [f"{first} {second}" for first in ODD for second in ODD]
    columns = [Column(ODD, limit), Column(joined, limit)]
    assert fast_token_ids(columns, tokeniser) == plain_token_ids(columns, tokeniser)


@pytest.mark.parametrize(
    ("dataset", "split"),
    [("esnli", "valid"), ("anli1", "test"), ("cqa", "test"), ("svamp", "train")],
)
def test_real_texts_have_the_ids_of_the_plain_call(tokeniser, dataset, split):
    if not (SHARED / "dss").is_dir():
        pytest.skip("the real DSS data is not beside the repository")
    examples = load_split(dataset, split, SHARED / "dss")[:400]
    columns = [
        Column([PREDICT_PREFIX + example.input for example in examples], 1024),
        Column([EXPLAIN_PREFIX + example.input for example in examples], 24),
        Column([example.label for example in examples], 256),
        Column([example.rationale or "" for example in examples], 16),
    ]
    assert fast_token_ids(columns, tokeniser) == plain_token_ids(columns, tokeniser)


def test_rows_of_equal_texts_are_lists_of_their_own(nano):
    first, second = token_ids([Column(["yes", "yes"], 8)], nano)[0]
    first.append(0)
    assert second == nano("yes")["input_ids"]


def test_the_collector_runs_again_after_an_error_and_stays_off_where_it_was_off():
    with pytest.raises(ValueError, match="inside"), collector_paused():
        assert not gc.isenabled()
        raise ValueError("inside")
    assert gc.isenabled()
    with collector_paused():
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_earlier_truncation_of_the_tokeniser_does_not_linger(nano):
    nano("a b c d", truncation=True, max_length=2, padding="max_length")
    whole = token_ids([Column(["Ann has three red pens."], 64)], nano)[0][0]
    assert whole == nano("Ann has three red pens.")["input_ids"]


def test_words_are_read_alone_only_where_no_added_token_can_hold_a_space(tokeniser, nano):
    assert reads_words_alone(tokeniser.backend_tokenizer)
    nano.add_tokens(["red pens"])
    assert not reads_words_alone(nano.backend_tokenizer)
    columns = [Column(["Ann has red pens in the box", "red pens"], 64)]
    assert fast_token_ids(columns, nano) == plain_token_ids(columns, nano)


def test_a_tokeniser_that_joins_words_is_given_whole_texts(nano):
    nano.backend_tokenizer.pre_tokenizer = None
    assert not reads_words_alone(nano.backend_tokenizer)
    columns = [Column([*ODD, "Ann has 3 pens."], 9)]
    assert fast_token_ids(columns, nano) == plain_token_ids(columns, nano)


def with_a_start_token(nano):
    nano.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<pad> $A </s>", special_tokens=[("<pad>", 0), ("</s>", 1)]
    )
    return nano


def cutting_at_the_start(nano):
    nano.truncation_side = "left"
    return nano


@pytest.mark.parametrize(
    "change", [with_a_start_token, cutting_at_the_start, lambda _: ByT5Tokenizer()]
)
def test_a_tokeniser_of_another_build_is_called_plainly(nano, change):
    tokeniser = change(nano)
    columns = [Column(["Ann has 3 red pens.", "", "b"], 4)]
    assert fast_token_ids(columns, tokeniser) is None
    assert token_ids(columns, tokeniser) == plain_token_ids(columns, tokeniser)


class LowerCase(PreTrainedTokenizerFast):
    def __call__(self, texts, **options):
        return super().__call__([text.lower() for text in texts], **options)


def test_a_tokeniser_that_changes_texts_on_its_own_keeps_its_ids(nano):
    tokeniser = LowerCase(tokenizer_object=nano.backend_tokenizer)
    columns = [Column(["Ann Has Pens."] * 40, 64)]
    plain = plain_token_ids(columns, tokeniser)
    assert fast_token_ids(columns, tokeniser) != plain
    assert token_ids(columns, tokeniser) == plain


def test_no_examples_give_no_pairs(nano):
    for explain in (True, False):
        assert not encode_pairs(
            [], [], nano, explain=explain, max_input_tokens=9, max_target_tokens=4
        )
