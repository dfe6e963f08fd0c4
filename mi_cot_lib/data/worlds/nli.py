"""The grammar of both inference worlds: what is told of a person, and what follows from it.

A premise says leaf values of slots ("owns only a poodle"), a hypothesis the kind of one ("is keeping a
dog"). The two sides share no word except those that every pair has on both sides, so that counting
words or their overlap says nothing about the label.

The hypothesis is drawn first and independently of the label, and each word of the premise is equally
frequent under the three labels: only the pairing of the two sides decides.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds.facts import (
    CATEGORIES,
    KIND_OF,
    NAMES,
    draw_leaf,
    draw_read,
    draw_unread,
    sentence,
    with_article,
)
from mi_cot_lib.data.worlds.item import (
    Argument,
    Frames,
    New,
    WorldItem,
    check_names,
    check_slots,
    entries,
    read_toml,
)

_FILE = Path(__file__).with_name("pairs.toml")
LABEL_NUMBERS = {label: number for number, label in enumerate(NLI_LABELS)}


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that can be said about a person; `pairs.toml` says what its fields mean."""

    name: str
    category: str
    kinds: tuple[str, str, str]
    said: tuple[str, str, str]
    stated: tuple[str, str, str]
    bridge: str
    topic: str

    def __post_init__(self) -> None:
        check_names("category", [self.category], CATEGORIES)
        check_names(f"kind of {self.category}", self.kinds, CATEGORIES[self.category])
        check_slots(self.said, ["x"])
        check_slots(self.stated, ["k"])
        check_slots([self.bridge], ("x", "k"))
        check_slots([self.topic], ["n"])

    def say(self, leaf: str, way: int) -> str:
        """State a leaf as a premise does."""
        return self.said[way].format(x=self._leaf(leaf))

    def state(self, kind: str, way: int) -> str:
        """State a kind as a hypothesis does."""
        return self.stated[way].format(k=self._kind(kind))

    def deny(self, kind: str, way: int) -> str:
        """State that a kind is not true."""
        return self.state(kind, way).replace("is ", "is not ", 1)

    def retell(self, who: str, kind: str, rng: random.Random) -> str:
        """Say of somebody whose kind is given that it is so, or that another kind is not."""
        is_so = rng.random() < 0.5
        way = rng.randrange(3)
        told = self.state(kind, way) if is_so else self.deny(self.other_kind(kind, rng), way)
        return sentence(f"{who} {told}")

    def exclude(self, leaf: str, kind: str, other: str) -> str:
        """Say of what kind a leaf is, and of what kind it is not."""
        return f"{self.link(leaf, kind)}, not {self._kind(other)}"

    def link(self, leaf: str, kind: str) -> str:
        """Say that a leaf is of a kind, which is false if it is not."""
        return self.bridge.format(x=self._leaf(leaf), k=self._kind(kind))

    def argue(self, who: str, leaf: str, kind: str, conclusion: str) -> str:
        """Argue from a leaf, as the premise says it of somebody, over its kind to a conclusion."""
        link = sentence(self.link(leaf, kind)).removesuffix(".")
        return f"{who} {self.say(leaf, 0)}. {link}, so {conclusion}."

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
OPENERS: tuple[str, ...] = read_toml(_FILE)["openers"]


def pairs(
    count: int,
    rng: random.Random,
    new: New | None,
    frames: Frames,
    reason: str,
    *,
    things: int,
) -> list[WorldItem]:
    """Draw distinct pairs with labels as even as the count allows, in random order.

    The premise tells so many `things` of a person; `reason` is the row's field for the argument.
    """
    labels = [NLI_LABELS[number % len(NLI_LABELS)] for number in range(count)]
    rng.shuffle(labels)
    made: dict[tuple[str, str], WorldItem] = {}
    for label in labels:
        key = None
        while key is None or key in made:
            item = _draw(label, rng, new, frames, reason, things)
            key = item.row["premise"], item.row["hypothesis"]
        made[key] = item
    return list(made.values())


def retold_scene(rng: random.Random, frames: Frames, things: int) -> str:
    """Draw a scene told with leaves, and what follows from it told with their kinds."""
    told = rng.sample(SLOTS, things)
    kinds = [rng.choice(slot.kinds) for slot in told]
    name = rng.choice(NAMES)
    # Words whose kind nobody tells can be written all the same: then nothing follows.
    untold = rng.random() < 0.15
    draw = draw_unread if untold else draw_read
    said = [
        slot.say(draw(kind, rng), rng.randrange(3)) for slot, kind in zip(told, kinds, strict=True)
    ]
    scene = _premise(rng.choice(frames.common), name, said, rng)
    if untold:
        return scene
    retold = [rng.choice(list(zip(told, kinds, strict=True))) for _ in range(things)]
    return " ".join([scene, *(slot.retell(name, kind, rng) for slot, kind in retold)])


def _draw(
    label: str,
    rng: random.Random,
    new: New | None,
    frames: Frames,
    reason: str,
    things: int,
) -> WorldItem:
    slot = rng.choice(SLOTS)
    kind = rng.choice(slot.kinds)
    others = [other for other in SLOTS if other is not slot]
    told = rng.sample(others, things)
    if label != "neutral":
        told[0] = slot
        rng.shuffle(told)
    kinds = {each: rng.choice(each.kinds) for each in told}
    if label == "entailment":
        kinds[slot] = kind
    elif label == "contradiction":
        kinds[slot] = slot.other_kind(kind, rng)
    leaves = {each: draw_leaf(kinds[each], rng, new == "facts") for each in told}
    name = rng.choice(NAMES)
    frame, frame_name = frames.draw(new, rng)
    *ways, stated = (2 if new == "template" else rng.randrange(2) for _ in range(things + 1))
    said = [each.say(leaves[each], way) for each, way in zip(told, ways, strict=True)]
    claim = f"{name} {slot.state(kind, stated)}"
    rationales = _rationales(slot, kind, leaves, name, claim, rng)
    row: dict[str, Any] = {
        "premise": _premise(frame, name, said, rng),
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        reason: rationales[label],
    }
    arguments = {each: Argument(each, rationales[each]) for each in NLI_LABELS}
    right = arguments.pop(label)
    slots = "+".join(each.name for each in told)
    template = f"{slots}/{frame_name}/{slot.name}{stated}"
    return WorldItem(row, right, tuple(arguments.values()), template)


def _premise(frame: str, name: str, said: list[str], rng: random.Random) -> str:
    things = dict(zip("ab", said, strict=False))
    premise = frame.format(o=rng.choice(OPENERS), n=name, **things)
    return premise[0].upper() + premise[1:]


def _rationales(
    slot: Slot,
    kind: str,
    leaves: Mapping[Slot, str],
    name: str,
    claim: str,
    rng: random.Random,
) -> dict[str, str]:
    against = leaf = leaves.get(slot)
    if leaf is None or against is None:
        # Wrong arguments for what was not said take a value out of the air.
        leaf = draw_leaf(kind, rng)
        against = draw_leaf(slot.other_kind(kind, rng), rng)
    theirs = KIND_OF[against]
    if theirs == kind:
        theirs = slot.other_kind(kind, rng)
    cannot = f"{name} cannot be {slot.state(kind, 0).removeprefix('is ')}"
    # What else is told is of use to whoever has to learn it, though the label does not show it.
    told = [
        f"{name} {other.say(word, 0)}. {sentence(other.link(word, KIND_OF[word]))}"
        for other, word in leaves.items()
        if other is not slot
    ]
    return {
        "entailment": slot.argue(name, leaf, kind, claim),
        "neutral": " ".join([*told, f"The premise does not say {slot.topic.format(n=name)}."]),
        "contradiction": slot.argue(name, against, theirs, cannot),
    }
