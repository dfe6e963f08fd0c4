"""The cache of token ids: the same content is read, anything else is made."""

import dataclasses
import os
from pathlib import Path

import pytest
from transformers import AutoTokenizer, ByT5Tokenizer

from mi_cot_lib.data.example import Example
from mi_cot_lib.student import token_cache
from mi_cot_lib.student.encode import EncodedPair, encode_pairs
from mi_cot_lib.student.names import NAMED_STUDENTS
from mi_cot_lib.student.token_cache import cached_token_ids, content_key
from mi_cot_lib.student.tokenise import Column, plain_token_ids, token_ids


@pytest.fixture
def nano():
    return AutoTokenizer.from_pretrained(NAMED_STUDENTS["nano"])


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path))
    return tmp_path / "tokens"


@pytest.fixture
def made(monkeypatch) -> list[int]:
    """One entry for each time that token ids are made rather than read."""
    calls: list[int] = []

    def counted(columns, tokeniser):
        calls.append(len(columns))
        return token_ids(columns, tokeniser)

    monkeypatch.setattr(token_cache, "token_ids", counted)
    return calls


def columns_of(count: int = 1_200, limit: int = 16) -> list[Column]:
    return [Column([f"predict: Ann has {n} red pens." for n in range(count)], limit)]


def test_the_cache_returns_the_same_ids_without_making_them(cache, made, nano):
    columns = [*columns_of(), Column([], 8), Column(["", "a", "日本"], 5)]
    first = cached_token_ids(columns, nano)
    assert cached_token_ids(columns, nano) == first == plain_token_ids(columns, nano)
    assert len(made) == 1
    assert [path.suffix for path in cache.iterdir()] == [".bin"]


def test_without_a_home_folder_nothing_is_kept_and_all_is_made(tmp_path, monkeypatch, made, nano):
    for name in ("MI_COT_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    # A folder that is none, as an unknown user's is.
    monkeypatch.setenv("HOME", "relative")
    monkeypatch.chdir(tmp_path)
    columns = columns_of()
    assert cached_token_ids(columns, nano) == plain_token_ids(columns, nano)
    assert len(made) == 1 and list(tmp_path.iterdir()) == []


def test_few_texts_are_not_kept(cache, nano):
    cached_token_ids(columns_of(20), nano)
    assert not cache.exists()


def test_a_key_depends_on_limit_texts_columns_and_tokeniser_only(nano):
    columns = [Column(["a b", "c"], 8), Column(["d"], 8)]
    key = content_key(columns, nano)
    nano("some text", truncation=True, max_length=3)
    assert content_key([Column(("a b", "c"), 8), Column(["d"], 8)], nano) == key
    others = [
        content_key([Column(["a b", "c"], 9), Column(["d"], 8)], nano),
        content_key([Column(["a", "b c"], 8), Column(["d"], 8)], nano),
        content_key([Column(["a b"], 8), Column(["c", "d"], 8)], nano),
    ]
    nano.add_tokens(["pens"])
    others.append(content_key(columns, nano))
    assert len({key, *others}) == 5


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:40],
        lambda content: content[:-4],
        lambda content: content + b"\0\0\0\0",
        lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:],
        lambda content: bytes([content[0] ^ 1]) + content[1:],
    ],
    ids=["empty", "short", "cut", "longer", "changed id", "changed digest"],
)
def test_a_damaged_entry_is_made_anew(cache, made, nano, damage):
    columns = columns_of()
    expected = cached_token_ids(columns, nano)
    (entry,) = cache.iterdir()
    content = entry.read_bytes()
    entry.write_bytes(damage(content))
    assert cached_token_ids(columns, nano) == expected
    assert len(made) == 2
    assert entry.read_bytes() == content


def test_without_a_folder_to_write_to_nothing_is_kept(tmp_path, monkeypatch, made, nano):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MI_COT_CACHE", str(tmp_path / "file"))
    columns = columns_of()
    assert cached_token_ids(columns, nano) == cached_token_ids(columns, nano)
    assert len(made) == 2


def test_a_slow_tokeniser_is_not_cached(cache):
    columns = columns_of()
    assert cached_token_ids(columns, ByT5Tokenizer()) == plain_token_ids(columns, ByT5Tokenizer())
    assert not cache.exists()


def test_the_entries_used_longest_ago_go_first(cache, made, nano, monkeypatch):
    def key(limit):
        return content_key(columns_of(limit=limit), nano)

    for age, limit in [(2_000, 5), (1_000, 6)]:
        cached_token_ids(columns_of(limit=limit), nano)
        os.utime(cache / f"{key(limit)}.bin", (1e9 - age, 1e9 - age))
    cached_token_ids(columns_of(limit=5), nano)
    # Room for the entries of limits 5 and 7, of 29 and 38 kB, but not for a third.
    monkeypatch.setattr(token_cache, "MAX_BYTES", 80_000)
    cached_token_ids(columns_of(limit=7), nano)
    assert len(made) == 3
    assert {path.stem for path in cache.iterdir()} == {key(5), key(7)}


def test_encoded_pairs_from_the_cache_are_those_of_the_plain_calls(cache, made, nano):
    examples = [
        Example(f"x/train/{n}", f"Ann has {n} pens.</s>Ben has none.", "no", None, None)
        for n in range(600)
    ]
    examples[::2] = [dataclasses.replace(e, rationale="Ann has  more.") for e in examples[::2]]
    labels = [example.label for example in examples]

    def encode(explain):
        return encode_pairs(
            examples, labels, nano, explain=explain, max_input_tokens=9, max_target_tokens=4
        )

    def plain(text, limit):
        return nano(text, truncation=True, max_length=limit)["input_ids"]

    expected = [
        EncodedPair(
            plain(f"predict: {e.input}", 9),
            plain(e.label, 4),
            plain(f"explain: {e.input}", 9),
            plain(e.rationale, 4) if e.rationale else [],
        )
        for e in examples
    ]
    assert encode(True) == expected == encode(True)
    alone = [dataclasses.replace(p, explain_input=[], explain_target=[]) for p in expected]
    assert encode(False) == alone == encode(False)
    assert len(made) == 2
