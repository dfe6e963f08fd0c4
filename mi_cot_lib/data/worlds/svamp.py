"""Arithmetic stories in the format of SVAMP, with right and wrong arguments for their equations."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.worlds import stories
from mi_cot_lib.data.worlds.equations import (
    Equation,
    labelled,
    leaves,
    mistakes,
    operations,
    read,
    steps,
    written,
)
from mi_cot_lib.data.worlds.item import Argument, New, WorldItem
from mi_cot_lib.data.worlds.stories import Case, Story, Template

MAX_INPUT_WORDS = 45
MAX_RATIONALE_WORDS = 35
NOISE_SHARE = 0.48

_KINDS = {"+": 0.18, "-": 0.21, "*": 0.18, "/": 0.19, "two": 0.24}

# The quantities that a sentence states, and the sentence.
_Told = tuple[tuple[str, ...], str]


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw stories with a question, their equation and arguments for and against it; see `World`."""
    pools = _pools(new)
    made: dict[str, WorldItem] = {}
    while len(made) < count:
        kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
        template, case = rng.choice(pools[kind])
        item = _item(template, case, rng)
        if item is not None:
            made.setdefault(item.row["input"], item)
    return list(made.values())


def plain_text(rng: random.Random) -> str:
    """Draw a story of the common templates, a list or a statement; see `World`."""
    asked = [one for pool in _pools(None).values() for one in pool]
    while True:
        if rng.random() < 0.25:
            return _statement(rng)
        item = _item(*rng.choice(asked), rng)
        if item is not None:
            story, question = item.row["input"].split("\n")
            return f"{story} {question}" if rng.random() < 0.5 else story


@cache
def _pools(new: New | None) -> dict[str, list[tuple[Template, Case]]]:
    """Return templates with what can be asked, by operation.

    Of each common template one question is kept for `unseen`, another of each that tells the same story:
    what is told and what is asked are known, but were never put together. None is kept where one operation
    alone would be left to a template, which would give it away.
    """
    pools: dict[str, list[tuple[Template, Case]]] = {kind: [] for kind in _KINDS}
    templates = stories.UNSEEN_TEMPLATES if new == "template" else stories.TEMPLATES
    alike: dict[int, list[str]] = {}
    for template in templates:
        alike.setdefault(id(template.story), []).append(template.name)
    for template in templates:
        names, cases = alike[id(template.story)], template.story.cases
        signs = ["".join(operations(read(case.equation))) for case in cases]
        kept = names.index(template.name) % len(cases)
        keeps = len(names) > 1 and len({*signs[:kept], *signs[kept + 1 :]}) > 1
        for number, case in enumerate(cases):
            if new == "template" or (keeps and number == kept) == (new == "facts"):
                kind = signs[number] if len(signs[number]) == 1 else "two"
                pools[kind].append((template, case))
    return pools


def _item(template: Template, case: Case, rng: random.Random) -> WorldItem | None:
    equation = read(case.equation)
    numbers = _numbers(equation, rng)
    slots = _slots(template, rng)
    telling = _Telling(template.story, case, numbers, slots, rng)
    told, noise = telling.facts(), telling.noises()
    sentences = [sentence for _, sentence in told]
    for name, (sentence, number) in noise.items():
        told.append(((name,), sentence))
        numbers[name] = number
        sentences.insert(rng.randint(0, len(sentences)), sentence)
    question = _fill(rng.choice(case.questions), slots)
    story = " ".join(_with_pronouns(sentences, slots))

    def argument(tree: Equation) -> Argument:
        return Argument(labelled(tree, numbers), _rationale(tree, numbers, told, case, slots))

    right = argument(equation)
    wrong = [argument(tree) for tree in mistakes(equation, numbers, tuple(noise), rng)]
    if len(f"{story} {question}".split()) > MAX_INPUT_WORDS or any(
        len(each.rationale.split()) > MAX_RATIONALE_WORDS for each in (right, *wrong)
    ):
        return None
    row = {"input": f"{story}\n{question}", "label": right.label}
    return WorldItem(row, right, tuple(wrong), template.name)


def _numbers(equation: Equation, rng: random.Random) -> dict[str, int]:
    """Draw distinct numbers until every step of the equation is a whole number of at least 2."""
    small = leaves(equation, factors_only=True)
    while True:
        numbers = {}
        for name in leaves(equation):
            top = 12 if name in small else rng.choice((20, 60, 99))
            numbers[name] = rng.randint(2, top)
        if len(set(numbers.values())) < len(numbers):
            continue
        results = steps(equation, numbers)
        if all(step.denominator == 1 and 2 <= step <= 500 for step in results):
            return numbers


def _slots(template: Template, rng: random.Random) -> dict[str, str]:
    people = rng.sample(list(stories.PEOPLE.items()), 3)
    things = rng.sample(list(stories.THINGS.items()), 3)
    box, boxes = rng.choice(list(stories.CONTAINERS.items()))
    slots = {"he": people[0][1], "box": box, "boxes": boxes, "p": rng.choice(stories.PLACES)}
    slots |= {slot: name for slot, (name, _) in zip("ABC", people, strict=True)}
    for slot, (one, many) in zip("xyz", things, strict=True):
        slots |= {slot: many, f"{slot}1": one}
    return slots | {name: _fill(word, slots) for name, word in template.words.items()}


@dataclass(frozen=True, slots=True)
class _Telling:
    """One story while it is being told: the numbers and words of its slots, and the source of choices."""

    story: Story
    case: Case
    numbers: Mapping[str, int]
    slots: Mapping[str, str]
    rng: random.Random

    def facts(self) -> list[_Told]:
        """Tell the quantities in some order; a sentence may state two, or leave one's number out."""
        rng, facts, numbers = self.rng, self.story.facts, self.numbers
        keys = [key for key in facts if " " in key and set(key.split()) <= set(numbers)]
        keys = [key for key in keys if rng.random() < 0.5]
        joined = {name for key in keys for name in key.split()}
        keys += [name for name in facts if name in numbers and name not in joined]
        drawn = {name: str(number) for name, number in numbers.items()}
        told = [(tuple(key.split()), self._one_of(facts[key], drawn)) for key in keys]
        unknown = self.story.unknown.get(self.case.target)
        if unknown and rng.random() < 0.6:
            told.insert(rng.randint(0, len(told)), ((), _fill(unknown, self.slots)))
        if rng.random() < 0.8:
            rng.shuffle(told)
        return told

    def noises(self) -> dict[str, tuple[str, int]]:
        """Draw sentences with a number that does not matter: none for most stories, else one or two."""
        rng = self.rng
        if rng.random() > NOISE_SHARE:
            return {}
        noise: dict[str, tuple[str, int]] = {}
        taken = set(self.numbers.values())
        for place in range(1 if len(self.numbers) > 2 or rng.random() < 0.8 else 2):
            top = rng.choice((12, 60, 99))
            number = rng.choice([n for n in range(2, top + 1) if n not in taken])
            taken.add(number)
            # A second sentence from the story's own facts could contradict the first.
            drawn = self._noise(str(number), aside=place > 0)
            noise[f"noise{place}"] = (drawn, number)
        return noise

    def _noise(self, number: str, aside: bool) -> str:
        rng, facts, target = self.rng, self.story.facts, self.case.target
        draw = 1 if aside else rng.random()
        if self.case.spare and draw < 0.4:
            name = rng.choice(self.case.spare)
            return self._one_of(facts[name], {name: number})
        own = [key for key, told in facts.items() if "{x}" in told[0] and " " not in key]
        if own and draw < 0.8:
            name = target if target in own and rng.random() < 0.6 else rng.choice(own)
            other = {"x": self.slots["z"], "x1": self.slots["z1"], name: number}
            return self._one_of(facts[name], other)
        return self._one_of(stories.NOISE, {"n": number})

    def _one_of(self, texts: Sequence[str], slots: Mapping[str, str]) -> str:
        return _fill(self.rng.choice(texts), {**self.slots, **slots})


def _rationale(
    tree: Equation,
    numbers: Mapping[str, int],
    told: Sequence[_Told],
    case: Case,
    slots: dict[str, str],
) -> str:
    used = leaves(tree)
    sentences = [sentence for name in used for names, sentence in told if name in names]
    sentences = list(dict.fromkeys(sentences))
    result = steps(tree, numbers)[-1]
    whole = result.denominator == 1
    shown = str(result.numerator) if whole else f"{float(result):.2f}".rstrip("0")
    calc = f"{written(tree, numbers)} = {shown}"
    answer = _fill(case.answer, slots | {"calc": calc})
    if sentences[0].startswith(f"{slots['A']} ") and answer.startswith(f"{slots['A']} "):
        answer = answer.replace(slots["A"], slots["he"], 1)
    return " ".join((*_with_pronouns(sentences, slots), f"So {answer}."))


def _with_pronouns(sentences: list[str], slots: dict[str, str]) -> list[str]:
    name = f"{slots['A']} "
    pronoun = f"{slots['he'].capitalize()} "
    told = []
    for before, sentence in zip(["", *sentences], sentences, strict=False):
        again = before.startswith(name) and sentence.startswith(name)
        told.append(pronoun + sentence.removeprefix(name) if again else sentence)
    return told


def _statement(rng: random.Random) -> str:
    slots = _slots(rng.choice(stories.TEMPLATES), rng)
    slots["colour"], slots["colour2"] = rng.sample(stories.COLOURS, 2)
    slots["n"], slots["m"] = (str(rng.randint(2, 99)) for _ in range(2))
    verbs = stories.VERBS
    slots |= {"past": rng.choice(list(verbs.values())), "verb": rng.choice(list(verbs))}
    return _fill(rng.choice((*stories.STATEMENTS, *stories.NOISE)), slots)


def _fill(text: str, slots: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]], text)
