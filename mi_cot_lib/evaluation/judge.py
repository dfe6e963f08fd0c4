"""The paper's judge of rationales: a large language model gives each a score from 1 to 5 (Table 7)."""

import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tqdm.auto import tqdm

from mi_cot_lib.errors import ConfigError, KitError
from mi_cot_lib.evaluation.judge_endpoint import ChatEndpoint, Reply, connect
from mi_cot_lib.evaluation.judge_score import parse_score

PAPER_PROMPT = (
    "Given an input pair of a question and an answer of a {taskname} task, how good is the given "
    "Chain-of-thought example? From 1-5, where 1 is completely incoherent and irrelevant, 2 is somewhat "
    "incoherent and irrelevant, 3 is coherent, relevant but not helpful, 4 is somewhat helpful, and 5 is "
    "helpful and it explains the answer well."
)
# Ours: the paper does not say how it read the score out of GPT-4's reply.
REPLY_SENTENCE = "Reply with the number only: 1, 2, 3, 4 or 5."

# So many replies without a score, and none with one, and the judge is not asked on: each costs.
_PATIENCE = 20
# Another process holds the cache for the moment that it takes to write one row.
_WAIT_SECONDS = 60.0
_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(prompt TEXT NOT NULL, repeat INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (prompt, repeat))"
)


@dataclass(frozen=True, slots=True)
class JudgeItem:
    """One rationale, which leads to `answer`, of a task as the paper writes its name, such as "SVAMP"."""

    id: str
    task: str
    input: str
    answer: str
    rationale: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The scores of one rationale, 1 to 5 each; None where the judge's reply held none."""

    id: str
    scores: tuple[int | None, ...]


def prompt_for(item: JudgeItem) -> str:
    """Return what the judge is asked: the paper's prompt word for word (Table 7), then the item.

    The paper does not print how it laid out question, answer and rationale; that is ours, and so is the
    last sentence, which asks for a bare number.
    """
    return (
        f"{PAPER_PROMPT.format(taskname=item.task)}\n\n"
        f"Question: {item.input}\n\n"
        f"Answer: {item.answer}\n\n"
        f"Chain-of-thought: {item.rationale}\n\n"
        f"{REPLY_SENTENCE}"
    )


class AnswerCache:
    """An SQLite file of raw answers by prompt and repeat, each kept as soon as it is there.

    Several processes may use one file. A prompt is the hash of all that an answer depends on, a repeat counts
    its independent answers from 0. The file is made where there is none, and its folder.

    Raises:
        KitError: On any use: the file is damaged, no such cache, or cannot be written; the message names it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without an isolation level every statement is a transaction of its own.
            self._file = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            try:
                self._file.execute(_TABLE)
            except sqlite3.Error:
                self.close()
                raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def get(self, prompt: str, repeat: int) -> str | None:
        """Return the answer kept, or None."""
        with self._explained():
            row = self._file.execute(
                "SELECT answer FROM answers WHERE prompt = ? AND repeat = ?", (prompt, repeat)
            ).fetchone()
            if row is not None and not isinstance(row[0], str):
                raise sqlite3.DatabaseError("an answer in it is not text")
        return None if row is None else row[0]

    def put(self, prompt: str, repeat: int, answer: str, instead_of: str | None = None) -> str:
        """Keep an answer, also instead of one that is of no use, unless another process was faster.

        Returns the answer that is kept now: every process that shares the file reports the same.
        """
        with self._explained():
            self._file.execute(
                "INSERT INTO answers VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                "SET answer = excluded.answer WHERE answer = ?",
                (prompt, repeat, answer, instead_of),
            )
        kept = self.get(prompt, repeat)
        return answer if kept is None else kept

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise KitError(
                f"cannot use the judge's cache {self._path}: {error}. If another program holds the file, "
                "let it end; if the folder cannot be written, name another; if the file is damaged or "
                "something else, move it away (its answers would be asked and paid for again)."
            ) from error


class LlmJudge:
    """Asks a model behind an OpenAI-compatible endpoint, and pays for no answer twice.

    The key is read from the environment variable OPENAI_API_KEY, the address from OPENAI_BASE_URL, once
    an answer is needed that the cache does not hold: an answer is known by model, temperature (0 to 2),
    prompt and repeat, not by the endpoint. A request that failed for a passing reason is sent again
    `max_retries` times; a try is given up after `timeout` seconds without any byte.

    Raises:
        ConfigError: A value is out of its range.
    """

    def __init__(
        self,
        model: str,
        cache: Path,
        *,
        temperature: float = 1.0,
        max_retries: int = 6,
        timeout: float = 60.0,
    ) -> None:
        if not model:
            raise ConfigError("name the judge's model, as its endpoint calls it.")
        if not 0 <= temperature <= 2:
            raise ConfigError(f"temperature must lie between 0 and 2, got {temperature}.")
        if max_retries < 0:
            raise ConfigError(f"max_retries must be 0 or more, got {max_retries}.")
        if not timeout > 0:
            raise ConfigError(f"timeout must be more than 0 seconds, got {timeout}.")
        self.model, self.cache, self.temperature = model, Path(cache), float(temperature)
        self._max_retries, self._timeout = max_retries, timeout
        self._unread: list[Reply] = []
        self._has_scored = False

    def judge(self, items: Sequence[JudgeItem], repeats: int = 4) -> list[Judged]:
        """Score each item several times, independently (the paper's "self-consistency"), in their order.

        Every reply with a score is kept as soon as it is there: a call that was stopped goes on with
        what is missing. Items of equal content share their answers. A reply without a score is counted
        and never kept, so that the next call asks again; what the last of them said is written to
        standard error.

        Raises:
            ConfigError: `repeats` is below 1.
            KitError: The key is missing, the endpoint does not answer, the cache cannot be used, or the
                judge writes nothing, or 20 replies without a score, before its first.
        """
        if repeats < 1:
            raise ConfigError(f"repeats must be at least 1, got {repeats}.")
        judged = []
        self._unread.clear()
        with closing(AnswerCache(self.cache)) as cache:
            for item in items:
                prompt = _valid_unicode(prompt_for(item))
                scores = tuple(self._score(cache, prompt, repeat) for repeat in range(repeats))
                judged.append(Judged(item.id, scores))
        if self._unread:
            tqdm.write(
                f"note: {len(self._unread)} replies of the judge {self.model} hold no score and are not "
                f"kept: the same call asks again. The last says: {self._unread[-1].shown}",
                file=sys.stderr,
            )
        return judged

    def _score(self, cache: AnswerCache, prompt: str, repeat: int) -> int | None:
        identity = json.dumps([self.model, self.temperature, prompt])
        key = hashlib.sha256(identity.encode()).hexdigest()
        kept = cache.get(key, repeat)
        score = None if kept is None else parse_score(kept)
        if score is None:
            reply = self._endpoint.answer(self.model, self.temperature, prompt)
            text = _valid_unicode(reply.text)
            if parse_score(text) is None:
                self._count_unread(reply)
                return None
            # Another process may have been faster: every one reports the same.
            score = parse_score(cache.put(key, repeat, text, instead_of=kept))
        self._has_scored = True
        return score

    def _count_unread(self, reply: Reply) -> None:
        self._unread.append(reply)
        if self._has_scored or (reply.text.strip() and len(self._unread) < _PATIENCE):
            return
        wrote = "no score that can be read" if reply.text.strip() else "no text"
        raise KitError(
            f"the judge {self.model!r} writes {wrote}; its endpoint says: {reply.shown}. Choose another "
            "model, or mend the server's settings (a limit of tokens that thoughts use up, a filter). "
            "Such replies are not kept: the same call asks again."
        )

    @cached_property
    def _endpoint(self) -> ChatEndpoint:
        return ChatEndpoint(connect(self._max_retries, self._timeout))


def _valid_unicode(text: str) -> str:
    # Half a surrogate pair, which JSON can spell, can neither be sent nor stored.
    return text.encode("utf-8", "replace").decode("utf-8")
