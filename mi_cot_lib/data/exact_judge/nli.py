"""The truth of a sentence pair: what the premise says of a person, and what that makes of the hypothesis."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal, NamedTuple

from mi_cot_lib.data.exact_judge.judge import FAULTS, Found
from mi_cot_lib.data.exact_judge.statements import normal
from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.data.worlds.facts import CATEGORIES, CATEGORY_OF, KIND_OF, NAMES
from mi_cot_lib.data.worlds.nli import OPENERS, ORDINALS, SLOTS, Slot

_SLOTS = {slot.category: slot for slot in SLOTS}
_OPENER = re.compile(rf",?\s*\b(?:{'|'.join(OPENERS)})\b,?")
# A comma before "not" belongs to the statement: "a poodle is a dog, not a bird".
_JOINT = re.compile(r"\s*,(?!\s*not\b)\s*(?:(?:and|so)\s+)?|\s+(?:and|so)\s+")
_LEAD = re.compile(r"^(?:and|so|therefore)\s+")
# What a premise says that is not so.
_DENIED = re.compile(r", not (\w.*)$")

_BETWEEN = {"a", "an", "the", "or"}

_SILENT = "that the premise does not say what the hypothesis claims"
_CONCLUSION = "whether the hypothesis is true"


class _Saying(NamedTuple):
    """What is said of somebody: a leaf, that a kind is true or not, or that the premise is silent."""

    name: str
    slot: Slot
    sort: Literal["told", "claimed", "denied", "silent"]
    word: str = ""

    def holds(self, leaf: str | None) -> bool:
        if self.sort in ("told", "silent"):
            return (leaf or "") == self.word
        return leaf is not None and (KIND_OF[leaf] == self.word) == (self.sort == "claimed")


class _Link(NamedTuple):
    leaf: str
    kind: str


class _Point(NamedTuple):
    place: int
    kind: str


@dataclass(frozen=True, slots=True)
class _PairQuestion:
    # The leaf of each slot of which the premise tells, those that it says are not so in their order, and what
    # the hypothesis says of the same person.
    told: Mapping[Slot, str]
    denied: tuple[str, ...]
    asked: _Saying

    @property
    def leaf(self) -> str | None:
        return self.told.get(self.asked.slot)

    @property
    def needed(self) -> tuple[str, ...]:
        if self.leaf is None:
            return (_SILENT,)
        return self.asked.slot.point(0, KIND_OF[self.leaf]), _CONCLUSION

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        return _statements(sentence)

    def begins(self, statement: str) -> bool:
        begun = (each for each in _book() if each.startswith(statement))
        return any(self.find(each).sort not in FAULTS for each in begun)

    def find(self, statement: str) -> Found:
        meaning = _book().get(statement)
        if meaning is None:
            so, not_so = _without_denial(statement)
            meaning = _book().get(so)
            if not not_so or not set(not_so) <= KIND_OF.keys():
                return Found("unreadable")
            if not isinstance(meaning, _Saying) or meaning.sort != "told":
                return Found("unreadable")
            if not set(not_so) <= set(self.denied):
                return Found("false")
        if isinstance(meaning, _Link):
            return self._find_link(meaning)
        if isinstance(meaning, _Point):
            return self._find_point(meaning)
        if meaning.name != self.asked.name:
            return Found("foreign")
        if not meaning.holds(self.told.get(meaning.slot)):
            return Found("false")
        if meaning.slot is not self.asked.slot:
            return Found("idle")
        if meaning.sort == "told":
            return Found("given")
        if meaning.sort == "silent":
            return Found("explains", self.needed)
        concludes = meaning.word == self.asked.word
        return Found("concludes", self.needed[1:]) if concludes else Found("idle")

    def _find_link(self, link: _Link) -> Found:
        slot = _SLOTS[CATEGORY_OF[KIND_OF[link.leaf]]]
        named = {self.told.get(slot), *self.denied}
        if slot is not self.asked.slot and link.leaf not in named:
            return Found("foreign")
        if KIND_OF[link.leaf] != link.kind:
            return Found("false")
        return Found("explains", self.needed[:1]) if link.leaf == self.leaf else Found("idle")

    def _find_point(self, point: _Point) -> Found:
        (slot, first), *more = self.told.items()
        is_of_these = CATEGORY_OF[point.kind] == slot.category and point.place <= len(self.denied)
        if more or not is_of_these:
            return Found("foreign")
        if KIND_OF[(first, *self.denied)[point.place]] != point.kind:
            return Found("false")
        is_asked = point.place == 0 and slot is self.asked.slot
        return Found("explains", self.needed[:1]) if is_asked else Found("idle")


def pair_question(text: str, label: str) -> _PairQuestion | None:
    """Find the truth about a pair; None where it is none of this world or its label another one."""
    premise, _, hypothesis = text.partition(PREMISE_HYPOTHESIS_SEPARATOR)
    asked = _book().get(normal(hypothesis))
    if not isinstance(asked, _Saying) or asked.sort not in ("claimed", "denied"):
        return None
    told: dict[Slot, str] = {}
    so, not_so = _without_denial(normal(_OPENER.sub(" ", normal(premise))))
    for statement in _statements(so):
        meaning = _book().get(statement)
        if not isinstance(meaning, _Saying) or meaning.sort != "told" or meaning.name != asked.name:
            return None
        told[meaning.slot] = meaning.word
    question = _PairQuestion(told, not_so, asked)
    follows = "neutral"
    if question.leaf is not None:
        follows = "entailment" if asked.holds(question.leaf) else "contradiction"
    return question if told and follows == label else None


def _without_denial(text: str) -> tuple[str, tuple[str, ...]]:
    """Cut off what a premise says is not so: the rest, and what is denied, leaves or other words."""
    denied = _DENIED.search(text)
    named = re.findall(r"\w+", denied[1]) if denied else ()
    return _DENIED.sub("", text), tuple(one for one in named if one not in _BETWEEN)


def _statements(sentence: str) -> tuple[str, ...]:
    """Cut at commas, "and" and "so"; a statement that names nobody is about the last one named."""
    found: list[str] = []
    name = ""
    for part in _JOINT.split(normal(_OPENER.sub(" ", normal(sentence)))):
        statement = _LEAD.sub("", normal(part), count=1)
        if not statement:
            continue
        meaning = _book().get(statement)
        whole = normal(f"{name} {statement}")
        if meaning is None and (meaning := _book().get(whole)):
            statement = whole
        if isinstance(meaning, _Saying):
            name = meaning.name
        found.append(statement)
    return tuple(found)


@cache
def _book() -> dict[str, _Saying | _Link | _Point]:
    return {normal(text): meaning for text, meaning in _said()}


def _said() -> Iterator[tuple[str, _Saying | _Link | _Point]]:
    for slot in SLOTS:
        kinds = CATEGORIES[slot.category]
        for place, kind in product(range(len(ORDINALS)), kinds):
            yield slot.point(place, kind), _Point(place, kind)
        for leaf in (leaf for kind in kinds for leaf in kinds[kind]):
            for kind in kinds:
                yield slot.link(leaf, kind), _Link(leaf, kind)
                for other in set(kinds) - {kind}:
                    yield slot.exclude(leaf, kind, other), _Link(leaf, kind)
            for name in NAMES:
                for way in range(len(slot.said)):
                    yield f"{name} {slot.say(leaf, way)}", _Saying(name, slot, "told", leaf)
        for name in NAMES:
            topic = slot.topic.format(n=name)
            yield f"the premise does not say {topic}", _Saying(name, slot, "silent")
            for kind in kinds:
                yield from _said_of_kind(name, slot, kind)


def _said_of_kind(name: str, slot: Slot, kind: str) -> Iterator[tuple[str, _Saying]]:
    claimed, denied = _Saying(name, slot, "claimed", kind), _Saying(name, slot, "denied", kind)
    for way in range(len(slot.stated)):
        stated = slot.state(kind, way)
        yield f"{name} {stated}", claimed
        yield f"{name} {slot.deny(kind, way)}", denied
        yield f"{name} cannot be {stated.removeprefix('is ')}", denied
