"""The sentence forms of arithmetic stories: what counts as a statement, and what its slots hold."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.exact_judge.statements import normal
from mi_cot_lib.data.worlds import stories
from mi_cot_lib.data.worlds.stories import CONTAINERS, THINGS, Template

ALL_TEMPLATES = (*stories.TEMPLATES, *stories.UNSEEN_TEMPLATES)
# Stands for a calculation with its result, which wordings leave out.
CALCULATION = "#"
# What reads `17 - 5 = 12`.
CALCULATIONS = re.compile(
    r"(?<![\w.])(?P<left>[-(]{0,9}[0-9][0-9.\s()+*/-]{0,80}?)\s?=\s?(?P<right>-?[0-9]+(?:\.[0-9]+)?)"
)

Slots = Mapping[str, str]

_SLOT = re.compile(r"\{(\w+)\}")
_TOKEN = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?|\S")
_PERSON_SLOTS, _THING_SLOTS = ("A", "B", "C"), ("x", "y", "z")


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word.casefold()) for word in words)


_FILLINGS = {
    **dict.fromkeys(_PERSON_SLOTS, _one_of(stories.PEOPLE)),
    **dict.fromkeys(_THING_SLOTS, _one_of(THINGS.values())),
    **dict.fromkeys(("x1", "y1", "z1"), _one_of(THINGS)),
    "box": _one_of(CONTAINERS),
    "boxes": _one_of(CONTAINERS.values()),
    "p": _one_of(stories.PLACES),
}
# A slot in the singular, the same in the plural, and the plurals of what can fill it.
_NUMBERS = [*((f"{slot}1", slot, THINGS) for slot in _THING_SLOTS), ("box", "boxes", CONTAINERS)]
_EXAMPLE = {
    **dict.fromkeys(_PERSON_SLOTS, "Tom"),
    **dict.fromkeys(_THING_SLOTS, "apples"),
    **{"boxes": "boxes", "p": "garden", "calc": CALCULATION},
}


def filled(text: str, slots: Slots) -> str | None:
    """Fill a sentence form in and write it in normal form; None where a slot is not known."""
    known = dict(slots)
    for one, many, plurals in _NUMBERS:
        if many in slots:
            known[one] = next(word for word, more in plurals.items() if more == slots[many])
    while names := set(_SLOT.findall(text)):
        if not names <= set(known):
            return None
        text = _SLOT.sub(lambda slot: known[slot[1]], text)
    return normal(text)


def bound(text: str, template: Template, sentence: str) -> dict[str, str] | None:
    """Read from a sentence in normal form what fills the slots of a form; None where it has another.

    Things and containers are given in the plural, whichever number the form holds.
    """
    with_words = _SLOT.sub(lambda slot: template.words.get(slot[1], slot[0]), text)
    found = _pattern(with_words).fullmatch(sentence)
    if found is None:
        return None
    slots = found.groupdict()
    for one, many, plurals in _NUMBERS:
        if one in slots:
            word = plurals[slots.pop(one)]
            if slots.setdefault(many, word) != word:
                return None
    return united(slots, {})


def united(first: Slots, second: Slots) -> dict[str, str] | None:
    """Join two fillings; None where they differ or give one word to two people or things."""
    if any(first.get(name, word) != word for name, word in second.items()):
        return None
    slots = {**first, **second}
    for alike in (_PERSON_SLOTS, _THING_SLOTS):
        words = [slots[name] for name in alike if name in slots]
        if len(set(words)) < len(words):
            return None
    return slots


def skeleton(statement: str) -> str:
    """Replace names, things, verbs and numbers of a statement in normal form by their classes."""
    plain = CALCULATIONS.sub(
        lambda calc: calc[0] if equation_value(calc["left"]) is None else f" {CALCULATION} ",
        statement,
    )
    return " ".join(
        "0" if token[0] in "0123456789" else _classes().get(token, token)
        for token in _TOKEN.findall(plain)
    )


def named(statement: str) -> frozenset[str]:
    """Return the people and things that a statement names, things in the plural."""
    plurals = _plurals()
    subjects = {*plurals.values(), *(name.casefold() for name in stories.PEOPLE)}
    words = (plurals.get(word, word) for word in re.findall(r"[a-z]+", statement))
    return frozenset(word for word in words if word in subjects)


def all_forms(words: Iterable[str]) -> set[str]:
    """Add to nouns their other number and to verbs their other tense."""
    found = set(words)
    for pairs in (_plurals(), stories.VERBS):
        for one, other in pairs.items():
            if one in found or other in found:
                found |= {one, other}
    return found


@cache
def skeletons() -> frozenset[str]:
    """Return the skeletons of all that stories, questions and rationales of this world can say."""
    forms = set()
    for template in ALL_TEMPLATES:
        story = template.story
        concluding = (
            text.replace(f"{{{case.target}}}", CALCULATION)
            for case in story.cases
            for text in story.facts.get(case.target, ())
        )
        for text in (*story.texts(), *concluding):
            quantities = dict.fromkeys(_SLOT.findall(text), "1")
            sentence = filled(text, {**quantities, **template.words, **_EXAMPLE})
            if sentence is not None:
                forms.add(skeleton(sentence))
    return frozenset(forms)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts, seen = [], set()
    for place, part in enumerate(_SLOT.split(text)):
        if place % 2 == 0:
            parts.append(re.escape(part.casefold()))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(rf"(?P<{part}>{_FILLINGS.get(part, '[0-9]+')})")
    whole = "".join(parts)
    return re.compile(whole.removesuffix(r"\.").removesuffix(r"\?"))


@cache
def _classes() -> dict[str, str]:
    classes = {word: "T" for word in _plurals().values()} | {word: "t" for word in _plurals()}
    for template in ALL_TEMPLATES:
        for slot in ("k1", "k2", "k3"):
            if slot in template.words:
                classes.setdefault(template.words[slot], "K")
    classes |= {place: "t" for place in stories.PLACES}
    for verb, past in stories.VERBS.items():
        classes |= {verb: "v", past: "V"}
    return classes | {name.casefold(): "P" for name in stories.PEOPLE}


@cache
def _plurals() -> dict[str, str]:
    plurals = {**THINGS, **CONTAINERS}
    for template in ALL_TEMPLATES:
        words = template.words
        if "unit" in words:
            plurals[words["unit"]] = words["units"]
        for slot in ("k1", "k2", "friends"):
            if words.get(slot, "").endswith("s"):
                plurals[words[slot].removesuffix("s")] = words[slot]
    return plurals
