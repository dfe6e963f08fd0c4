"""What the closed world knows: what is a kind of what, and what each kind has.

The graph has three levels, such as poodle, dog, animal. Leaves inherit everything that is known
about their kind. Within a category no two kinds share a value of a relation, so that a value names
its kind.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from mi_cot_lib.data.worlds.item import (
    check_names,
    check_slots,
    entries,
    entry,
    read_toml,
    table_of,
)
from mi_cot_lib.data.worlds.nonsense import nonsense_words

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Leaves:
    """The members of a kind; `facts.toml` says what tells them apart. Unread ones are nonsense words."""

    read: tuple[str, ...]
    unread: tuple[str, ...]
    held_out: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (self.read and self.held_out):
            raise ValueError("'read' and 'held_out' need a word each.")

    @property
    def all(self) -> tuple[str, ...]:
        """Every member."""
        return self.read + self.unread + self.held_out


@dataclass(frozen=True, slots=True)
class Facts:
    """What `facts.toml` holds: names of people, how nouns are written, and the graph."""

    unread: int
    names: tuple[str, ...]
    mass: tuple[str, ...]
    plurals: Mapping[str, str]
    categories: Mapping[str, Mapping[str, Leaves]]

    def __post_init__(self) -> None:
        words = list(self.categories)
        for kinds in self.categories.values():
            words += [*kinds, *(leaf for leaves in kinds.values() for leaf in leaves.all)]
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} has two places in the graph; keep one.")


@dataclass(frozen=True, slots=True)
class Relation:
    """What the kinds of one category have, and how it is said; `relations.toml` explains the fields."""

    name: str
    category: str
    values: Mapping[str, str]
    fact: str
    single: str
    retold: tuple[str, ...]
    asks: tuple[str, str, str]

    def __post_init__(self) -> None:
        check_names("category", [self.category], CATEGORIES)
        kinds = CATEGORIES[self.category]
        if set(self.values) != set(kinds) or len(set(self.values.values())) < len(kinds):
            raise ValueError(f"'values' needs one each, all different, for {', '.join(kinds)}.")
        check_slots([self.fact], ("xs", "v"))
        check_slots((self.single, *self.retold), ("x", "v"))


def read_facts(path: Path = _FOLDER / "facts.toml") -> Facts:
    """Read the graph, and give each kind its nonsense words; errors as for `entry`."""
    tables = read_toml(path)
    text = path.read_text(encoding="utf-8")
    words = nonsense_words(re.findall(r"\w+", text))
    categories: dict[str, dict[str, Leaves]] = {}
    for category, kinds in table_of(tables.get("categories"), f"{path}, categories").items():
        ending = "ing" if category == "activity" else ""
        for kind, leaves in table_of(kinds, f"{path}, {category}").items():
            place = f"{path}, {category}.{kind}"
            own = {"unread": tables.get("unread", 0), **table_of(leaves, place)}
            own["unread"] = tuple(next(words) + ending for _ in range(own["unread"]))
            categories.setdefault(category, {})[kind] = entry(Leaves, own, place)
    return entry(Facts, {**tables, "categories": categories}, str(path))


def read_relations(path: Path = _FOLDER / "relations.toml") -> tuple[Relation, ...]:
    """Read the relations of the graph's kinds, in their order; errors as for `entry`."""
    return entries(Relation, read_toml(path).get("relation", ()), f"{path}, relation")


_FACTS = read_facts()
NAMES = _FACTS.names
LEAVES = {kind: own for kinds in _FACTS.categories.values() for kind, own in kinds.items()}
CATEGORIES: dict[str, dict[str, tuple[str, ...]]] = {
    category: {kind: leaves.all for kind, leaves in kinds.items()}
    for category, kinds in _FACTS.categories.items()
}
KIND_OF: dict[str, str] = {
    leaf: kind for kinds in CATEGORIES.values() for kind, leaves in kinds.items() for leaf in leaves
}
CATEGORY_OF: dict[str, str] = {
    kind: category for category, kinds in CATEGORIES.items() for kind in kinds
}
RELATIONS = read_relations()


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun that takes one: "an owl", but "tea"."""
    if noun in _FACTS.mass:
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def plural(noun: str) -> str:
    """Return the form that names all of a kind: "ponies", "trout", "tea"."""
    if noun in _FACTS.mass:
        return noun
    return _FACTS.plurals.get(noun) or noun + ("es" if noun.endswith(("ss", "x", "ch")) else "s")


def leaves_of(kind: str) -> tuple[str, ...]:
    """Return the members of a kind, such as the breeds of dog."""
    return CATEGORIES[CATEGORY_OF[kind]][kind]


def draw_leaf(kind: str, rng: random.Random, held_out: bool = False) -> str:
    """Draw a member of a kind that questions are about, or one only of `unseen`.

    Every third is one that students have read of. The others come as words do: the k-th most
    frequent 1/k times as often as the first (Zipf 1935), so that there are seldom ones at any number of
    examples. Those of `unseen` have all been read of, and no training question names one.
    """
    own = LEAVES[kind]
    if held_out or rng.random() < 1 / 3:
        return rng.choice(own.held_out if held_out else own.read)
    return rng.choices(own.unread, cum_weights=_harmonic(len(own.unread)))[0]


@cache
def _harmonic(count: int) -> tuple[float, ...]:
    return tuple(accumulate(1 / rank for rank in range(1, count + 1)))


def draw_read(kind: str, rng: random.Random) -> str:
    """Draw a member of a kind of which the student's plain text tells."""
    return rng.choice(LEAVES[kind].read + LEAVES[kind].held_out)


def draw_unread(kind: str, rng: random.Random) -> str:
    """Draw a nonsense word of a kind, of which no text tells that it is one."""
    return rng.choice(LEAVES[kind].unread)


def value_of(relation: Relation, thing: str) -> str | None:
    """Return what a leaf or kind has by a relation, inherited; None where it has nothing."""
    return relation.values.get(KIND_OF.get(thing, thing))


def sentence(text: str) -> str:
    """Write a phrase as a sentence: capital first letter, full stop at the end."""
    return f"{text[0].upper()}{text[1:]}."
