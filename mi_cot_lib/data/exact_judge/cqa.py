"""The truth of a question with choices: which link and which fact lead to the gold choice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from mi_cot_lib.data.exact_judge.judge import FAULTS, Found, sentences
from mi_cot_lib.data.exact_judge.statements import normal
from mi_cot_lib.data.questions import CHOICES_MARK, listed_choices
from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.facts import KIND_OF, Relation, value_of, with_article

_ARTICLE = re.compile(r"\b(?:an?|the)(?: |$)")
_JOINT = re.compile(r",? (?:and|so) ")
_LEAD = re.compile(r"^(?:and|so|therefore),? ")


class _Link(NamedTuple):
    leaf: str
    kind: str


class _Fact(NamedTuple):
    relation: Relation
    thing: str
    value: str

    @property
    def holds(self) -> bool:
        return value_of(self.relation, self.thing) == self.value


@dataclass(frozen=True, slots=True)
class _ChoiceQuestion:
    # What is asked for, and the leaf that is given or the gold answer.
    relation: Relation
    leaf: str
    # Leaves and values that the question names or offers, and its own sentences.
    things: frozenset[str]
    restated: frozenset[str]

    @property
    def needed(self) -> tuple[str, str]:
        kind = KIND_OF[self.leaf]
        value = with_article(self.relation.values[kind])
        link = f"{with_article(self.leaf)} is {with_article(kind)}"
        return link, self.relation.fact.format(xs=facts.plural(kind), v=value)

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        return _statements(sentence)

    def find(self, statement: str) -> Found:
        if statement in self.restated:
            return Found("idle")
        link, fact = self.needed
        match meaning := _book().get(statement):
            case None:
                return Found("unreadable")
            case _Link(leaf, kind):
                if leaf not in self.things:
                    return Found("foreign")
                if kind != KIND_OF[leaf]:
                    return Found("false")
                return Found("explains", (link,)) if leaf == self.leaf else Found("idle")
            case _Fact(relation, thing, value):
                if value not in self.things or (thing in KIND_OF and thing not in self.things):
                    return Found("foreign")
                if not meaning.holds:
                    return Found("false")
                if relation is self.relation and thing == KIND_OF[self.leaf]:
                    return Found("explains", (fact,))
                concludes = relation is self.relation and thing == self.leaf
                return Found("concludes" if concludes else "idle")

    def begins(self, statement: str) -> bool:
        begun = (each for each in _book() if each.startswith(statement))
        return any(self.find(each).sort not in FAULTS for each in begun)


def choice_question(text: str, label: str) -> _ChoiceQuestion | None:
    """Find the truth about a question from its input and its gold choice.

    None where the text is no question of this world or the label no choice that fits it.
    """
    story = text.partition(CHOICES_MARK)[0]
    choices = listed_choices(text)
    thought, _, ask = story.rpartition(". ")
    for relation in facts.RELATIONS:
        if label not in choices or ask not in relation.asks:
            continue
        leaves = {leaf for kind in relation.values for leaf in facts.leaves_of(kind)}
        named = leaves & set(re.findall(r"\w+", thought))
        for leaf in named:
            if value_of(relation, leaf) == label:
                restated = {part for each in sentences(story) for part in _statements(each)}
                things = frozenset((*named, *choices))
                return _ChoiceQuestion(relation, leaf, things, frozenset(restated))
    return None


def _statements(sentence: str) -> tuple[str, ...]:
    parts = _JOINT.split(normal(sentence))
    return tuple(plain for part in parts if (plain := _ARTICLE.sub("", _LEAD.sub("", part))))


@cache
def _book() -> dict[str, _Link | _Fact]:
    return {_statements(text)[0]: meaning for text, meaning in _said()}


def _said() -> Iterator[tuple[str, _Link | _Fact]]:
    asked_about = {relation.category for relation in facts.RELATIONS}
    kinds = [kind for category in sorted(asked_about) for kind in facts.CATEGORIES[category]]
    for kind in kinds:
        for leaf in (leaf for each in kinds for leaf in facts.leaves_of(each)):
            for way in ("", "a kind of ", "a sort of "):
                yield f"{leaf} is {way}{kind}", _Link(leaf, kind)
            yield f"{facts.plural(leaf)} are {facts.plural(kind)}", _Link(leaf, kind)
    for relation in facts.RELATIONS:
        own = facts.CATEGORIES[relation.category]
        for value in relation.values.values():
            for thing in (name for kind in own for name in (kind, *facts.leaves_of(kind))):
                meaning = _Fact(relation, thing, value)
                yield relation.fact.format(xs=facts.plural(thing), v=value), meaning
                for form in (relation.single, *relation.retold):
                    yield form.format(x=thing, v=value), meaning
