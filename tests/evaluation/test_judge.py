"""The judge against a real server on this machine that stalls, refuses, breaks off and talks nonsense."""

import json
import logging
import re
import time

import pytest

from mi_cot_lib.errors import ConfigError
from mi_cot_lib.evaluation.judge import Judged, LlmJudge, prompt_for
from tests.evaluation.chat_server import KEY, Reply, failure, items


def test_what_is_sent_and_what_comes_back(server, cache):
    server.next = [Reply("4"), Reply("**2**"), Reply("Score: 5")]
    judged = LlmJudge("judge", cache, temperature=0.5).judge(items(2), 2)
    assert judged == [Judged("q0", (4, 2)), Judged("q1", (5, 4))]
    prompts = [prompt_for(item) for item in items(2)]
    assert server.asked == [
        {
            "model": "judge",
            "temperature": 0.5,
            "messages": [{"role": "user", "content": prompt}],
        }
        for prompt in (prompts[0], prompts[0], prompts[1], prompts[1])
    ]
    assert set(server.keys) == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("trouble", "pause"),
    [
        # The client's own first pause would be half a second at most.
        (Reply(status=429, retry={"Retry-After": "1"}), 0.95),
        (Reply(status=500), 0),
        (Reply(status=500, body="<html>", kind="text/html"), 0),
        (Reply(cut=True), 0),
    ],
    ids=["busy", "failing", "failing with a page", "cut"],
)
def test_passing_trouble_is_asked_again_after_the_pause_that_the_server_asks_for(
    server, cache, trouble, pause
):
    server.next = [trouble]
    assert LlmJudge("judge", cache).judge(items(1), 1) == [Judged("q0", (4,))]
    assert len(server.asked) == 2
    assert server.times[1] - server.times[0] > pause


def test_a_slow_answer_is_given_up_and_asked_for_again(server, cache):
    server.next = [Reply(stall=True)]
    assert LlmJudge("judge", cache, timeout=2.0).judge(items(1), 1) == [Judged("q0", (4,))]
    # A machine under load may let a second answer come too late as well.
    assert len(server.asked) >= 2


def test_a_server_that_never_answers_in_time_is_given_up(server, cache):
    server.always = Reply(stall=True)
    said = failure(LlmJudge("judge", cache, timeout=0.2, max_retries=1))
    assert "did not answer in time in 2 tries: raise the timeout" in said
    # The server may get to read what was sent only after it was given up.
    until = time.monotonic() + 20
    while len(server.asked) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("status", "requests", "said"),
    [
        (500, 3, r"failed \(500\), after up to 3 tries: ask again later"),
        (429, 3, r"\(429\), after up to 3 tries: wait, or look whether the account's quota"),
        (401, 1, r"refused the key \(401\): set OPENAI_API_KEY"),
        (403, 1, r"does not let this key use 'judge' \(403\)"),
        (404, 1, r"has no model 'judge', or no chat completions \(404\)"),
        (400, 1, r"does not take the request for 'judge'; it says: .*no temperature"),
    ],
)
def test_lasting_trouble_says_what_to_do_and_repeats_no_key(server, cache, status, requests, said):
    body = json.dumps({"error": {"message": f"no temperature \x1b[2J for {KEY}, Bearer {KEY}"}})
    server.always = Reply(status=status, body=body)
    message = failure(LlmJudge("judge", cache, max_retries=2))
    assert re.search(said, message)
    assert "it says: " in message and " for [key], Bearer [key]" in message
    assert server.address in message and message.isprintable()
    assert len(server.asked) == requests


def test_only_what_is_missing_is_asked_for_and_without_that_no_key_is_needed(
    server, cache, monkeypatch
):
    LlmJudge("judge", cache, temperature=1).judge(items(2), 2)
    first = LlmJudge("judge", cache, temperature=1.0).judge(items(2), 3)
    assert len(server.asked) == 6
    LlmJudge("judge", cache, temperature=0.0).judge(items(2), 2)
    LlmJudge("other", cache).judge(items(2), 2)
    assert len(server.asked) == 14
    monkeypatch.delenv("OPENAI_API_KEY")
    assert LlmJudge("judge", cache).judge(items(2), 3) == first
    assert len(server.asked) == 14


def test_the_key_is_in_no_file_no_log_and_no_repr(server, cache, caplog):
    caplog.set_level(logging.DEBUG)
    server.next = [Reply(f"You sent Bearer {KEY}"), Reply(status=500)]
    judge = LlmJudge("judge", cache)
    assert judge.judge(items(1), 2) == [Judged("q0", (None, 4))]
    files = [path.read_bytes() for path in cache.parent.iterdir()]
    assert files and all(KEY.encode() not in content for content in files)
    assert caplog.records and KEY not in caplog.text
    assert KEY not in repr(judge)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        *((key, "set the environment variable OPENAI_API_KEY") for key in (None, "", "  ")),
        *(
            (key, "OPENAI_API_KEY holds a space")
            for key in (f"{KEY}\n", f"{KEY} ", f"{KEY}é", f"a {KEY}")
        ),
    ],
)
def test_without_a_key_that_can_be_one_nothing_is_sent(server, cache, monkeypatch, key, said):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "another")
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    assert said in failure(LlmJudge("judge", cache))
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    ["nonsense", "127.0.0.1:1", "file:///etc", "", "  ", "http://127.0.0.1:1/v1\n", "\thttp://h/v1",
     "http://127.0.0.1:1/v1 ", "http://h/v1 # mine", "http://h\r\n/v1", '"http://h/v1"', "http:/h/v1",
     "http://[::1/v1", "http://h:99999/v1", "http://h:x/v1", "http://", "//h/v1", f"{KEY}", "http://h\udcff\n"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(server, cache, monkeypatch, url):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    assert "OPENAI_BASE_URL is not an address" in failure(LlmJudge("judge", cache))


def test_a_server_that_is_not_there_is_named_without_its_password(server, cache, monkeypatch):
    server.http.shutdown()
    server.http.server_close()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://ann:{KEY}@{server.address}/v1")
    said = failure(LlmJudge("judge", cache, max_retries=0))
    assert f"{server.address} cannot be reached" in said and "Connection refused" in said


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OPENAI_ORG_ID", "a\nb", "a header holds letters"),
        ("OPENAI_PROJECT_ID", "é", "a header holds letters"),
        ("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {KEY} é", "a header holds letters"),
        ("ALL_PROXY", "socks5://ann:secret@127.0.0.1:9", "pip install socksio"),
        ("https_proxy", "ftp://ann:secret@127.0.0.1:9", "no address"),
        ("HTTP_PROXY", "http://127.0.0.1:9\n", "no address"),
        ("HTTP_PROXY", "http://ann:secret@127.0.0.1:9", "Connection refused"),
        ("SSL_CERT_FILE", "/nowhere.pem", "No such file"),
        ("SSLKEYLOGFILE", "/nowhere/keys", "No such file"),
    ],
)
def test_a_header_that_none_may_be_or_a_broken_way_to_the_network_is_named_unseen(
    server, cache, monkeypatch, name, value, problem
):
    monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY")
    said = failure(LlmJudge("judge", cache, max_retries=0))
    assert name in said and problem in said and said.isprintable()
    assert value not in said and "secret" not in said and server.asked == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"model": ""}, "model"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"max_retries": -1}, "max_retries"),
        ({"timeout": 0.0}, "timeout"),
        ({}, "repeats"),
    ],
)
def test_values_out_of_range_are_refused_at_once(cache, options, named):
    with pytest.raises(ConfigError, match=named):
        LlmJudge(**{"model": "judge", "cache": cache, **options}).judge(items(1), 0)
