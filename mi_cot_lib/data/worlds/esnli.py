"""The grammar of both inference worlds, and sentence pairs like e-SNLI's, decided by one inference.

A premise says a leaf value of a slot ("is known only as a chef"), a hypothesis the kind ("is a
cook"). The two sides share no word except those that every pair has on both sides, so that counting
words or their overlap says nothing about the label.

Here the premise fills two of four slots with leaves; the hypothesis names a kind in one slot. The
hypothesis is drawn first and independently of the label, and each word of the premise is equally
frequent under the three labels: only the pairing of the two sides decides.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds.facts import CATEGORIES, KIND_OF, NAMES, sentence, with_article
from mi_cot_lib.data.worlds.item import (
    Argument,
    WorldItem,
    check_names,
    check_slots,
    entries,
    read_frames,
    read_toml,
)

_FILE = Path(__file__).with_name("pairs.toml")
LABEL_NUMBERS = {label: number for number, label in enumerate(NLI_LABELS)}
FRAMES = read_frames("esnli")


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that can be said about a person; `pairs.toml` says what its fields mean."""

    name: str
    category: str
    said: tuple[str, str, str]
    stated: tuple[str, str, str]
    bridge: str
    topic: str

    def __post_init__(self) -> None:
        check_names("category", [self.category], CATEGORIES)
        check_slots(self.said, ["x"])
        check_slots(self.stated, ["k"])
        check_slots([self.bridge], ("x", "k"))
        check_slots([self.topic], ["n"])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of which exactly one is true of a person."""
        return tuple(CATEGORIES[self.category])

    def say(self, leaf: str, way: int) -> str:
        """State a leaf as a premise does."""
        return self.said[way].format(x=self._leaf(leaf))

    def state(self, kind: str, way: int) -> str:
        """State a kind as a hypothesis does."""
        return self.stated[way].format(k=self._kind(kind))

    def deny(self, kind: str, way: int) -> str:
        """State that a kind is not true."""
        return self.state(kind, way).replace("is ", "is not ", 1)

    def link(self, leaf: str, kind: str) -> str:
        """Say that a leaf is of a kind, which is false if it is not."""
        return self.bridge.format(x=self._leaf(leaf), k=self._kind(kind))

    def argue(self, who: str, leaf: str, kind: str, conclusion: str) -> str:
        """Argue from a leaf, as the premise says it of somebody, over its kind to a conclusion."""
        link = sentence(self.link(leaf, kind)).removesuffix(".")
        return f"{who} {self.say(leaf, 0)}. {link}, so {conclusion}."

    def draw_leaf(self, kind: str, rng: random.Random) -> str:
        """Draw a member of a kind."""
        return rng.choice(CATEGORIES[self.category][kind])

    def other_kind(self, kind: str, rng: random.Random) -> str:
        """Draw a kind that cannot be true together with the given one."""
        return rng.choice([other for other in self.kinds if other != kind])

    def _leaf(self, word: str) -> str:
        return f"the {word}" if self.category == "place" else self._kind(word)

    def _kind(self, word: str) -> str:
        return word if self.category == "activity" else with_article(word)


def read_slots(path: Path = _FILE) -> tuple[Slot, ...]:
    """Read the slots in their order; errors as for `entry`."""
    return entries(Slot, read_toml(path).get("slot", ()), f"{path}, slot")


SLOTS = read_slots()
WHO = next(slot for slot in SLOTS if slot.name == "who")
OPENERS: tuple[str, ...] = read_toml(_FILE)["openers"]


def balanced(count: int, rng: random.Random, draw: Callable[[str], WorldItem]) -> list[WorldItem]:
    """Draw items with distinct inputs and labels as even as the count allows, in random order.

    `draw` makes one item with the label that it is given.
    """
    labels = [NLI_LABELS[number % len(NLI_LABELS)] for number in range(count)]
    rng.shuffle(labels)
    made: dict[tuple[str, str], WorldItem] = {}
    for label in labels:
        item = draw(label)
        while (item.row["premise"], item.row["hypothesis"]) in made:
            item = draw(label)
        made[item.row["premise"], item.row["hypothesis"]] = item
    return list(made.values())


def assemble(
    row: dict[str, object], label: str, rationales: dict[str, str], template: str
) -> WorldItem:
    """Make the item from one rationale a label, of which the gold one is true."""
    arguments = {name: Argument(name, rationales[name]) for name in NLI_LABELS}
    right = arguments.pop(label)
    return WorldItem(row, right, tuple(arguments.values()), template)


def _draw(label: str, unseen: bool, rng: random.Random) -> WorldItem:
    slot = rng.choice(SLOTS)
    kind = rng.choice(slot.kinds)
    others = [other for other in SLOTS if other is not slot]
    if label == "neutral":
        told = rng.sample(others, 2)
    else:
        told = [slot, rng.choice(others)]
        rng.shuffle(told)
    kinds = {each: rng.choice(each.kinds) for each in told}
    if label == "entailment":
        kinds[slot] = kind
    elif label == "contradiction":
        kinds[slot] = slot.other_kind(kind, rng)
    leaves = {each: each.draw_leaf(kinds[each], rng) for each in told}
    name = rng.choice(NAMES)
    frame, frame_name = FRAMES.draw(unseen, rng)
    ways = [2 if unseen else rng.randrange(2) for _ in range(3)]
    said = [each.say(leaves[each], way) for each, way in zip(told, ways, strict=False)]
    premise = frame.format(o=rng.choice(OPENERS), n=name, a=said[0], b=said[1])
    claim = f"{name} {slot.state(kind, ways[2])}"
    rationales = _rationales(slot, kind, leaves, name, claim, rng)
    row = {
        "premise": premise[0].upper() + premise[1:],
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        "explanation_1": rationales[label],
    }
    slots = "+".join(each.name for each in told)
    return assemble(row, label, rationales, f"{slots}/{frame_name}/{slot.name}{ways[2]}")


def _rationales(
    slot: Slot, kind: str, leaves: dict[Slot, str], name: str, claim: str, rng: random.Random
) -> dict[str, str]:
    if slot not in leaves:
        # Wrong arguments for what was not said take a value out of the air.
        leaf = slot.draw_leaf(kind, rng)
        against = slot.draw_leaf(slot.other_kind(kind, rng), rng)
    else:
        leaf = against = leaves[slot]
    theirs = KIND_OF[against]
    if theirs == kind:
        theirs = slot.other_kind(kind, rng)
    cannot = f"{name} cannot be {slot.state(kind, 0).removeprefix('is ')}"
    return {
        "entailment": slot.argue(name, leaf, kind, claim),
        "neutral": f"The premise does not say {slot.topic.format(n=name)}.",
        "contradiction": slot.argue(name, against, theirs, cannot),
    }


def items(split: str, count: int, rng: random.Random) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    return balanced(count, rng, lambda label: _draw(label, split == "unseen", rng))


def plain_text(rng: random.Random) -> str:
    """Draw a scene retold in more general words, or facts of the slots; see `World`."""
    told = rng.sample(SLOTS, 2)
    kinds = [rng.choice(slot.kinds) for slot in told]
    leaves = [slot.draw_leaf(kind, rng) for slot, kind in zip(told, kinds, strict=True)]
    if rng.random() < 0.3:
        links = (slot.link(*pair) for slot, *pair in zip(told, leaves, kinds, strict=True))
        return " ".join(map(sentence, links))
    name = rng.choice(NAMES)
    said = [slot.say(leaf, rng.randrange(3)) for slot, leaf in zip(told, leaves, strict=True)]
    scene = rng.choice(FRAMES.common).format(o=rng.choice(OPENERS), n=name, a=said[0], b=said[1])
    retold = []
    for slot, kind in zip(told, kinds, strict=True):
        way = rng.randrange(3)
        # Denials show that the kinds of a slot exclude one another.
        if rng.random() < 0.5:
            retold.append(f"{name} {slot.state(kind, way)}.")
        else:
            retold.append(f"{name} {slot.deny(slot.other_kind(kind, rng), way)}.")
    rng.shuffle(retold)
    return f"{scene[0].upper()}{scene[1:]} {' '.join(retold)}"
