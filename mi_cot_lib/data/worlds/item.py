"""One generated question before a teacher has answered it, and the sentences in which it is set."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mi_cot_lib.data.worlds.entries import entry, read_toml

_FILE = Path(__file__).with_name("frames.toml")


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


class World(Protocol):
    """What each world offers: a module with these two functions."""

    def items(self, split: str, count: int, rng: random.Random) -> list[WorldItem]:
        """Draw questions with distinct inputs.

        Args:
            split: "train", "valid" and "test" share their templates; "unseen" uses others.
            count: How many.
            rng: The only source of randomness.
        """

    def plain_text(self, rng: random.Random) -> str:
        """Draw an unlabelled text for the student to read before any task.

        It never holds a label, a rationale or the answer to a question.
        """


@dataclass(frozen=True, slots=True)
class Frames:
    """The sentences in which the questions of a world are set.

    Attributes:
        common: For train, valid and test.
        unseen: For the split of that name.
    """

    common: tuple[str, ...]
    unseen: tuple[str, ...]

    def draw(self, unseen: bool, rng: random.Random) -> tuple[str, str]:
        """Draw a frame and its name."""
        frames = self.unseen if unseen else self.common
        number = rng.randrange(len(frames))
        return frames[number], f"{'unseen-' if unseen else ''}frame{number}"


def read_frames(world: str, path: Path = _FILE) -> Frames:
    """Read the frames of one world.

    Raises:
        DataError: The message names the file, the world and what is wrong in it.
        ConfigError: A key is unknown; the message names the nearest one.
    """
    return entry(Frames, read_toml(path).get(world, {}), f"{path}, {world}")
