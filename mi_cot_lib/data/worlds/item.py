"""One generated question before a teacher has answered it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    """A label and a rationale that argues for it, right or wrong.

    Attributes:
        label: In the form in which a gold label is written.
        rationale: One to four sentences, without the sentence that announces the answer.
    """

    label: str
    rationale: str


@dataclass(frozen=True, slots=True)
class WorldItem:
    """A question of the closed world, with the truth about it.

    Attributes:
        row: The row as DSS's split file of that family holds it (JSON object).
        right: The gold label with a correct rationale.
        wrong: Plausible wrong labels, each with a rationale that argues for it; at least one.
        template: Name of the template; `unseen` templates share none with the other splits.
    """

    row: dict[str, Any]
    right: Argument
    wrong: tuple[Argument, ...]
    template: str
