"""What the judges of all worlds share: how a text is cut into statements, what a statement can be."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

Sort = Literal["unreadable", "foreign", "false", "idle", "given", "explains", "concludes"]
FAULTS: tuple[Sort, ...] = ("unreadable", "foreign", "false")

Meaning = TypeVar("Meaning")

_SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!])")
_HANGING = re.compile(r"(?:^|,? )(?:and|so)$")
_STOPS = ".!?"


@dataclass(frozen=True, slots=True)
class Found:
    """What one statement of a rationale turned out to be.

    Attributes:
        sort: "unreadable": no statement of the world. "foreign": one about something else than the
            question. "false": about the question, but not true of it. The others are true:
            "given" repeats what an explanation needs from the question, "explains" adds what the
            question does not say, "concludes" says the answer, "idle" does nothing of these.
        steps: The needed steps that it takes, by their names in `Question.needed`.
    """

    sort: Sort
    steps: tuple[str, ...] = ()


class Question(Protocol):
    """A question whose truth is known."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The steps of a whole explanation, each in words that can follow "missing: "."""

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        """Cut a sentence into statements in normal form.

        Args:
            sentence: One sentence of a rationale.
            before: The statements before it, for what pronouns mean.
        """

    def find(self, statement: str) -> Found:
        """Say what a statement in normal form is."""

    def begins(self, statement: str) -> bool:
        """Tell whether a text in normal form is the beginning of a statement that is true here."""


class Phrasebook(Generic[Meaning]):
    """All that can be said in a world, each wording in normal form with its meaning."""

    def __init__(self, sayings: Iterable[tuple[str, Meaning]]) -> None:
        self._meanings = dict(sayings)
        self._sorted = sorted(self._meanings)

    def meaning(self, statement: str) -> Meaning | None:
        """Return what a statement says; None where it is none of this world."""
        return self._meanings.get(statement)

    def starting_with(self, beginning: str) -> Iterator[str]:
        """Find the statements that begin in these words or letters."""
        for place in range(bisect_left(self._sorted, beginning), len(self._sorted)):
            if not self._sorted[place].startswith(beginning):
                return
            yield self._sorted[place]


def sentences(text: str) -> list[str]:
    """Cut a text at full stops and line ends; empty sentences are left out."""
    return [part for part in _SENTENCE_BREAK.split(text.strip()) if normal(part)]


def is_stopped(sentence: str) -> bool:
    """Tell whether a sentence was brought to its end."""
    return sentence.rstrip().endswith(tuple(_STOPS))


def normal(text: str) -> str:
    """Write a text without capitals, surplus white space, closing marks and a hanging "and" or "so"."""
    text = _BEFORE_MARK.sub("", " ".join(text.casefold().split()))
    return _HANGING.sub("", text.rstrip(" ,;:" + _STOPS))
