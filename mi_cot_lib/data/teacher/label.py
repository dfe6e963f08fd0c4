"""What a reader of a teacher's answer finds: a label, or why there is none."""

import re
from enum import Enum
from typing import NamedTuple

from mi_cot_lib.data.arithmetic import same_value


class Problem(Enum):
    """Why no label could be read: its names are those of the counts of `mi-cot data check`."""

    AMBIGUOUS = "ambiguous"
    OUTSIDE = "outside"
    UNPARSED = "unparsed"


class Label(NamedTuple):
    """A label that was read.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        meaning: What it says, comparable with other labels: a value, a choice, an NLI label.
        marked: Whether it names a choice by its letter.
    """

    start: int
    end: int
    meaning: float | str
    marked: bool = False

    def differs(self, other: "Label | Problem") -> bool:
        """Say whether another answer to the question is not the same one."""
        if isinstance(other, Problem):
            return True
        if isinstance(self.meaning, float) and isinstance(other.meaning, float):
            return not same_value(self.meaning, other.meaning)
        return self.meaning != other.meaning


def end_of(pattern: re.Pattern[str], text: str, start: int, limit: int) -> int:
    """Return where a pattern that begins at `start` ends; `start` where it does not."""
    match = pattern.match(text, start, limit)
    return match.end() if match else start
