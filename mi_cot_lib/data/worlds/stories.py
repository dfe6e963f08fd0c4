"""The arithmetic world's words, its stories, and the templates that fill stories with words.

`TEMPLATES` serve train, valid and test; `UNSEEN_TEMPLATES` only the split of that name. What stands in
`vocabulary.toml`, `stories.toml` and `templates.toml` is all that there is: another entry is another story.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mi_cot_lib.data.worlds.equations import leaves, read
from mi_cot_lib.data.worlds.item import check_names, check_slots, entries, entry, read_toml

_FOLDER = Path(__file__).parent
# What every sentence can be filled with: people, things, a container and a place.
_SLOTS = ("A", "B", "C", "he", "x", "x1", "y", "y1", "z", "z1", "box", "boxes", "p")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What `vocabulary.toml` holds: names by pronoun, plurals by singular, past tenses by base form."""

    places: tuple[str, ...]
    colours: tuple[str, ...]
    noise: tuple[str, ...]
    statements: tuple[str, ...]
    people: Mapping[str, tuple[str, ...]]
    things: Mapping[str, str]
    containers: Mapping[str, str]
    verbs: Mapping[str, str]

    def __post_init__(self) -> None:
        check_slots(self.noise, (*_SLOTS, "n"))
        check_slots(self.statements, (*_SLOTS, "n", "m", "colour", "colour2", "verb", "past"))


def read_vocabulary(path: Path = _FOLDER / "vocabulary.toml") -> Vocabulary:
    """Read the words; errors as for `entry`."""
    return entry(Vocabulary, read_toml(path), str(path))


_WORDS = read_vocabulary()
# Pronouns by name.
PEOPLE = {name: he for he, names in _WORDS.people.items() for name in names}
THINGS, CONTAINERS, VERBS = _WORDS.things, _WORDS.containers, _WORDS.verbs
PLACES, COLOURS = _WORDS.places, _WORDS.colours
NOISE, STATEMENTS = _WORDS.noise, _WORDS.statements


@dataclass(frozen=True, slots=True)
class Case:
    """One question that a story can end with; `stories.toml` says what its fields mean."""

    equation: str
    questions: tuple[str, ...]
    answer: str
    target: str = ""
    spare: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        read(self.equation)
        if "{calc}" not in self.answer:
            raise ValueError(f"the answer {self.answer!r} does not say {{calc}}, the calculation.")


@dataclass(frozen=True, slots=True)
class Story:
    """A story to be told; `stories.toml` says what its fields mean."""

    facts: Mapping[str, tuple[str, ...]]
    cases: tuple[Case, ...]
    unknown: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_names("quantity", [name for key in self.facts for name in key.split()], self.facts)
        check_names("quantity in 'unknown'", self.unknown, self.facts)
        for case in self.cases:
            target = [case.target] if case.target else []
            named = (*target, *case.spare, *leaves(read(case.equation)))
            check_names("quantity", named, self.facts)

    def texts(self) -> Iterator[str]:
        """List every sentence that can be said of the story."""
        for texts in self.facts.values():
            yield from texts
        yield from self.unknown.values()
        for case in self.cases:
            yield from (*case.questions, case.answer)


@dataclass(frozen=True, slots=True)
class Template:
    """A story with the words of one kind of doing; the name is unique over all splits."""

    name: str
    story: Story
    words: Mapping[str, str]

    def __post_init__(self) -> None:
        known = (*_SLOTS, "calc", *self.story.facts, *self.words)
        check_slots((*self.story.texts(), *self.words.values()), known)


def read_stories(path: Path = _FOLDER / "stories.toml") -> dict[str, Story]:
    """Read the stories by name; errors as for `entry`."""
    stories = {}
    for name, table in read_toml(path).items():
        place = f"{path}, {name}"
        cases = entries(Case, table.get("cases", ()), f"{place}, case")
        stories[name] = entry(Story, {**table, "cases": cases}, place)
    return stories


def read_templates(
    path: Path = _FOLDER / "templates.toml", stories: Mapping[str, Story] | None = None
) -> tuple[tuple[Template, ...], tuple[Template, ...]]:
    """Read the templates of the common splits and those kept for `unseen`; errors as for `entry`."""
    stories = read_stories() if stories is None else stories
    parts = read_toml(path)
    common, unseen = (
        tuple(
            _template(table, f"{path}, {part} {number}", stories)
            for number, table in enumerate(parts.get(part, ()), start=1)
        )
        for part in ("common", "unseen")
    )
    return common, unseen


def _template(table: Mapping[str, Any], place: str, stories: Mapping[str, Story]) -> Template:
    words = {key: text for key, text in table.items() if key not in ("name", "story")}
    check_names(f"story in {place}:", [table.get("story", "")], stories)
    for number in ("", "2"):
        if f"verb{number}" in words:
            verb, tail = words[f"verb{number}"], words.get(f"tail{number}")
            check_names(f"verb in {place}:", [verb], VERBS)
            words |= {f"past{number}": VERBS[verb], f"tail{number}": f" {tail}" if tail else ""}
    if "time" in words:
        words["times"] = f"{words['time']}s"
    name = {"name": table["name"]} if "name" in table else {}
    return entry(Template, {**name, "story": stories[table["story"]], "words": words}, place)


TEMPLATES, UNSEEN_TEMPLATES = read_templates()
