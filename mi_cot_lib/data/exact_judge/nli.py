"""The truth of a sentence pair: what the premise says of whom, and what that makes of the hypothesis."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.exact_judge.reading import FAULTS, Found, Phrasebook, normal, sentences
from mi_cot_lib.data.questions import PREMISE_HYPOTHESIS_SEPARATOR
from mi_cot_lib.data.worlds.facts import CATEGORIES, CATEGORY_OF, KIND_OF, NAMES, with_article
from mi_cot_lib.data.worlds.nli import OPENERS, SLOTS, WHO, Slot

_SLOTS = {slot.category: slot for slot in SLOTS}
_OPENER = re.compile(rf",?\s*\b(?:{'|'.join(OPENERS)})\b,?")
_JOINT = re.compile(r"\s*,\s*(?:(?:and|so)\s+)?|\s+(?:and|so)\s+")
_LEAD = re.compile(r"(?:and|so|therefore)\s+")


@dataclass(frozen=True, slots=True)
class _Told:
    subject: str
    slot: Slot
    leaf: str


@dataclass(frozen=True, slots=True)
class _Claim:
    subject: str
    slot: Slot
    kind: str
    holds: bool


@dataclass(frozen=True, slots=True)
class _Silence:
    subject: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class _Link:
    leaf: str
    kind: str


_Meaning = _Told | _Claim | _Silence | _Link


@dataclass(frozen=True, slots=True)
class PairQuestion:
    """A sentence pair of nano_esnli or nano_anli with what is true of it.

    Attributes:
        people: Whom each subject names: a name, "the chef" or "the cook".
        told: The leaf of each slot that the premise tells, by person.
        asked: What the hypothesis claims.
        chained: The premise names people by their work, so that an explanation has to say who is
            meant.
    """

    people: Mapping[str, str]
    told: Mapping[str, Mapping[Slot, str]]
    asked: _Claim
    chained: bool

    @property
    def person(self) -> str:
        """Whom the hypothesis is about."""
        return self.people[self.asked.subject]

    @property
    def leaf(self) -> str | None:
        """What the premise tells of this person in the slot asked about."""
        return self.told[self.person].get(self.asked.slot)

    @property
    def label(self) -> str:
        """The label that follows."""
        if self.leaf is None:
            return "neutral"
        return "entailment" if KIND_OF[self.leaf] == self.asked.kind else "contradiction"

    @property
    def _who(self) -> str:
        subject = self.asked.subject
        job = self.told[self.person][WHO]
        if subject in self.told:
            return f"{subject.capitalize()} is {with_article(job)}"
        return f"the {job} is {with_article(KIND_OF[job])}"

    @property
    def _said(self) -> str:
        assert self.leaf is not None
        return f"what the premise tells of {self.person.capitalize()}: {self.leaf}"

    @property
    def _bridge(self) -> str:
        assert self.leaf is not None
        return self.asked.slot.link(self.leaf, KIND_OF[self.leaf])

    @property
    def needed(self) -> tuple[str, ...]:
        """Who is meant, what is told of them, why that is of a kind, and what follows."""
        who = (self._who,) if self.chained else ()
        if self.leaf is None:
            return *who, _SILENT
        return *who, self._said, self._bridge, _CONCLUSION

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        """Cut a sentence at commas, "and" and "so"; a statement without subject gets the last one."""
        return _statements(sentence)

    def find(self, statement: str) -> Found:
        """Say what a statement is; see `Question`."""
        meaning = _book().meaning(statement)
        if meaning is None:
            return Found("unreadable")
        if isinstance(meaning, _Link):
            return self._find_link(meaning)
        if meaning.subject not in self.people:
            return Found("foreign")
        person = self.people[meaning.subject]
        leaf = self.told[person].get(meaning.slot)
        if not _holds(meaning, leaf):
            return Found("false")
        if person != self.person:
            return Found("idle")
        if meaning.slot is self.asked.slot:
            return self._find_asked(meaning)
        if meaning.slot is WHO and self.chained:
            by_name = self.asked.subject in self.told
            if by_name and isinstance(meaning, _Told):
                return Found("given", (self._who,))
            if not by_name and isinstance(meaning, _Claim) and meaning.holds:
                return Found("explains", (self._who,))
        return Found("idle")

    def begins(self, statement: str) -> bool:
        """Tell whether a true statement begins so; see `Question`."""
        begun = _book().starting_with(statement)
        return any(self.find(each).sort not in FAULTS for each in begun)

    def _find_asked(self, meaning: _Told | _Claim | _Silence) -> Found:
        if isinstance(meaning, _Told):
            return Found("given", (self._said,))
        if isinstance(meaning, _Silence):
            return Found("explains", (_SILENT,))
        concludes = meaning.kind == self.asked.kind
        return Found("concludes", (_CONCLUSION,)) if concludes else Found("idle")

    def _find_link(self, link: _Link) -> Found:
        slot = _SLOTS[CATEGORY_OF[KIND_OF[link.leaf]]]
        leaves = {leaf for told in self.told.values() for leaf in told.values()}
        if slot is not self.asked.slot and link.leaf not in leaves:
            return Found("foreign")
        if KIND_OF[link.leaf] != link.kind:
            return Found("false")
        if link.leaf == self.leaf:
            return Found("explains", (self._bridge,))
        by_work = self.chained and self.asked.subject not in self.told
        if by_work and link.leaf == self.told[self.person][WHO]:
            return Found("explains", (self._who,))
        return Found("idle")


_SILENT = "that the premise does not say what the hypothesis claims"
_CONCLUSION = "whether the hypothesis is true"


def pair_question(text: str, label: str) -> PairQuestion | None:
    """Find the truth about a pair from its input.

    Returns:
        None where the text is no pair of this world or the label not the one that follows.
    """
    premise, _, hypothesis = text.partition(PREMISE_HYPOTHESIS_SEPARATOR)
    said = [_book().meaning(each) for part in sentences(premise) for each in _statements(part)]
    asked = _book().meaning(normal(hypothesis))
    if not said or not isinstance(asked, _Claim) or not all(isinstance(m, _Told) for m in said):
        return None
    told: dict[str, dict[Slot, str]] = {}
    people: dict[str, str] = {}
    meanings = [meaning for meaning in said if isinstance(meaning, _Told)]
    names = {name.casefold() for name in NAMES}
    # Who works as what has to be known before anything told of "the chef" finds its person.
    for meaning in sorted(meanings, key=lambda meaning: meaning.subject not in names):
        subject = meaning.subject
        person = people.setdefault(subject, subject) if subject in names else people.get(subject)
        if person is None:
            return None
        told.setdefault(person, {})[meaning.slot] = meaning.leaf
        if meaning.slot is WHO:
            people |= {f"the {meaning.leaf}": person, f"the {KIND_OF[meaning.leaf]}": person}
    if asked.subject not in people:
        return None
    chained = any(meaning.subject not in names for meaning in meanings)
    question = PairQuestion(people, told, asked, chained)
    return question if question.label == label else None


def _holds(meaning: _Told | _Claim | _Silence, leaf: str | None) -> bool:
    if isinstance(meaning, _Silence):
        return leaf is None
    if isinstance(meaning, _Told):
        return leaf == meaning.leaf
    return leaf is not None and (KIND_OF[leaf] == meaning.kind) == meaning.holds


def _statements(sentence: str) -> tuple[str, ...]:
    text = _OPENER.sub(",", normal(sentence))
    found: list[str] = []
    subject = ""
    for part in _JOINT.split(text):
        statement = _LEAD.sub("", normal(part), count=1)
        if not statement:
            continue
        meaning = _book().meaning(statement)
        if meaning is None and (meaning := _book().meaning(f"{subject} {statement}")):
            statement = f"{subject} {statement}"
        if meaning is not None and not isinstance(meaning, _Link):
            subject = meaning.subject
        found.append(statement)
    return tuple(found)


@cache
def _book() -> Phrasebook[_Meaning]:
    return Phrasebook((normal(text), meaning) for text, meaning in _sayings())


def _sayings() -> Iterator[tuple[str, _Meaning]]:
    works = CATEGORIES[WHO.category]
    jobs = [leaf for kind in works for leaf in works[kind]]
    subjects = [name.casefold() for name in NAMES] + [f"the {who}" for who in (*works, *jobs)]
    for slot in _SLOTS.values():
        kinds = CATEGORIES[slot.category]
        for leaf in (leaf for kind in kinds for leaf in kinds[kind]):
            for kind in kinds:
                yield slot.link(leaf, kind), _Link(leaf, kind)
            for subject in subjects:
                told = _Told(subject, slot, leaf)
                for way in range(len(slot.said)):
                    yield f"{subject} {slot.say(leaf, way)}", told
                if slot is WHO:
                    yield f"{subject} is {with_article(leaf)}", told
        for subject in subjects:
            topic = slot.topic.format(n=subject)
            yield f"the premise does not say {topic}", _Silence(subject, slot)
            for kind in kinds:
                for way in range(len(slot.stated)):
                    stated = slot.state(kind, way)
                    cannot = f"cannot be {stated.removeprefix('is ')}"
                    yield f"{subject} {stated}", _Claim(subject, slot, kind, True)
                    for text in (slot.deny(kind, way), cannot):
                        yield f"{subject} {text}", _Claim(subject, slot, kind, False)
