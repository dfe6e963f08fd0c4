"""Replies that servers really send: a score is read and kept, all else is shown and asked again."""

import json
import sqlite3

import pytest

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.llm_judge.judge import Judged, LlmJudge
from tests.evaluation.chat_server import KEY, Reply, failure, items


def reply(message, finish_reason="stop"):
    """Make a chat completion with this message."""
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return Reply(body=json.dumps({"object": "chat.completion", "choices": [choice]}))


def kept(cache):
    file = sqlite3.connect(cache)
    rows = [answer for (answer,) in file.execute("SELECT answer FROM answers")]
    file.close()
    return rows


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "4"}],
        [{"text": "4"}],
        [{"type": "text", "text": "Score: "}, {"type": "text", "text": "4"}],
        [{"type": "thinking", "thinking": "so 3"}, {"type": "text", "text": "4"}],
        [{"type": "reasoning", "text": "so 3"}, {"type": "text", "text": "4"}],
        {"type": "text", "text": "4"},
        {"text": "4"},
        ["4"],
        ["Score: ", "4"],
        [{"type": "reasoning", "text": "so 3"}, "4"],
        "<think>so 3</think>\n\n4",
        '{"score": 4}',
    ],
)
def test_content_in_one_or_more_parts_is_read(server, cache, content):
    server.next = [reply({"role": "assistant", "content": content})]
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]
    assert len(kept(cache)) == 1


def test_what_stands_beside_the_content_is_no_answer(server, cache):
    server.next = [reply({"content": "4", "reasoning_content": "Score: 2", "refusal": None})]
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]


@pytest.mark.parametrize(
    ("message", "finish_reason", "said"),
    [
        ({"content": None, "reasoning_content": "so 4"}, "length", ["length", "so 4"]),
        ({"content": None, "reasoning_content": "so 4 " * 9_999}, "length", ["length", "so 4"]),
        ({"content": ""}, "length", ["length"]),
        ({"content": "I would rate this 4"}, "length", ["length", "I would rate this 4"]),
        ({"content": "4"}, "content_filter", ["content_filter"]),
        ({"content": " \n"}, "stop", ["stop"]),
        ({"role": "assistant"}, "content_filter", ["content_filter"]),
        ({"content": None, "refusal": "I may not judge."}, "stop", ["I may not judge."]),
        ({"content": []}, "stop", ["stop"]),
        ({"content": {}}, "stop", ["stop"]),
        ({"content": {"type": "reasoning", "text": "so 4"}}, "stop", ["so 4"]),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "stop", ["No."]),
        ({"content": None, "tool_calls": [{"id": "a"}]}, "tool_calls", ["tool_calls"]),
        ({"content": None, "refusal": f"\x1b[2J {KEY} 文"}, "stop", ["[key] 文"]),
    ],
)
def test_an_empty_reply_is_shown_and_asked_again_at_the_next_call(
    server, cache, message, finish_reason, said
):
    server.next = [reply(message, finish_reason)]
    shown = failure(LlmJudge("judge", cache))
    assert "no text" in shown and all(words in shown for words in said)
    assert shown.isprintable() and len(shown) < 900
    assert kept(cache) == []
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"object": "error", "message": "The model m does not exist.", "code": 404}, "m does not exist"),
        ({"error": {"message": "Quota spent.", "type": "quota"}}, "Quota spent."),
        ({"error": "Quota spent."}, "Quota spent."),
        ([{"error": {"message": "Quota spent."}}], "Quota spent."),
        ({"choices": [], "error": {"message": "Überlastet"}}, "Überlastet"),
        ({"choices": None, "detail": "Not loaded"}, "Not loaded"),
        ({"choices": [{"error": {"message": "Provider down"}}]}, "Provider down"),
        ({"choices": [{"text": "4"}]}, '"text": "4"'),
        ({"message": f"Bearer {KEY} \x1b[2J is wrong"}, "Bearer [key] "),
        ("Service moved", "Service moved"),
    ],
)  # fmt: skip
def test_an_error_that_comes_with_status_200_is_shown_in_the_servers_words(
    server, cache, body, said
):
    server.next = [Reply(body=json.dumps(body))]
    shown = failure(LlmJudge("judge", cache))
    assert said in shown and server.address in shown and "'judge'" in shown
    assert kept(cache) == []
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]


def test_a_page_instead_of_an_answer_is_shown_shortened(server, cache):
    server.next = [Reply(body="<html>Log in, please. " + "x" * 9_999, kind="text/html")]
    shown = failure(LlmJudge("judge", cache))
    assert "<html>Log in, please." in shown and len(shown) < 700


def test_replies_without_a_score_are_counted_shown_and_asked_again(server, cache, capsys):
    texts = ["3", "It is nice.", "7", "4 or 5", "", None, "half a pair \ud83d", f"nul \0 {KEY}"]
    server.next = [Reply(text) for text in texts]
    (first,) = LlmJudge("judge", cache).judge(items(1), 8)
    assert first == Judged("q0", (3, *(None,) * 7))
    assert first.malformed == 7 and first.mean == 3
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
    file = sqlite3.connect(cache)
    with file:
        file.execute("UPDATE answers SET answer = '' WHERE repeat = 0")
        file.execute("UPDATE answers SET answer = '[[5]]' WHERE repeat = 1")
    file.close()
    server.always = Reply("2")
    assert LlmJudge("judge", cache).judge(items(1), 3) == [Judged("q0", (2, 5, 4))]
    assert sorted(kept(cache)) == ["2", "4", "[[5]]"]
    assert len(server.asked) == 3 + 1


def test_what_was_read_before_a_server_fails_stays_kept(server, cache):
    server.next = [Reply("5"), Reply(body='{"error": "Quota spent."}')]
    with pytest.raises(KitError, match="Quota spent.*answers so far are kept"):
        LlmJudge("judge", cache).judge(items(1), 2)
    assert LlmJudge("judge", cache).judge(items(1), 2) == [Judged("q0", (5, 4))]
    assert len(server.asked) == 3
