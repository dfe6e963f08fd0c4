"""Answers that were paid for, kept in an SQLite file as soon as they are there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from mi_cot_lib.errors import KitError

# Another process holds the file for the moment that it takes to write one row.
_WAIT_SECONDS = 60.0
_TABLE = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(prompt TEXT NOT NULL, repeat INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (prompt, repeat))"
)


class AnswerCache:
    """A file of raw answers by prompt and repeat; a context manager, which closes it.

    Every answer is committed at once. Several processes may use one file.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Args:
            path: The SQLite file; its folder is made where there is none.

        Raises:
            KitError: The file is damaged, no such cache, or cannot be written; the message names it.
        """
        self._path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without an isolation level every statement is a transaction of its own.
            self._file = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
            try:
                self._file.execute(_TABLE)
            except sqlite3.Error:
                self._file.close()
                raise

    def __enter__(self) -> "AnswerCache":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def get(self, prompt: str, repeat: int) -> str | None:
        """Return the answer kept, or None.

        Args:
            prompt: Hash of all that the answer depends on.
            repeat: Which of the independent answers, from 0.

        Raises:
            KitError: The file cannot be read; the message names it.
        """
        with self._explained():
            row = self._file.execute(
                "SELECT answer FROM answers WHERE prompt = ? AND repeat = ?", (prompt, repeat)
            ).fetchone()
            if row is not None and not isinstance(row[0], str):
                raise sqlite3.DatabaseError("an answer in it is not text")
        return None if row is None else row[0]

    def put(self, prompt: str, repeat: int, answer: str, instead_of: str | None = None) -> str:
        """Keep an answer, unless another process was faster.

        Args:
            prompt: Hash of all that the answer depends on.
            repeat: Which of the independent answers, from 0.
            answer: The raw text.
            instead_of: The answer kept so far, where that is of no use.

        Returns:
            The answer that is kept now: every process that shares the file reports the same.

        Raises:
            KitError: The file cannot be written; the message names it.
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
