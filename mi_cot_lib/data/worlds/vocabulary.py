"""The words of the closed world: who lives in it, what they own, where they go and what they do.

The list is short on purpose. A student of half a million parameters has to know every word from its
pretraining, so that finetuning can be spent on the reasoning and not on spelling.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name and the pronoun that stands for it."""

    name: str
    pronoun: str


@dataclass(frozen=True, slots=True)
class Noun:
    """A countable thing with its two forms."""

    one: str
    many: str


PEOPLE = tuple(
    Person(name, pronoun)
    for pronoun, names in (
        ("he", ("Tom", "Ben", "Sam", "Max", "Leo", "Dan", "Paul", "Jack")),
        ("she", ("Anna", "Mia", "Lily", "Emma", "Kate", "Sara", "Rosa", "Nina")),
    )
    for name in names
)

THINGS = (
    Noun("apple", "apples"),
    Noun("pear", "pears"),
    Noun("egg", "eggs"),
    Noun("cake", "cakes"),
    Noun("cookie", "cookies"),
    Noun("nut", "nuts"),
    Noun("book", "books"),
    Noun("card", "cards"),
    Noun("pen", "pens"),
    Noun("stamp", "stamps"),
    Noun("coin", "coins"),
    Noun("ball", "balls"),
    Noun("toy", "toys"),
    Noun("hat", "hats"),
    Noun("flower", "flowers"),
    Noun("stone", "stones"),
    Noun("shell", "shells"),
    Noun("button", "buttons"),
    Noun("cup", "cups"),
    Noun("plate", "plates"),
)

CONTAINERS = (
    Noun("box", "boxes"),
    Noun("bag", "bags"),
    Noun("basket", "baskets"),
    Noun("jar", "jars"),
    Noun("drawer", "drawers"),
    Noun("case", "cases"),
)

PLACES = ("garden", "kitchen", "market", "park", "school", "shop", "house", "barn")

COLOURS = ("red", "blue", "green", "yellow", "white", "black")

# Past tense, base form: the verbs that stories share.
VERBS = {
    "give": "gave",
    "sell": "sold",
    "eat": "ate",
    "lose": "lost",
    "use": "used",
    "send": "sent",
    "break": "broke",
    "buy": "bought",
    "find": "found",
    "get": "got",
    "make": "made",
    "pick": "picked",
    "win": "won",
    "collect": "collected",
    "read": "read",
    "paint": "painted",
    "wash": "washed",
    "carry": "carried",
    "plant": "planted",
    "see": "saw",
}
