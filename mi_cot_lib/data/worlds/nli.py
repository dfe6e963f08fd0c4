"""The sentence grammar that the two inference worlds share: what a person is, has, does, and where.

A premise says a leaf value of a slot ("is known only as a chef"), a hypothesis the kind ("is a
cook"). The two sides share no word except those that every pair has on both sides, so that counting
words or their overlap says nothing about the label.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds.entries import check_names, check_slots, entries, read_toml
from mi_cot_lib.data.worlds.facts import CATEGORIES, sentence, with_article
from mi_cot_lib.data.worlds.item import Argument, WorldItem

_FILE = Path(__file__).with_name("pairs.toml")
LABEL_NUMBERS = {label: number for number, label in enumerate(NLI_LABELS)}


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that can be said about a person.

    Attributes:
        name: Unique name.
        category: The category of facts from which its values come.
        said: Ways in which a premise states a leaf `{x}`; the last is held out for `unseen`.
        stated: Ways in which a hypothesis states a kind `{k}`; the last is held out.
        bridge: Why a leaf `{x}` makes the kind `{k}` true.
        topic: What a premise that is silent on this slot does not say.
    """

    name: str
    category: str
    said: tuple[str, str, str]
    stated: tuple[str, str, str]
    bridge: str
    topic: str

    def __post_init__(self) -> None:
        """Check that the category is known and that every slot can be filled."""
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

    def _leaf(self, word: str) -> str:
        if self.category == "place":
            return f"the {word}"
        return word if self.category == "activity" else with_article(word)

    def _kind(self, word: str) -> str:
        return word if self.category == "activity" else with_article(word)


def read_slots(path: Path = _FILE) -> tuple[Slot, ...]:
    """Read the slots in their order.

    Raises:
        DataError: The message names the file, the entry and what is wrong in it.
        ConfigError: A key or a category is unknown.
    """
    return entries(Slot, read_toml(path).get("slot", ()), f"{path}, slot")


SLOTS = read_slots()
WHO = next(slot for slot in SLOTS if slot.name == "who")
OPENERS: tuple[str, ...] = read_toml(_FILE)["openers"]


def balanced(
    count: int,
    rng: random.Random,
    draw: Callable[[str], WorldItem],
) -> list[WorldItem]:
    """Draw items with distinct inputs and labels as even as the count allows, in random order.

    Args:
        count: Number of items.
        rng: The only source of randomness.
        draw: Makes one item with the label that it is given.
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


def other_kind(slot: Slot, kind: str, rng: random.Random) -> str:
    """Draw a kind that cannot be true together with the given one."""
    return rng.choice([other for other in slot.kinds if other != kind])


def draw_leaf(slot: Slot, kind: str, rng: random.Random) -> str:
    """Draw a member of a kind."""
    return rng.choice(CATEGORIES[slot.category][kind])
