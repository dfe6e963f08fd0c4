"""One generated question before a teacher answers it, and how a world's words are read from TOML.

An entry of a TOML file that is broken is named with its file and what would be right.
"""

import random
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args, get_origin

from mi_cot_lib.errors import DataError, unknown_name

Made = TypeVar("Made")
# What questions have that no example of the common splits has: a template, or facts to be put together.
# The rows of `unseen` take turns.
New = Literal["template", "facts"]
NEW: tuple[New, ...] = get_args(New)
_FRAMES = Path(__file__).with_name("frames.toml")


class Argument(NamedTuple):
    """A label as gold labels are written, and one to four sentences that argue for it, right or wrong."""

    label: str
    rationale: str


class WorldItem(NamedTuple):
    """A question of the closed world, with the truth about it.

    Attributes:
        row: The row as DSS's split file of that family holds it (JSON object).
        right: The gold label with a correct rationale.
        wrong: Plausible wrong labels, each with a rationale that argues for it; at least one.
        template: Name of the template; those of questions with a new template are in no other split.
    """

    row: dict[str, Any]
    right: Argument
    wrong: tuple[Argument, ...]
    template: str


class World(Protocol):
    """What each world offers: a module with these two functions."""

    def items(self, count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
        """Draw questions with distinct inputs, of the common splits, or new to them in one respect."""

    def plain_text(self, rng: random.Random) -> str:
        """Draw an unlabelled text for the student to read before any task.

        It is a scene, of the kind that questions are about, and what follows of words that are all read;
        never a question with its answer, a label or a rationale.
        """


@dataclass(frozen=True, slots=True)
class Frames:
    """The sentences in which a world's questions are set, for the common splits and for `unseen`."""

    common: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every frame."""
        return self.common + self.unseen

    def draw(self, new: New | None, rng: random.Random) -> tuple[str, str]:
        """Draw a frame and its name."""
        is_new = new == "template"
        frames = self.unseen if is_new else self.common
        number = rng.randrange(len(frames))
        return frames[number], f"{'unseen-' if is_new else ''}frame{number}"


def read_frames(world: str, path: Path = _FRAMES) -> Frames:
    """Read the frames of one world; errors as for `entry`."""
    return entry(Frames, read_toml(path).get(world, {}), f"{path}, {world}")


def read_toml(path: Path) -> dict[str, Any]:
    """Read one file, its lists as tuples; DataError names file and line where it is not TOML."""
    try:
        return _frozen(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(f"{path}: not TOML ({error}); mend that line.") from error


def entry(kind: type[Made], table: Mapping[str, Any], place: str) -> Made:
    """Make a dataclass of a table whose keys are its fields.

    Its fields are texts, tuples or mappings of texts, or anything made before; what it raises as
    ValueError is said of this entry. `place` is the file, and which entry of it, for errors: ConfigError
    where a key or name stands for nothing, DataError where one is missing or its value of another kind.
    """
    wanted = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    check_names(f"key in {place}:", table_of(table, place), wanted)
    for name, field in wanted.items():
        if name in table and not _fits(table[name], field.type):
            raise DataError(
                f"{place}: {name!r} has to be {_named(field.type)}, not {table[name]!r}."
            )
        if name not in table and MISSING is field.default is field.default_factory:
            raise DataError(f"{place}: the key {name!r} is missing.")
    try:
        return kind(**table)
    except ValueError as error:
        raise DataError(f"{place}: {error}") from error


def entries(kind: type[Made], tables: Iterable[Mapping[str, Any]], place: str) -> tuple[Made, ...]:
    """Make a dataclass of each table of a list; errors as for `entry`, with the table's number."""
    return tuple(entry(kind, each, f"{place} {number}") for number, each in enumerate(tables, 1))


def table_of(value: Any, place: str) -> Mapping[str, Any]:
    """Return what stands in a place if it is a table, else raise DataError."""
    if not isinstance(value, dict):
        raise DataError(f"{place}: here has to be a table, not {value!r}.")
    return value


def check_slots(texts: Iterable[str], known: Collection[str]) -> None:
    """Refuse, as ValueError, a sentence with a slot that nothing fills."""
    for text in texts:
        unknown = set(re.findall(r"\{(\w*)\}", text)) - set(known)
        if unknown:
            raise ValueError(
                f"nothing fills {{{min(unknown)}}} in {text!r}; there: {', '.join(sorted(known))}."
            )


def check_names(kind: str, names: Iterable[str], known: Collection[str]) -> None:
    """Refuse, as ConfigError with the nearest known one, a name that stands for nothing."""
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(each) for key, each in value.items()}
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _fits(value: Any, wanted: Any) -> bool:
    origin, args = get_origin(wanted), get_args(wanted)
    if origin is tuple:
        counted = args[-1] is Ellipsis or (isinstance(value, tuple) and len(value) == len(args))
        return isinstance(value, tuple) and counted and all(_fits(each, args[0]) for each in value)
    if origin is not None:
        return isinstance(value, dict) and all(_fits(each, args[1]) for each in value.values())
    return isinstance(value, wanted)


def _named(wanted: Any) -> str:
    args = get_args(wanted)
    if get_origin(wanted) is tuple:
        return "a list of texts" if args[-1] is Ellipsis else f"a list of {len(args)} texts"
    return "a text" if wanted is str else "a table"
