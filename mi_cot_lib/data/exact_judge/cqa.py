"""The truth of a question with choices: which link and which fact lead to the gold choice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.exact_judge.reading import FAULTS, Found, Phrasebook, normal, sentences
from mi_cot_lib.data.questions import CHOICES_MARK, listed_choices
from mi_cot_lib.data.worlds.facts import (
    CATEGORIES,
    KIND_OF,
    RELATIONS,
    Relation,
    leaves_of,
    plural,
    value_of,
    with_article,
)

_ARTICLE = re.compile(r"\b(?:an?|the)(?: |$)")
_JOINT = re.compile(r",? (?:and|so) ")
_LEAD = re.compile(r"(?:and|so|therefore),? ")


@dataclass(frozen=True, slots=True)
class _Link:
    leaf: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Fact:
    relation: str
    thing: str
    value: str


@dataclass(frozen=True, slots=True)
class _Goal:
    relation: str
    given: str


_Meaning = _Link | _Fact | _Goal


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """A question of nano_cqa with what is true of it.

    Attributes:
        relation: What is asked for.
        given: The leaf or the value that the question is about.
        leaf: The leaf that is given or the gold answer.
        things: Leaves and values that the question names or offers.
        restated: The question's own sentences in normal form.
    """

    relation: Relation
    given: str
    leaf: str
    things: frozenset[str]
    restated: frozenset[str]

    @property
    def _link(self) -> str:
        return f"{with_article(self.leaf)} is {with_article(KIND_OF[self.leaf])}"

    @property
    def _fact(self) -> str:
        kind = KIND_OF[self.leaf]
        value = with_article(self.relation.values[kind])
        return self.relation.fact.format(xs=plural(kind), v=value)

    @property
    def needed(self) -> tuple[str, ...]:
        """The link from leaf to kind and the fact about the kind."""
        return self._link, self._fact

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        """Cut a sentence at "and" and "so", and leave articles out."""
        return _statements(sentence)

    def find(self, statement: str) -> Found:
        """Say what a statement is; see `Question`."""
        if statement in self.restated:
            return Found("idle")
        meaning = _book().meaning(statement)
        kind = KIND_OF[self.leaf]
        match meaning:
            case None:
                return Found("unreadable")
            case _Goal(relation, given):
                if given not in self.things:
                    return Found("foreign")
                right = (relation, given) == (self.relation.name, self.given)
                return Found("idle" if right else "false")
            case _Link(leaf, claimed):
                if leaf not in self.things:
                    return Found("foreign")
                if claimed != KIND_OF[leaf]:
                    return Found("false")
                return Found("explains", (self._link,)) if leaf == self.leaf else Found("idle")
            case _Fact(relation, thing, value):
                if value not in self.things or (thing in KIND_OF and thing not in self.things):
                    return Found("foreign")
                if relation != self.relation.name:
                    return Found("idle" if _holds(meaning) else "false")
                if not _holds(meaning):
                    return Found("false")
                if thing == kind:
                    return Found("explains", (self._fact,))
                return Found("concludes" if thing == self.leaf else "idle")

    def begins(self, statement: str) -> bool:
        """Tell whether a true statement begins so; see `Question`."""
        begun = _book().starting_with(statement)
        return any(self.find(each).sort not in FAULTS for each in begun)


def choice_question(text: str, label: str) -> ChoiceQuestion | None:
    """Find the truth about a question from its input and its gold choice.

    Returns:
        None where the text is no question of this world or the label no choice that fits it.
    """
    story = text.partition(CHOICES_MARK)[0]
    choices = listed_choices(text)
    thought, _, ask = story.rpartition(". ")
    for relation in RELATIONS:
        backward = ask in relation.back_asks
        if label not in choices or not (backward or ask in relation.asks):
            continue
        leaves = {leaf for kind in relation.values for leaf in leaves_of(kind)}
        possible = set(relation.values.values()) if backward else leaves
        named = possible & set(re.findall(r"\w+", thought))
        for given in named:
            leaf, value = (label, given) if backward else (given, label)
            if value_of(relation, leaf) == value:
                restated = frozenset(
                    part for each in sentences(story) for part in _statements(each)
                )
                return ChoiceQuestion(
                    relation, given, leaf, frozenset((*named, *choices)), restated
                )
    return None


def _statements(sentence: str) -> tuple[str, ...]:
    parts = _JOINT.split(normal(sentence))
    return tuple(plain for part in parts if (plain := _ARTICLE.sub("", _LEAD.sub("", part))))


def _holds(fact: _Fact) -> bool:
    return any(r.name == fact.relation and value_of(r, fact.thing) == fact.value for r in RELATIONS)


@cache
def _book() -> Phrasebook[_Meaning]:
    return Phrasebook((_statements(text)[0], meaning) for text, meaning in _said())


def _said() -> Iterator[tuple[str, _Meaning]]:
    asked_about = {relation.category for relation in RELATIONS}
    kinds = [kind for category in sorted(asked_about) for kind in CATEGORIES[category]]
    for kind in kinds:
        for leaf in (leaf for each in kinds for leaf in leaves_of(each)):
            for text in (f"{leaf} is {kind}", f"{leaf} is a kind of {kind}"):
                yield text, _Link(leaf, kind)
            yield f"{leaf} is a sort of {kind}", _Link(leaf, kind)
            yield f"{plural(leaf)} are {plural(kind)}", _Link(leaf, kind)
    for relation in RELATIONS:
        own = CATEGORIES[relation.category]
        for leaf in (leaf for kind in own for leaf in leaves_of(kind)):
            goal = relation.goal.format(xs=plural(leaf))
            yield f"the answer must be {goal}", _Goal(relation.name, leaf)
        for value in relation.values.values():
            goal = relation.back_goal.format(v=value)
            yield f"the answer must be {goal}", _Goal(relation.name, value)
            for thing in (name for kind in own for name in (kind, *leaves_of(kind))):
                meaning = _Fact(relation.name, thing, value)
                yield relation.fact.format(xs=plural(thing), v=value), meaning
                for form in (relation.single, *relation.retold):
                    yield form.format(x=thing, v=value), meaning
