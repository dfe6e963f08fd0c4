"""Arithmetic stories in the format of SVAMP, with right and wrong arguments for their equations."""

import random
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from mi_cot_lib.data.worlds.equations import (
    Equation,
    labelled,
    leaves,
    operations,
    read,
    steps,
    value,
    written,
)
from mi_cot_lib.data.worlds.item import Argument, WorldItem
from mi_cot_lib.data.worlds.svamp_mistakes import mistakes
from mi_cot_lib.data.worlds.svamp_stories import Case
from mi_cot_lib.data.worlds.svamp_templates import TEMPLATES, UNSEEN_TEMPLATES, Template
from mi_cot_lib.data.worlds.vocabulary import COLOURS, CONTAINERS, PEOPLE, PLACES, THINGS, VERBS

MAX_INPUT_WORDS = 45
MAX_RATIONALE_WORDS = 35
NOISE_SHARE = 0.48

_KINDS = {"+": 0.18, "-": 0.21, "*": 0.18, "/": 0.19, "two": 0.24}

# A number that does not matter, with words that elsewhere belong to every operation.
_NOISE = (
    "{C} has {n} {z}.",
    "{C} gave {n} {z} to {A}.",
    "{C} has {n} more {z} than {A}.",
    "{C} has {n} fewer {z} than {A}.",
    "There are {n} {z} in each {box}.",
    "There are {n} {z} in the {p} in total.",
    "Each {z1} costs {n} dollars.",
    "{C} sold {n} {z} each day.",
    "{C} has {n} {z} left.",
    "{A} has {n} {boxes} at home.",
    "{C} has {n} times as many {z} as {A}.",
)


# The quantities that a sentence states, and the sentence.
_Told = tuple[tuple[str, ...], str]


def items(split: str, count: int, rng: random.Random) -> list[WorldItem]:
    """Draw stories with a question, their equation and arguments for and against it.

    Args:
        split: `unseen` draws from templates of its own, every other split from the common ones.
        count: How many; no two share their input.
        rng: Source of every choice.

    Returns:
        The items; each row is `{"input": story and question on two lines, "label": equation}`.
    """
    pools = _pools(UNSEEN_TEMPLATES if split == "unseen" else TEMPLATES)
    made: dict[str, WorldItem] = {}
    while len(made) < count:
        kind = rng.choices(list(_KINDS), list(_KINDS.values()))[0]
        template, case = rng.choice(pools[kind])
        item = _item(template, case, rng)
        if item is not None:
            made.setdefault(item.row["input"], item)
    return list(made.values())


def plain_text(count: int, rng: random.Random) -> list[str]:
    """Draw unlabelled text of this world: stories of the common templates, lists and statements.

    It never holds a label, a rationale or the answer to a story's question.
    """
    texts: list[str] = []
    while len(texts) < count:
        if rng.random() < 0.25:
            texts.append(_statement(rng))
            continue
        template = rng.choice(TEMPLATES)
        item = _item(template, rng.choice(template.story.cases), rng)
        if item is not None:
            story, question = item.row["input"].split("\n")
            texts.append(f"{story} {question}" if rng.random() < 0.5 else story)
    return texts


def _pools(templates: tuple[Template, ...]) -> dict[str, list[tuple[Template, Case]]]:
    pools: dict[str, list[tuple[Template, Case]]] = {kind: [] for kind in _KINDS}
    for template in templates:
        for case in template.story.cases:
            signs = operations(read(case.equation))
            pools[signs[0] if len(signs) == 1 else "two"].append((template, case))
    return pools


def _item(template: Template, case: Case, rng: random.Random) -> WorldItem | None:
    equation = read(case.equation)
    numbers = _numbers(equation, rng)
    slots = _slots(template, rng)
    told = _facts(template, case, numbers, slots, rng)
    noise = _noises(template, case, numbers, slots, rng)
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
    people = rng.sample(PEOPLE, 3)
    asked, other, aside = rng.sample(THINGS, 3)
    box = rng.choice(CONTAINERS)
    slots = {
        "A": people[0].name,
        "B": people[1].name,
        "C": people[2].name,
        "he": people[0].pronoun,
        "x": asked.many,
        "x1": asked.one,
        "y": other.many,
        "y1": other.one,
        "z": aside.many,
        "z1": aside.one,
        "box": box.one,
        "boxes": box.many,
        "p": rng.choice(PLACES),
    }
    return slots | {name: _fill(word, slots) for name, word in template.words.items()}


def _facts(
    template: Template,
    case: Case,
    numbers: Mapping[str, int],
    slots: dict[str, str],
    rng: random.Random,
) -> list[_Told]:
    """Tell the quantities in some order; a sentence may state two, or leave one's number out."""
    facts = template.story.facts
    keys = [key for key in facts if " " in key and set(key.split()) <= set(numbers)]
    keys = [key for key in keys if rng.random() < 0.5]
    joined = {name for key in keys for name in key.split()}
    keys += [name for name in facts if name in numbers and name not in joined]
    drawn = slots | {name: str(number) for name, number in numbers.items()}
    told = [(tuple(key.split()), _fill(rng.choice(facts[key]), drawn)) for key in keys]
    unknown = template.story.unknown.get(case.target)
    if unknown and rng.random() < 0.6:
        told.insert(rng.randint(0, len(told)), ((), _fill(unknown, slots)))
    if rng.random() < 0.8:
        rng.shuffle(told)
    return told


def _noises(
    template: Template,
    case: Case,
    numbers: Mapping[str, int],
    slots: dict[str, str],
    rng: random.Random,
) -> dict[str, tuple[str, int]]:
    """Draw sentences with a number that does not matter: none for most stories, else one or two."""
    if rng.random() > NOISE_SHARE:
        return {}
    noise: dict[str, tuple[str, int]] = {}
    taken = set(numbers.values())
    for place in range(1 if len(numbers) > 2 or rng.random() < 0.8 else 2):
        top = rng.choice((12, 60, 99))
        number = rng.choice([n for n in range(2, top + 1) if n not in taken])
        taken.add(number)
        # A second sentence from the story's own facts could contradict the first.
        if place:
            drawn = _fill(rng.choice(_NOISE), slots | {"n": str(number)})
        else:
            drawn = _noise(template, case, number, slots, rng)
        noise[f"noise{place}"] = (drawn, number)
    return noise


def _noise(
    template: Template, case: Case, number: int, slots: dict[str, str], rng: random.Random
) -> str:
    told = str(number)
    draw = rng.random()
    if case.spare and draw < 0.4:
        name = rng.choice(case.spare)
        return _fill(rng.choice(template.story.facts[name]), slots | {name: told})
    own = [key for key, told in template.story.facts.items() if "{x}" in told[0] and " " not in key]
    if own and draw < 0.8:
        name = case.target if case.target in own and rng.random() < 0.6 else rng.choice(own)
        other = slots | {"x": slots["z"], "x1": slots["z1"], name: told}
        return _fill(rng.choice(template.story.facts[name]), other)
    return _fill(rng.choice(_NOISE), slots | {"n": told})


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
    result = value(tree, numbers)
    shown = str(result.numerator) if result.denominator == 1 else _decimal(result)
    calc = f"{written(tree, numbers)} = {shown}"
    answer = _fill(case.answer, slots | {"calc": calc})
    if sentences[0].startswith(f"{slots['A']} ") and answer.startswith(f"{slots['A']} "):
        answer = answer.replace(slots["A"], slots["he"], 1)
    return " ".join((*_with_pronouns(sentences, slots), f"So {answer}."))


def _decimal(number: Fraction) -> str:
    return f"{float(number):.2f}".rstrip("0")


def _with_pronouns(sentences: list[str], slots: dict[str, str]) -> list[str]:
    name = f"{slots['A']} "
    pronoun = f"{slots['he'].capitalize()} "
    told = []
    for before, sentence in zip(["", *sentences], sentences, strict=False):
        again = before.startswith(name) and sentence.startswith(name)
        told.append(pronoun + sentence.removeprefix(name) if again else sentence)
    return told


def _statement(rng: random.Random) -> str:
    slots = _slots(rng.choice(TEMPLATES), rng)
    first, second = rng.sample(COLOURS, 2)
    number = slots | {"n": str(rng.randint(2, 99)), "m": str(rng.randint(2, 99))}
    number |= {"past": rng.choice(list(VERBS.values())), "verb": rng.choice(list(VERBS))}
    return _fill(
        rng.choice(
            (
                f"{{A}} and {{B}} saw {{n}} {first} {{x}} and {{m}} {second} {{y}} in the {{p}}.",
                "{A} put {n} {x} and {m} {y} in the {box}. The {box} is in the {p}.",
                f"The {first} {{x}} are in the {{box}} and the {second} {{y}} are in the {{p}}.",
                "{A} likes {x}. {B} likes {y}. {C} has {n} {x} and {m} {y}.",
                "First {A} counted {n} {x}. Then {B} counted {m} {y}.",
                "{A} {past} {n} {x} in the {p}. {B} likes to {verb} {y}.",
                "The boys and girls saw {n} cows and {m} horses at the farm.",
                *_NOISE,
            )
        ),
        number,
    )


def _fill(text: str, slots: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda slot: slots[slot[1]], text)
