"""The judge's answers on disk: shared, kept, and refused where the file is something else."""

import re
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.errors import KitError
from mi_cot_lib.evaluation.llm_judge.judge import LlmJudge
from mi_cot_lib.evaluation.llm_judge.judge_cache import AnswerCache
from tests.evaluation.chat_server import Reply, items


def foreign(path):
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE answers (something INTEGER)")
    file.close()


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.write_bytes(b"not a database " * 99), foreign, lambda path: path.mkdir()],
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
    file = sqlite3.connect(cache)
    with file:
        file.execute("UPDATE answers SET answer = x'ff00'")
    file.close()
    with pytest.raises(KitError, match=rf"{re.escape(str(cache))}: an answer in it is not text"):
        LlmJudge("judge", cache).judge(items(1))


@given(st.text())
def test_the_cache_returns_what_it_was_given(text):
    with AnswerCache(Path(":memory:")) as cache:
        assert cache.get("a", 0) is None
        assert cache.put("a", 0, text) == text
        assert cache.get("a", 0) == text
        assert cache.get("a", 1) is None and cache.get("b", 0) is None


def test_of_two_who_share_a_cache_the_first_answer_stands(cache):
    with AnswerCache(cache) as one, AnswerCache(cache) as two:
        assert one.put("a", 0, "4") == "4"
        assert two.put("a", 0, "5") == "4"
        assert two.get("a", 0) == one.get("a", 0) == "4"


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
    kept = sqlite3.connect(cache)
    assert kept.execute("SELECT count(*) FROM answers").fetchone() == (10,)
    kept.close()
