"""A tokeniser reads the task's text back, or what it loses is said; one that loses most is refused."""

import json

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.names import built_in_folder
from mi_cot_lib.student.reading import check_reading, lost_pieces
from tests.student.damaged import edit, whole


@pytest.fixture(scope="module")
def nano():
    return AutoTokenizer.from_pretrained(built_in_folder("nano"))


@pytest.fixture(scope="module")
def t5(shared):
    return AutoTokenizer.from_pretrained(shared / "t5-tokenizer")


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
    odd = "{3} <b> ~ ^ \\ `a`\nb  c\td é ½ … “q” 汉 \u200e \xa0 x</s>y"
    assert lost_pieces([odd], nano)[0] == {}
    for dataset in ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli"):
        rows = load_split(dataset, "test")
        texts = [text for row in rows for text in (row.input, row.label, row.rationale or "")]
        assert lost_pieces(texts, nano)[0] == {}


def test_t5s_own_tokeniser_loses_line_breaks_and_some_signs_and_is_not_refused(t5, shared, capsys):
    rows = load_split("cqa", "test", shared / "dss")
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
    assert "\n" not in said
    for part in ("folder", "3 of 5 words", "'seven' as '<unk>'"):
        assert part in said


def test_a_tokeniser_that_puts_blanks_into_words_loses_them():
    backend = Tokenizer(models.WordLevel({"<unk>": 0, "3": 1, ".": 2, "0": 3}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    own = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    assert lost_pieces(["3.0"], own)[0]["3.0"] == "3 . 0"


def test_an_empty_tokeniser_is_refused_before_any_data_is_read(tmp_path):
    folder = whole(tmp_path / "student")
    for path in folder.glob("tokenizer*"):
        path.unlink()
    words_only().save_pretrained(folder)
    for name in ("config.json", "generation_config.json"):
        edit(folder / name, eos_token_id=1)
    with pytest.raises(KitError, match="no word of the prompts"):
        load_student(str(folder))


def test_a_run_and_an_evaluation_say_what_is_lost(tmp_path, shared, monkeypatch, capfd):
    from mi_cot_lib import RunConfig, run
    from mi_cot_lib.experiments.running.evaluate import evaluate

    folder = whole(tmp_path / "student")
    edit(
        folder / "tokenizer.json",
        normalizer={"type": "Replace", "pattern": {"String": "?"}, "content": "!"},
    )
    root = tmp_path / "root"
    (root / "sums").mkdir(parents=True)
    (root / "sums/dataset.json").write_text(
        json.dumps({"title": "Sums", "answer_type": "equation", "licence": "CC0-1.0"})
    )
    (root / "sums/sums_test.json").write_text('{"input": "Why 3?", "label": "3"}\n')
    evaluate(folder, "sums", root)
    assert "'3?' as '3!' (1 times)" in capfd.readouterr().err
    config = RunConfig(
        **{"dataset": "nano_svamp", "student": str(folder), "method": "finetune", "train_size": 8},
        **{"max_steps": 1, "batch_size": 2, "max_new_tokens": 2, "precision": "fp32"},
    )
    run(config, tmp_path / "runs")
    assert capfd.readouterr().err.count("note: the tokeniser of") == 1
