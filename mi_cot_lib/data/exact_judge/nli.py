"""The truth of a sentence pair: what the premise says of whom, and what that makes of the hypothesis."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from mi_cot_lib.data.exact_judge.judge import FAULTS, Found, sentences
from mi_cot_lib.data.exact_judge.statements import normal
from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.data.worlds.esnli import OPENERS, SLOTS, WHO, Slot
from mi_cot_lib.data.worlds.facts import CATEGORIES, CATEGORY_OF, KIND_OF, NAMES, with_article

_SLOTS = {slot.category: slot for slot in SLOTS}
_NAMES = [name.casefold() for name in NAMES]
_OPENER = re.compile(rf",?\s*\b(?:{'|'.join(OPENERS)})\b,?")
_JOINT = re.compile(r"\s*,\s*(?:(?:and|so)\s+)?|\s+(?:and|so)\s+")
_LEAD = re.compile(r"(?:and|so|therefore)\s+")

_SILENT = "that the premise does not say what the hypothesis claims"
_CONCLUSION = "whether the hypothesis is true"


class _Saying(NamedTuple):
    """What is said of somebody: a leaf, that a kind is true or not, or that the premise is silent."""

    subject: str
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


@dataclass(frozen=True, slots=True)
class _PairQuestion:
    # Whom each subject names: a name, "the chef" or "the cook"; and the leaf of each slot, by person.
    people: Mapping[str, str]
    told: Mapping[str, Mapping[Slot, str]]
    asked: _Saying
    # The premise names people by their work, so that an explanation has to say who is meant.
    chained: bool

    @property
    def person(self) -> str:
        return self.people[self.asked.subject]

    @property
    def leaf(self) -> str | None:
        return self.told[self.person].get(self.asked.slot)

    @property
    def by_name(self) -> bool:
        return self.asked.subject in self.told

    @property
    def who(self) -> str:
        job = self.told[self.person][WHO]
        if self.by_name:
            return f"{self.person.capitalize()} is {with_article(job)}"
        return f"the {job} is {with_article(KIND_OF[job])}"

    @property
    def needed(self) -> tuple[str, ...]:
        who = (self.who,) if self.chained else ()
        if self.leaf is None:
            return *who, _SILENT
        # What is told, of what kind that is, and what follows are the last three.
        said = f"what the premise tells of {self.person.capitalize()}: {self.leaf}"
        return *who, said, self.asked.slot.link(self.leaf, KIND_OF[self.leaf]), _CONCLUSION

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        return _statements(sentence)

    def begins(self, statement: str) -> bool:
        begun = (each for each in _book() if each.startswith(statement))
        return any(self.find(each).sort not in FAULTS for each in begun)

    def find(self, statement: str) -> Found:
        meaning = _book().get(statement)
        if meaning is None:
            return Found("unreadable")
        if isinstance(meaning, _Link):
            return self._find_link(meaning)
        if meaning.subject not in self.people:
            return Found("foreign")
        person = self.people[meaning.subject]
        if not meaning.holds(self.told[person].get(meaning.slot)):
            return Found("false")
        if person == self.person and meaning.slot is self.asked.slot:
            return self._find_asked(meaning)
        if person == self.person and meaning.slot is WHO and self.chained:
            if self.by_name and meaning.sort == "told":
                return Found("given", (self.who,))
            if not self.by_name and meaning.sort == "claimed":
                return Found("explains", (self.who,))
        return Found("idle")

    def _find_asked(self, meaning: _Saying) -> Found:
        if meaning.sort == "told":
            return Found("given", (self.needed[-3],))
        if meaning.sort == "silent":
            return Found("explains", (_SILENT,))
        concludes = meaning.word == self.asked.word
        return Found("concludes", (_CONCLUSION,)) if concludes else Found("idle")

    def _find_link(self, link: _Link) -> Found:
        slot = _SLOTS[CATEGORY_OF[KIND_OF[link.leaf]]]
        leaves = {leaf for told in self.told.values() for leaf in told.values()}
        if slot is not self.asked.slot and link.leaf not in leaves:
            return Found("foreign")
        if KIND_OF[link.leaf] != link.kind:
            return Found("false")
        if link.leaf == self.leaf:
            return Found("explains", (self.needed[-2],))
        if self.chained and not self.by_name and link.leaf == self.told[self.person][WHO]:
            return Found("explains", (self.who,))
        return Found("idle")


def pair_question(text: str, label: str) -> _PairQuestion | None:
    """Find the truth about a pair; None where it is none of this world or its label another one."""
    premise, _, hypothesis = text.partition(PREMISE_HYPOTHESIS_SEPARATOR)
    said = [_book().get(each) for part in sentences(premise) for each in _statements(part)]
    meanings = [each for each in said if isinstance(each, _Saying) and each.sort == "told"]
    asked = _book().get(normal(hypothesis))
    if not said or len(meanings) < len(said):
        return None
    if not isinstance(asked, _Saying) or asked.sort not in ("claimed", "denied"):
        return None
    told: dict[str, dict[Slot, str]] = {}
    people: dict[str, str] = {}
    # Who works as what has to be known before anything told of "the chef" finds its person.
    for subject, slot, _, leaf in sorted(
        meanings, key=lambda meaning: meaning.subject not in _NAMES
    ):
        person = people.setdefault(subject, subject) if subject in _NAMES else people.get(subject)
        if person is None:
            return None
        told.setdefault(person, {})[slot] = leaf
        if slot is WHO:
            people |= {f"the {leaf}": person, f"the {KIND_OF[leaf]}": person}
    if asked.subject not in people:
        return None
    chained = any(meaning.subject not in _NAMES for meaning in meanings)
    question = _PairQuestion(people, told, asked, chained)
    follows = "neutral"
    if question.leaf is not None:
        follows = "entailment" if asked.holds(question.leaf) else "contradiction"
    return question if follows == label else None


def _statements(sentence: str) -> tuple[str, ...]:
    """Cut at commas, "and" and "so"; a statement without subject gets the last one."""
    found: list[str] = []
    subject = ""
    for part in _JOINT.split(_OPENER.sub(",", normal(sentence))):
        statement = _LEAD.sub("", normal(part), count=1)
        if not statement:
            continue
        meaning = _book().get(statement)
        if meaning is None and (meaning := _book().get(f"{subject} {statement}")):
            statement = f"{subject} {statement}"
        if meaning is not None and not isinstance(meaning, _Link):
            subject = meaning.subject
        found.append(statement)
    return tuple(found)


@cache
def _book() -> dict[str, _Saying | _Link]:
    return {normal(text): meaning for text, meaning in _sayings()}


def _sayings() -> Iterator[tuple[str, _Saying | _Link]]:
    works = CATEGORIES[WHO.category]
    jobs = [leaf for kind in works for leaf in works[kind]]
    subjects = [*_NAMES, *(f"the {who}" for who in (*works, *jobs))]
    for slot in SLOTS:
        kinds = CATEGORIES[slot.category]
        leaves = [leaf for kind in kinds for leaf in kinds[kind]]
        for leaf in leaves:
            for kind in kinds:
                yield slot.link(leaf, kind), _Link(leaf, kind)
        for subject in subjects:
            topic = slot.topic.format(n=subject)
            yield f"the premise does not say {topic}", _Saying(subject, slot, "silent")
            for leaf in leaves:
                ways = [slot.say(leaf, way) for way in range(len(slot.said))]
                for text in (*ways, f"is {with_article(leaf)}") if slot is WHO else ways:
                    yield f"{subject} {text}", _Saying(subject, slot, "told", leaf)
            for kind in kinds:
                for way in range(len(slot.stated)):
                    stated = slot.state(kind, way)
                    yield f"{subject} {stated}", _Saying(subject, slot, "claimed", kind)
                    for text in (slot.deny(kind, way), f"cannot be {stated.removeprefix('is ')}"):
                        yield f"{subject} {text}", _Saying(subject, slot, "denied", kind)
