"""The words of the arithmetic world, from `vocabulary.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mi_cot_lib.data.worlds.entries import check_slots, entry, read_toml


class Person(NamedTuple):
    """Somebody with a name and the pronoun that stands for it."""

    name: str
    pronoun: str


class Noun(NamedTuple):
    """A countable thing with its two forms."""

    one: str
    many: str


_FILE = Path(__file__).with_name("vocabulary.toml")
# What every sentence can be filled with: people, things, a container and a place.
SLOTS = ("A", "B", "C", "he", "x", "x1", "y", "y1", "z", "z1", "box", "boxes", "p")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What `vocabulary.toml` holds.

    Attributes:
        places: Nouns.
        colours: Adjectives.
        noise: Sentences with a number that does not matter to a story.
        statements: Sentences of plain text.
        people: Names by pronoun.
        things: Plurals by singular.
        containers: Plurals by singular.
        verbs: Past tenses by base form: the verbs that stories share.
    """

    places: tuple[str, ...]
    colours: tuple[str, ...]
    noise: tuple[str, ...]
    statements: tuple[str, ...]
    people: Mapping[str, tuple[str, ...]]
    things: Mapping[str, str]
    containers: Mapping[str, str]
    verbs: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse a sentence with a slot that nothing fills."""
        check_slots(self.noise, (*SLOTS, "n"))
        check_slots(self.statements, (*SLOTS, "n", "m", "colour", "colour2", "verb", "past"))


def read_vocabulary(path: Path = _FILE) -> Vocabulary:
    """Read the words.

    Raises:
        DataError: The message names the file and what is wrong in it.
        ConfigError: A key is unknown; the message names the nearest one.
    """
    return entry(Vocabulary, read_toml(path), str(path))


_WORDS = read_vocabulary()
PEOPLE = tuple(Person(name, he) for he, names in _WORDS.people.items() for name in names)
THINGS = tuple(Noun(one, many) for one, many in _WORDS.things.items())
CONTAINERS = tuple(Noun(one, many) for one, many in _WORDS.containers.items())
PLACES, COLOURS, VERBS = _WORDS.places, _WORDS.colours, _WORDS.verbs
NOISE, STATEMENTS = _WORDS.noise, _WORDS.statements
