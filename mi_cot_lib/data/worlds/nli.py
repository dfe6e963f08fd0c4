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
    denied: float,
) -> list[WorldItem]:
    """Draw distinct pairs with labels as even as the count allows, in random order.

    The premise tells so many `things` of a person; the share `denied` of hypotheses says what is not so.
    `reason` is the row's field for the argument.
    """
    labels = [NLI_LABELS[number % len(NLI_LABELS)] for number in range(count)]
    rng.shuffle(labels)
    made: dict[tuple[str, str], WorldItem] = {}
    for label in labels:
        key = None
        while key is None or key in made:
            item = _draw(label, rng, new, frames, reason, things, rng.random() < denied)
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
    is_denied: bool,
) -> WorldItem:
    slot = rng.choice(SLOTS)
    kind = rng.choice(slot.kinds)
    others = [other for other in SLOTS if other is not slot]
    told = rng.sample(others, things)
    if label != "neutral":
        told[0] = slot
        rng.shuffle(told)
    kinds = {each: rng.choice(each.kinds) for each in told}
    if slot in kinds:
        kinds[slot] = kind if _is_so(label, is_denied) else slot.other_kind(kind, rng)
    leaves = {each: draw_leaf(kinds[each], rng, new == "facts") for each in told}
    name = rng.choice(NAMES)
    frame, frame_name = frames.draw(new, rng)
    *ways, stated = (2 if new == "template" else rng.randrange(2) for _ in range(things + 1))
    said = [each.say(leaves[each], way) for each, way in zip(told, ways, strict=True)]
    claim = f"{name} {(slot.deny if is_denied else slot.state)(kind, stated)}"
    rationales = {
        "entailment": _argument(slot, kind, leaves.get(slot), name, claim, not is_denied, rng),
        "neutral": _silence(slot, leaves, name),
        "contradiction": _argument(
            slot,
            kind,
            leaves.get(slot),
            name,
            _contrary(slot, kind, name, is_denied),
            is_denied,
            rng,
        ),
    }
    row: dict[str, Any] = {
        "premise": _premise(frame, name, said, rng),
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        reason: rationales[label],
    }
    arguments = {each: Argument(each, rationales[each]) for each in NLI_LABELS}
    right = arguments.pop(label)
    slots = "+".join(each.name for each in told)
    template = f"{slots}/{frame_name}/{slot.name}{stated}{'not' if is_denied else ''}"
    return WorldItem(row, right, tuple(arguments.values()), template)


def _is_so(label: str, is_denied: bool) -> bool:
    """Tell whether a label needs the premise's leaf to be of the hypothesis's kind."""
    return (label == "entailment") != is_denied


def _premise(frame: str, name: str, said: list[str], rng: random.Random) -> str:
    things = dict(zip("ab", said, strict=False))
    premise = frame.format(o=rng.choice(OPENERS), n=name, **things)
    return premise[0].upper() + premise[1:]


def _argument(
    slot: Slot,
    kind: str,
    leaf: str | None,
    name: str,
    conclusion: str,
    is_so: bool,
    rng: random.Random,
) -> str:
    """Argue that a leaf is of the kind, or of another one; a wrong argument says so of any leaf."""
    theirs = kind if is_so else slot.other_kind(kind, rng)
    if leaf is None:
        # What was not said is taken out of the air.
        leaf = draw_leaf(theirs, rng)
    elif not is_so and KIND_OF[leaf] != kind:
        theirs = KIND_OF[leaf]
    return slot.argue(name, leaf, theirs, conclusion)


def _contrary(slot: Slot, kind: str, name: str, is_denied: bool) -> str:
    claim = slot.state(kind, 0)
    return f"{name} {claim}" if is_denied else f"{name} cannot be {claim.removeprefix('is ')}"


def _silence(slot: Slot, leaves: Mapping[Slot, str], name: str) -> str:
    """Say what else the premise tells, and that it does not tell what is claimed."""
    told = [
        f"{name} {other.say(leaf, 0)}. {sentence(other.link(leaf, KIND_OF[leaf]))}"
        for other, leaf in leaves.items()
        if other is not slot
    ]
    return " ".join([*told, f"The premise does not say {slot.topic.format(n=name)}."])
