"""What the judges of all worlds share: how a text is cut into statements, and what a statement can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Sort = Literal["unreadable", "foreign", "false", "idle", "given", "explains", "concludes"]
FAULTS: dict[Sort, str] = {
    "unreadable": "cannot be read",
    "foreign": "is not about this question",
    "false": "is not true here",
}

_SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")
_BEFORE_MARK = re.compile(r"\s+(?=[,.;:?!])")
_HANGING = re.compile(r"(?:^|,? )(?:and|so)$")
STOPS = ".!?"


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
    """A question whose truth is known; statements are in the form that `normal` writes."""

    @property
    def needed(self) -> tuple[str, ...]:
        """The steps of a whole explanation, each in words that can follow "missing: "."""

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        """Cut a sentence into statements; those before it say what its pronouns mean."""

    def find(self, statement: str) -> Found:
        """Say what a statement is."""

    def begins(self, statement: str) -> bool:
        """Tell whether a text is the beginning of a statement that is true here."""


def sentences(text: str) -> list[str]:
    """Cut a text at full stops and line ends; empty sentences are left out."""
    return [part for part in _SENTENCE_BREAK.split(text.strip()) if normal(part)]


def normal(text: str) -> str:
    """Write a text without capitals, surplus white space, closing marks and a hanging "and" or "so"."""
    text = _BEFORE_MARK.sub("", " ".join(text.casefold().split()))
    return _HANGING.sub("", text.rstrip(" ,;:" + STOPS))
