"""The fast way to token ids gives those of the plain calls; what a tokeniser loses is said or refused."""

import functools
import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, ByT5Tokenizer, PreTrainedTokenizerFast

from mi_cot_lib import RunConfig, run
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.experiments.running.evaluate import evaluate
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.folder import NAMED_STUDENTS
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.tokenise import (
    Column,
    check_reading,
    collector_paused,
    fast_token_ids,
    lost_pieces,
    plain_token_ids,
    reads_words_alone,
    token_ids,
)
from tests.data.folders import REAL, describe, needs_real_data
from tests.student.damaged import CONFIGS, edit, settings, whole

SHARED = REAL.parent
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
    """Return a tokeniser that a test may change."""
    return AutoTokenizer.from_pretrained(NAMED_STUDENTS["nano"])


def assert_plain(tokeniser, *columns: Column) -> None:
    assert fast_token_ids(columns, tokeniser) == plain_token_ids(columns, tokeniser)


@pytest.mark.parametrize("name", ["nano", "t5"])
@given(texts=TEXTS, others=TEXTS, limit=st.integers(1, 12))
def test_any_texts_have_the_ids_of_the_plain_call(name, texts, others, limit):
    assert_plain(tokeniser_named(name), Column(texts, limit), Column(others, 512))


@pytest.mark.parametrize("limit", [1, 2, 7, 512])
def test_odd_texts_have_the_ids_of_the_plain_call(tokeniser, limit):
    assert reads_words_alone(tokeniser.backend_tokenizer)
    joined = [f"{first} {second}" for first in ODD for second in ODD]
    assert_plain(tokeniser, Column(ODD, limit), Column(joined, limit))


@needs_real_data
@pytest.mark.parametrize(
    ("dataset", "split"),
    [("esnli", "valid"), ("anli1", "test"), ("cqa", "test"), ("svamp", "train")],
)
def test_real_texts_have_the_ids_of_the_plain_call(tokeniser, dataset, split):
    examples = load_split(dataset, split, REAL)[:400]
    assert_plain(
        tokeniser,
        Column([PREDICT_PREFIX + example.input for example in examples], 1024),
        Column([EXPLAIN_PREFIX + example.input for example in examples], 24),
        Column([example.label for example in examples], 256),
        Column([example.rationale or "" for example in examples], 16),
    )


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


def with_a_token_of_two_words(nano):
    nano.add_tokens(["red pens"])


def joining_words(nano):
    nano.backend_tokenizer.pre_tokenizer = None


@pytest.mark.parametrize("change", [with_a_token_of_two_words, joining_words])
def test_words_are_read_alone_only_where_that_is_sure(nano, change):
    assert reads_words_alone(nano.backend_tokenizer)
    change(nano)
    assert not reads_words_alone(nano.backend_tokenizer)
    assert_plain(nano, Column([*ODD, "Ann has red pens in the box", "red pens"], 9))


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


def words_only(*words: str) -> PreTrainedTokenizerFast:
    """Make a tokeniser that knows these words and no others."""
    ids = {token: row for row, token in enumerate(["<pad>", "</s>", "<unk>", *words])}
    backend = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def examples(*texts: str) -> list[Example]:
    return [Example(f"x/test/{row}", text, "yes", None, None) for row, text in enumerate(texts)]


def test_the_built_in_tokeniser_loses_nothing_of_any_text(nano):
    texts = ["{3} <b> ~ ^ \\ `a`\nb  c\td é ½ … “q” 汉 \u200e \xa0 x</s>y"]
    for dataset in ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli"):
        for row in load_split(dataset, "test"):
            texts += [row.input, row.label, row.rationale or ""]
    assert lost_pieces(texts, nano)[0] == {}


def test_t5s_own_tokeniser_loses_line_breaks_and_some_signs_and_is_not_refused(shared, capsys):
    rows, t5 = load_split("cqa", "test", shared / "dss"), tokeniser_named("t5")
    check_reading(rows, "google/t5-v1_1-small", "cqa", t5)
    out, said = capsys.readouterr()
    assert out == "" and said.count("\n") == 1
    assert said.startswith("note: ") and "google/t5-v1_1-small" in said
    assert r"'\n' as ' ' (" in said
    lost, _ = lost_pieces(["a {b} `c` naïve fine.</s>Also fine.  Two"], t5)
    assert lost == {"{b}": "<unk>b<unk>", "`c`": "<unk>c<unk>", "naïve": "na<unk>ve", "  ": " "}


def test_what_a_note_counts_is_what_the_text_holds(nano, capsys):
    known = words_only("yes", "Ann", "has", "pens.")
    check_reading(examples("Ann has seven pens.", "Ann\nhas pens."), "a student", "x", known)
    said = capsys.readouterr().err
    assert "'seven' as '<unk>' (1 times)" in said and r"'\n' as ' ' (1 times)" in said
    assert "1 of 9 words" in said and "0 of 2 labels" in said
    check_reading(examples("Ann has pens."), "a student", "x", nano)
    assert capsys.readouterr() == ("", "")


def test_a_tokeniser_that_loses_most_words_is_refused_with_examples():
    with pytest.raises(ConfigError) as refused:
        check_reading(examples("Ann has seven pens."), "folder", "x", words_only("yes", "Ann"))
    said = str(refused.value)
    assert "\n" not in said and said.startswith("the tokeniser of folder")
    assert "3 of 5 words" in said and "'seven' as '<unk>'" in said


def test_a_tokeniser_that_puts_blanks_into_words_loses_them():
    backend = Tokenizer(models.WordLevel({"<unk>": 0, "3": 1, ".": 2, "0": 3}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    own = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    assert lost_pieces(["3.0"], own)[0]["3.0"] == "3 . 0"


def test_an_empty_tokeniser_is_refused_before_any_data_is_read(tmp_path):
    folder = whole(tmp_path / "student")
    words_only().save_pretrained(folder)
    settings(*CONFIGS, eos_token_id=1)(folder)
    with pytest.raises(KitError, match="no word of the prompts"):
        load_student(str(folder))


def test_a_run_and_an_evaluation_say_what_is_lost(tmp_path, capfd):
    folder = whole(tmp_path / "student")
    replaced = {"type": "Replace", "pattern": {"String": "?"}, "content": "!"}
    edit(folder / "tokenizer.json", normalizer=replaced)
    described = {"title": "Sums", "answer_type": "equation", "licence": "CC0-1.0"}
    rows = [{"input": "Why 3?", "label": "3"}]
    evaluate(folder, "sums", describe(tmp_path / "root", "sums", described, rows))
    assert "'3?' as '3!' (1 times)" in capfd.readouterr().err
    config = RunConfig(
        **{"dataset": "nano_svamp", "student": str(folder), "method": "finetune", "train_size": 8},
        **{"max_steps": 1, "batch_size": 2, "max_new_tokens": 2, "precision": "fp32"},
    )
    run(config, tmp_path / "runs")
    assert capfd.readouterr().err.count("note: the tokeniser of") == 1
