"""The story plans of the arithmetic world: which quantities a story has and what can be asked.

A sentence's slots are the story's quantities, the people `A` and `B`, the things `x` and `y` (one
is `x1`, `y1`), a place `p`, and the words that each template fills in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """One question that a story can end with.

    Attributes:
        target: The quantity that is asked for; empty where no sentence of the story states it.
        equation: Its value, written over the story's quantities with + - * / and brackets.
        questions: Paraphrases of the question.
        answer: The rationale's last sentence, without "So" and full stop; `calc` is the
            calculation.
        spare: Quantities that the story may state as well without changing the answer.
    """

    target: str
    equation: str
    questions: tuple[str, ...]
    answer: str
    spare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A story plan.

    Attributes:
        facts: Paraphrases of the sentence that states a quantity, or several (names parted by a
            space).
        cases: The questions.
        unknown: Sentences that mention a quantity without its number, for stories that ask for it.
    """

    facts: Mapping[str, tuple[str, ...]]
    cases: tuple[Case, ...]
    unknown: Mapping[str, str] = field(default_factory=dict)


LOSS = Story(
    facts={
        "had": ("{A} had {had} {x}.", "{A} started with {had} {x}."),
        "out": ("{A} {past} {out} {x}{tail}.", "{A} {past} {out} of the {x}{tail}."),
        "now": ("{A} has {now} {x} left.", "{A} has {now} {x} now."),
    },
    unknown={
        "had": "{A} had some {x}.",
        "out": "{A} {past} some {x}{tail}.",
    },
    cases=(
        Case(
            "now",
            "had - out",
            ("How many {x} does {A} have left?", "How many {x} does {A} have now?"),
            "{A} has {calc} {x} left",
        ),
        Case(
            "out",
            "had - now",
            ("How many {x} did {A} {verb}{tail}?", "How many of the {x} did {A} {verb}{tail}?"),
            "{A} {past} {calc} {x}{tail}",
        ),
        Case(
            "had",
            "now + out",
            ("How many {x} did {A} have at first?", "How many {x} did {A} start with?"),
            "{A} had {calc} {x} at first",
        ),
    ),
)

GAIN = Story(
    facts={
        "had": ("{A} had {had} {x}.", "{A} started with {had} {x}."),
        "more": ("{A} {past} {more} {x}{tail}.", "{A} {past} {more} more {x}{tail}."),
        "now": ("{A} has {now} {x} now.", "{A} has {now} {x} in total."),
    },
    unknown={
        "had": "{A} had some {x}.",
        "more": "{A} {past} some {x}{tail}.",
    },
    cases=(
        Case(
            "now",
            "had + more",
            ("How many {x} does {A} have now?", "How many {x} does {A} have in total?"),
            "{A} has {calc} {x} now",
        ),
        Case(
            "more",
            "now - had",
            ("How many {x} did {A} {verb}{tail}?", "How many more {x} did {A} {verb}{tail}?"),
            "{A} {past} {calc} {x}{tail}",
        ),
        Case(
            "had",
            "now - more",
            ("How many {x} did {A} have at first?", "How many {x} did {A} start with?"),
            "{A} had {calc} {x} at first",
        ),
    ),
)

GIVE = Story(
    facts={
        "a": ("{A} had {a} {x}.", "{A} started with {a} {x}."),
        "b": ("{B} had {b} {x}.", "{B} started with {b} {x}."),
        "out": ("{A} {past} {out} {x} to {B}.", "{B} got {out} {x} from {A}."),
        "now": ("{A} has {now} {x} now.", "Now {A} has {now} {x}."),
        "then": ("{B} has {then} {x} now.", "Now {B} has {then} {x}."),
    },
    unknown={"a": "{A} had some {x}.", "b": "{B} had some {x}."},
    cases=(
        Case(
            "now",
            "a - out",
            ("How many {x} does {A} have left?", "How many {x} does {A} have now?"),
            "{A} has {calc} {x} now",
            spare=("b", "then"),
        ),
        Case(
            "then",
            "b + out",
            ("How many {x} does {B} have in total?", "How many {x} does {B} have now?"),
            "{B} has {calc} {x} now",
            spare=("a", "now"),
        ),
        Case(
            "a",
            "now + out",
            ("How many {x} did {A} have at first?", "How many {x} did {A} start with?"),
            "{A} had {calc} {x} at first",
            spare=("b", "then"),
        ),
        Case(
            "b",
            "then - out",
            ("How many {x} did {B} have at first?", "How many {x} did {B} start with?"),
            "{B} had {calc} {x} at first",
            spare=("a", "now"),
        ),
    ),
)

TRADE = Story(
    facts={
        "had": ("{A} had {had} {x}.", "{A} started with {had} {x}."),
        "more": ("{A} {past} {more} {x}{tail}.", "{A} {past} {more} more {x}{tail}."),
        "out": ("{A} {past2} {out} {x}{tail2}.", "{A} {past2} {out} of the {x}{tail2}."),
        "now": ("{A} has {now} {x} left.", "{A} has {now} {x} now."),
    },
    unknown={"had": "{A} had some {x}.", "out": "{A} {past2} some {x}{tail2}."},
    cases=(
        Case(
            "now",
            "(had + more) - out",
            ("How many {x} does {A} have left?", "How many {x} does {A} have now?"),
            "{A} has {calc} {x} left",
        ),
        Case(
            "had",
            "(now + out) - more",
            ("How many {x} did {A} have at first?", "How many {x} did {A} start with?"),
            "{A} had {calc} {x} at first",
        ),
        Case(
            "out",
            "(had + more) - now",
            ("How many {x} did {A} {verb2}{tail2}?", "How many of the {x} did {A} {verb2}{tail2}?"),
            "{A} {past2} {calc} {x}{tail2}",
        ),
        Case(
            "",
            "more - out",
            (
                "How many more {x} did {A} {verb} than {verb2}?",
                "How many fewer {x} did {A} {verb2} than {verb}?",
            ),
            "{A} {past} {calc} more {x}",
            spare=("had",),
        ),
    ),
)

DAYS = Story(
    facts={
        "had": ("{A} had {had} {x}.", "{A} started with {had} {x}."),
        "one": ("{A} {past} {one} {x} on Monday.", "On Monday {A} {past} {one} {x}."),
        "two": ("{A} {past} {two} {x} on Friday.", "On Friday {A} {past} {two} {x}."),
        "both": ("{A} {past} {both} {x} in total.", "In both days {A} {past} {both} {x}."),
    },
    unknown={"one": "{A} {past} some {x} on Monday.", "two": "On Friday {A} {past} some {x}."},
    cases=(
        Case(
            "both",
            "one + two",
            ("How many {x} did {A} {verb} in total?", "How many {x} did {A} {verb} in both days?"),
            "{A} {past} {calc} {x} in total",
        ),
        Case(
            "one",
            "both - two",
            ("How many {x} did {A} {verb} on Monday?", "On Monday, how many {x} did {A} {verb}?"),
            "{A} {past} {calc} {x} on Monday",
        ),
        Case(
            "two",
            "both - one",
            ("How many {x} did {A} {verb} on Friday?", "On Friday, how many {x} did {A} {verb}?"),
            "{A} {past} {calc} {x} on Friday",
        ),
        Case(
            "",
            "two - one",
            (
                "How many more {x} did {A} {verb} on Friday than on Monday?",
                "How many fewer {x} did {A} {verb} on Monday than on Friday?",
            ),
            "{A} {past} {calc} more {x} on Friday",
        ),
        Case(
            "",
            "(had - one) - two",
            ("How many {x} does {A} have left?", "How many {x} did {A} not {verb}?"),
            "{A} has {calc} {x} left",
        ),
    ),
)
