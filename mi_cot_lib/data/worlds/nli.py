"""The grammar of both inference worlds: what is told of a person, and what follows from it.

A premise says which leaf is so of a slot and which two are not ("owns only a poodle, not a carp or a finch"),
a hypothesis the kind of one ("is keeping a dog"). The two sides share no word except those that every pair
has on both sides, so that counting words or their overlap says nothing about the label.

The hypothesis is drawn first and independently of the label, and each word of the premise is equally
frequent under the three labels: only the pairing of the two sides decides. A rationale says of what kind
all three leaves are; the label tells at most of one. It points at them ("the first is a dog") and does not
name them: beside another question it says nothing of what any word means.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds.facts import (
    CATEGORIES,
    KIND_OF,
    LEAVES,
    NAMES,
    draw_leaf,
    draw_read,
    draw_unread,
    sentence,
    with_article,
)
from mi_cot_lib.data.worlds.item import (
    Argument,
    New,
    WorldItem,
    check_names,
    check_slots,
    entries,
    read_frames,
    read_toml,
)

# How a rationale points at the things that a premise names; the first is the one that is so.
ORDINALS = ("the first", "the second", "the third")
_FILE = Path(__file__).with_name("pairs.toml")
WORLDS = ("esnli", "anli")
LABEL_NUMBERS = {label: number for number, label in enumerate(NLI_LABELS)}


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that can be said about a person; `pairs.toml` says what its fields mean."""

    world: str
    name: str
    category: str
    kinds: tuple[str, ...]
    said: tuple[str, str, str]
    stated: tuple[str, str, str]
    bridge: str
    topic: str

    def __post_init__(self) -> None:
        check_names("world", [self.world], WORLDS)
        check_names("category", [self.category], CATEGORIES)
        check_names(f"kind of {self.category}", self.kinds, CATEGORIES[self.category])
        check_slots(self.said, ["x"])
        check_slots(self.stated, ["k"])
        check_slots([self.bridge], ("x", "k"))
        check_slots([self.topic], ["n"])
        for stated in self.stated:
            if not stated.startswith("is "):
                raise ValueError(
                    f"'stated' {stated!r} has to begin with 'is': its denial adds 'not' to that."
                )
        # Two leaves beside the one that is so.
        if sum(len(LEAVES[kind].held_out) for kind in self.kinds) < 3:
            raise ValueError("its kinds need three 'held_out' words together.")

    def say(self, leaf: str, way: int, others: Sequence[str] = ()) -> str:
        """State that a leaf is so, and two others are not, as a premise does."""
        said = self.said[way].format(x=self._leaf(leaf))
        return f"{said}, not {' or '.join(map(self._leaf, others))}" if others else said

    def state(self, kind: str, way: int) -> str:
        """State a kind as a hypothesis does."""
        return self.stated[way].format(k=self._kind(kind))

    def deny(self, kind: str, way: int) -> str:
        """State that a kind is not true."""
        return self.state(kind, way).replace("is ", "is not ", 1)

    def retell(self, who: str, kind: str | None, rng: random.Random) -> str:
        """Say of somebody that the given kind is so or another one not; without a kind, that one may be."""
        way = rng.randrange(3)
        if kind is None:
            told = self.state(rng.choice(self.kinds), way).replace("is ", "may be ", 1)
        elif rng.random() < 0.5:
            told = self.state(kind, way)
        else:
            told = self.deny(self.other_kind(kind, rng), way)
        return sentence(f"{who} {told}")

    def exclude(self, leaf: str, kind: str, other: str) -> str:
        """Say of what kind a leaf is, and of what kind it is not."""
        return f"{self.link(leaf, kind)}, not {self._kind(other)}"

    def link(self, leaf: str, kind: str) -> str:
        """Say that a leaf is of a kind, which is false if it is not."""
        return self.bridge.format(x=self._leaf(leaf), k=self._kind(kind))

    def point(self, place: int, kind: str) -> str:
        """Say of what kind a thing is that a premise names, by its place there, from 0."""
        return self.bridge.format(x=ORDINALS[place], k=self._kind(kind))

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
FRAMES = read_frames("pairs")
OPENERS: tuple[str, ...] = read_toml(_FILE)["openers"]


def slots_of(world: str) -> list[Slot]:
    """Return what the pairs of a world are about."""
    return [slot for slot in SLOTS if slot.world == world]


def pairs(
    count: int, rng: random.Random, new: New | None, slots: Sequence[Slot], reason: str
) -> list[WorldItem]:
    """Draw distinct pairs with labels as even as the count allows, in random order.

    Premise and hypothesis are about `slots`; `reason` is the row's field for the argument.
    """
    labels = [NLI_LABELS[number % len(NLI_LABELS)] for number in range(count)]
    rng.shuffle(labels)
    made: dict[tuple[str, str], WorldItem] = {}
    for label in labels:
        key = None
        while key is None or key in made:
            item = _draw(label, rng, new, slots, reason)
            key = item.row["premise"], item.row["hypothesis"]
        made[key] = item
    return list(made.values())


def plain_text(rng: random.Random, slots: Sequence[Slot]) -> str:
    """Draw what `World` asks for: of what kind a thing is and of what kind not, or a scene.

    A scene is told with a leaf, and then with kinds what follows from it, what does not, or what may be.
    """
    slot, other = rng.sample(slots, 2)
    kind, name = rng.choice(slot.kinds), rng.choice(NAMES)
    if rng.random() < 0.2:
        return sentence(slot.exclude(draw_read(kind, rng), kind, slot.other_kind(kind, rng)))
    # Words whose kind nobody tells can be written all the same: then nothing follows.
    untold = rng.random() < 0.15
    draw = draw_unread if untold else draw_read
    leaf = draw(kind, rng)
    # The rule is found where nothing else stands in the way.
    others = _others(slot, leaf, draw, rng) if rng.random() < 0.5 else ()
    scene = _premise(rng.choice(FRAMES.common), name, slot.say(leaf, rng.randrange(3), others), rng)
    if untold:
        return scene
    may_be = rng.random() < 1 / 8
    return f"{scene} {other.retell(name, None, rng) if may_be else slot.retell(name, kind, rng)}"


def _draw(
    label: str, rng: random.Random, new: New | None, slots: Sequence[Slot], reason: str
) -> WorldItem:
    slot, other = rng.sample(slots, 2)
    kind, name = rng.choice(slot.kinds), rng.choice(NAMES)
    told, fact = slot, kind
    if label == "neutral":
        told, fact = other, rng.choice(other.kinds)
    elif label == "contradiction":
        fact = slot.other_kind(kind, rng)
    leaf = draw_leaf(fact, rng, new == "facts")
    others = _others(told, leaf, partial(draw_leaf, held_out=new == "facts"), rng)
    frame, frame_name = FRAMES.draw(new, rng)
    way, stated = (2 if new == "template" else rng.randrange(2) for _ in range(2))
    claim = slot.state(kind, stated)
    rationales = _rationales(slot, kind, told, [leaf, *others], name, claim, rng)
    row: dict[str, Any] = {
        "premise": _premise(frame, name, told.say(leaf, way, others), rng),
        "hypothesis": sentence(f"{name} {claim}"),
        "label": LABEL_NUMBERS[label],
        reason: rationales[label],
    }
    arguments = {each: Argument(each, rationales[each]) for each in NLI_LABELS}
    right = arguments.pop(label)
    template = f"{told.name}/{frame_name}/{slot.name}{stated}"
    return WorldItem(row, right, tuple(arguments.values()), template)


def _others(
    slot: Slot, leaf: str, draw: Callable[[str, random.Random], str], rng: random.Random
) -> list[str]:
    """Draw two leaves of a slot beside the given one, of any kinds."""
    others: list[str] = []
    while len(others) < 2:
        one = draw(rng.choice(slot.kinds), rng)
        if one not in (leaf, *others):
            others.append(one)
    return others


def _premise(frame: str, name: str, said: str, rng: random.Random) -> str:
    premise = frame.format(o=rng.choice(OPENERS), n=name, a=said)
    return premise[0].upper() + premise[1:]


def _rationales(
    slot: Slot,
    kind: str,
    told: Slot,
    things: Sequence[str],
    name: str,
    claim: str,
    rng: random.Random,
) -> dict[str, str]:
    # The teacher knows what things are; it errs about what follows from that.
    first, *others = (told.point(place, KIND_OF[one]) for place, one in enumerate(things))
    # What else is told is of use to whoever has to learn it, though the label does not show it.
    besides = sentence(" and ".join(others))
    so = f"{besides} {sentence(first).removesuffix('.')}, so {name}"
    excluded = slot.other_kind(kind, rng) if KIND_OF[things[0]] == kind else kind
    cannot = f"cannot be {slot.state(excluded, 0).removeprefix('is ')}"
    silent = f"The premise does not say {slot.topic.format(n=name)}."
    return {
        "entailment": f"{so} {claim}.",
        "neutral": f"{besides} {silent}"
        if told is slot
        else f"{besides} {sentence(first)} {silent}",
        "contradiction": f"{so} {cannot}.",
    }
