"""Replies that servers really send: a score is read and kept on disk, all else is shown and asked again."""

import json
import re
import sqlite3
import threading
from contextlib import closing

import pytest

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.judge import AnswerCache, Judged, LlmJudge
from tests.evaluation.chat_server import KEY, Reply, completion, failure, items


def kept(cache):
    with closing(sqlite3.connect(cache)) as file:
        return [answer for (answer,) in file.execute("SELECT answer FROM answers")]


def change(cache, statement):
    with closing(sqlite3.connect(cache)) as file, file:
        file.execute(statement)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "4"}],
        [{"type": "text", "text": "Score: "}, {"type": "text", "text": "4"}],
        [{"type": "thinking", "thinking": "so 3"}, {"type": "text", "text": "4"}],
        [{"type": "reasoning", "text": "so 3"}, {"type": "text", "text": "4"}],
        {"type": "text", "text": "4"},
        {"text": "4"},
        ["Score: ", "4"],
        [{"type": "reasoning", "text": "so 3"}, "4"],
        "<think>so 3</think>\n\n4",
        '{"score": 4}',
    ],
)
def test_content_in_one_or_more_parts_is_read_and_what_stands_beside_it_is_not(
    server, cache, content
):
    beside = {"reasoning_content": "Score: 2", "refusal": None}
    server.next = [Reply(body=completion({"content": content, **beside}))]
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]
    assert len(kept(cache)) == 1


# Completions without a text, why they ended, and what of them is shown.
EMPTY = [
    ({"content": None, "reasoning_content": "so 4 " * 9_999}, "length", ["length", "so 4"]),
    ({"content": ""}, "length", ["length"]),
    ({"content": "I would rate this 4"}, "length", ["length", "I would rate this 4"]),
    ({"content": "4"}, "content_filter", ["content_filter"]),
    ({"content": " \n"}, "stop", ["stop"]),
    ({"role": "assistant"}, "content_filter", ["content_filter"]),
    ({"content": None, "refusal": "I may not judge."}, "stop", ["I may not judge."]),
    ({"content": {}}, "stop", ["stop"]),
    ({"content": {"type": "reasoning", "text": "so 4"}}, "stop", ["so 4"]),
    ({"content": [{"type": "refusal", "refusal": "No."}]}, "stop", ["No."]),
    ({"content": None, "tool_calls": [{"id": "a"}]}, "tool_calls", ["tool_calls"]),
    ({"content": None, "refusal": f"\x1b[2J {KEY} 文"}, "stop", ["[key] 文"]),
]
# What a server sends that is no chat completion, and words of it that are shown.
BODIES = [
    ("<html>Log in, please. " + "x" * 9_999, "<html>Log in, please."),
    ('{"choices": [', '{"choices": ['),
    ("[" * 100_000, "[[["),
    *(
        (json.dumps(body, ensure_ascii=False), said)
        for body, said in (
            ({"object": "error", "message": "The model m does not exist.", "code": 404}, "m does not exist"),
            ({"error": {"message": "Quota spent.", "type": "quota"}}, "Quota spent."),
            ([{"error": {"message": "Quota spent."}}], "Quota spent."),
            ({"choices": [], "error": {"message": "Überlastet"}}, "Überlastet"),
            ({"choices": None, "detail": "Not loaded"}, "Not loaded"),
            ({"choices": [{"error": {"message": "Provider down"}}]}, "Provider down"),
            ({"choices": [{"text": "4"}]}, '"text": "4"'),
            ({"message": f"Bearer {KEY} \x1b[2J is wrong"}, "Bearer [key] "),
            ("Service moved", "Service moved"),
            (None, "null"), (4, "4"), ("4", "4"), ([4], "[4]"), ({}, "{}"),
            ({"choices": "4"}, '"choices": "4"'), ({"choices": [4]}, "[4]"),
            ({"choices": [{"message": "4"}]}, '"message": "4"'),
            ({"choices": [{"message": {"content": 4}}]}, '"content": 4'),
            ({"choices": [{"message": {"content": [4]}}]}, '"content": [4]'),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        *((completion(message, why), ["no text", *said]) for message, why, said in EMPTY),
        *((body, ["no chat completion. Check OPENAI_BASE_URL", said]) for body, said in BODIES),
    ],
)
def test_what_holds_no_reply_is_shown_in_the_servers_words_and_asked_again(
    server, cache, body, said
):
    kind = "text/html" if body.startswith("<") else "application/json"
    server.next = [Reply(body=body, kind=kind)]
    shown = failure(LlmJudge("judge", cache))
    assert all(words in shown for words in (*said, "'judge'"))
    assert shown.isprintable() and len(shown) < 900
    assert kept(cache) == []
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]
    assert len(server.asked) == 2


def test_replies_without_a_score_are_counted_shown_and_asked_again(server, cache, capsys):
    texts = ["3", "It is nice.", "7", "4 or 5", "", None, "half a pair \ud83d", f"nul \0 {KEY}"]
    server.next = [Reply(text) for text in texts]
    (first,) = LlmJudge("judge", cache).judge(items(1), 8)
    assert first == Judged("q0", (3, *(None,) * 7))
    shown = capsys.readouterr().err
    assert "7 replies of the judge judge hold no score" in shown and "nul [key]" in shown
    assert kept(cache) == ["3"]
    assert LlmJudge("judge", cache).judge(items(1), 8) == [Judged("q0", (3, *(4,) * 7))]
    assert len(server.asked) == 8 + 7
    assert capsys.readouterr().err == ""


def test_a_judge_that_is_never_readable_is_not_paid_for_the_whole_table(server, cache):
    server.always = Reply("Nice, \x1b[2J I like it.")
    shown = failure(LlmJudge("judge", cache), 100, 4)
    assert "no score that can be read" in shown and "Nice, [2J I like it." in shown
    assert len(server.asked) == 20 and kept(cache) == []


def test_a_reply_kept_by_an_earlier_version_without_a_score_is_asked_for_again(server, cache):
    LlmJudge("judge", cache).judge(items(1), 3)
    change(cache, "UPDATE answers SET answer = '' WHERE repeat = 0")
    change(cache, "UPDATE answers SET answer = '[[5]]' WHERE repeat = 1")
    server.always = Reply("2")
    assert LlmJudge("judge", cache).judge(items(1), 3) == [Judged("q0", (2, 5, 4))]
    assert sorted(kept(cache)) == ["2", "4", "[[5]]"]
    assert len(server.asked) == 3 + 1


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_call_that_failed_goes_on_with_the_rest_only(server, cache, after):
    texts = [Reply(str(1 + i % 5)) for i in range(6)]
    server.next = [*texts[:after], Reply(body='{"error": "Quota spent."}'), *texts[after:]]
    with pytest.raises(KitError, match="Quota spent.*answers so far are kept"):
        LlmJudge("judge", cache).judge(items(3), 2)
    scores = [(1, 2), (3, 4), (5, 1)]
    assert LlmJudge("judge", cache).judge(items(3), 2) == [
        Judged(f"q{i}", both) for i, both in enumerate(scores)
    ]
    assert len(server.asked) == 6 + 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"not a database " * 99),
        lambda path: change(path, "CREATE TABLE answers (something INTEGER)"),
        lambda path: path.mkdir(),
    ],
    ids=["text", "another program's", "folder"],
)
def test_a_broken_cache_is_named_and_nothing_is_sent(server, tmp_path, spoil):
    path = tmp_path / "broken.sqlite"
    spoil(path)
    with pytest.raises(KitError, match=rf"cannot use the judge's cache {re.escape(str(path))}"):
        LlmJudge("judge", path).judge(items(1))
    assert server.asked == []


def test_a_cache_that_breaks_later_is_named(server, cache):
    LlmJudge("judge", cache).judge(items(1))
    change(cache, "UPDATE answers SET answer = x'ff00'")
    with pytest.raises(KitError, match=rf"{re.escape(str(cache))}: an answer in it is not text"):
        LlmJudge("judge", cache).judge(items(1))


def test_of_two_who_share_a_cache_the_first_answer_stands(cache):
    with closing(AnswerCache(cache)) as one, closing(AnswerCache(cache)) as two:
        assert one.get("a", 0) is None
        assert one.put("a", 0, "4 \0 文") == "4 \0 文"
        assert two.put("a", 0, "5") == "4 \0 文"
        assert two.get("a", 0) == one.get("a", 0) == "4 \0 文"
        assert one.get("a", 1) is None and one.get("b", 0) is None


def test_judges_that_work_at_once_share_their_answers(server, cache):
    results = []

    def work():
        results.append(LlmJudge("judge", cache).judge(items(5), 2))

    server.next = [Reply(str(1 + i % 5)) for i in range(20)]
    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 3 and results[0] == results[1] == results[2]
    assert len(kept(cache)) == 10
