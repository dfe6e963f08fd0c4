"""Story plans of the arithmetic world that set two numbers side by side, or parts beside a whole.

Which of the two is known decides the operation: "Tom has 5 more than Anna" adds where Anna's number
is told and subtracts where Tom's is, with the same words.
"""

from collections.abc import Mapping

from mi_cot_lib.data.worlds.svamp_stories import Case, Story

_EQUATIONS = (
    ("more", "a - b"),
    ("a", "b + more"),
    ("b", "a - more"),
    ("a", "b * times"),
    ("b", "a / times"),
    ("times", "a / b"),
)


def _compared(
    facts: Mapping[str, tuple[str, ...]],
    unknown: Mapping[str, str],
    asked: Mapping[str, tuple[str, ...]],
    answers: Mapping[str, str],
    together: tuple[Case, ...],
) -> Story:
    cases = [
        Case(target, equation, asked[target], answers[target]) for target, equation in _EQUATIONS
    ]
    return Story(facts, (*cases, *together), unknown)


COMPARE = _compared(
    facts={
        "a": ("{A} {past} {a} {x}{tail}.", "There were {a} {x} that {A} {past}{tail}."),
        "b": ("{B} {past} {b} {x}{tail}.", "There were {b} {x} that {B} {past}{tail}."),
        "more": ("{A} {past} {more} more {x} than {B}.", "{B} {past} {more} fewer {x} than {A}."),
        "times": ("{A} {past} {times} times as many {x} as {B}.",),
    },
    unknown={"a": "{A} {past} some {x}{tail}.", "b": "{B} {past} some {x}{tail}."},
    asked={
        "a": ("How many {x} did {A} {verb}{tail}?",),
        "b": ("How many {x} did {B} {verb}{tail}?",),
        "more": (
            "How many more {x} did {A} {verb} than {B}?",
            "How many fewer {x} did {B} {verb} than {A}?",
        ),
        "times": ("How many times as many {x} did {A} {verb} as {B}?",),
    },
    answers={
        "a": "{A} {past} {calc} {x}",
        "b": "{B} {past} {calc} {x}",
        "more": "{A} {past} {calc} more {x} than {B}",
        "times": "{A} {past} {calc} times as many {x} as {B}",
    },
    together=(
        Case(
            "",
            "a + b",
            (
                "How many {x} did {A} and {B} {verb}{tail}?",
                "How many {x} did {A} and {B} {verb} in total?",
            ),
            "{A} and {B} {past} {calc} {x}",
        ),
    ),
)

COST = _compared(
    facts={
        "a": ("Each {x1} costs {a} dollars {where}.", "The cost of each {x1} is {a} dollars."),
        "b": ("Each {y1} costs {b} dollars {where}.", "The cost of each {y1} is {b} dollars."),
        "more": (
            "Each {x1} costs {more} dollars more than each {y1}.",
            "Each {y1} costs {more} dollars less than each {x1}.",
        ),
        "times": ("Each {x1} costs {times} times as much as each {y1}.",),
    },
    unknown={"a": "{A} bought some {x}.", "b": "{A} bought some {y}."},
    asked={
        "a": ("How many dollars does each {x1} cost?", "What is the cost of each {x1} in dollars?"),
        "b": ("How many dollars does each {y1} cost?", "What is the cost of each {y1} in dollars?"),
        "more": (
            "How many dollars more does each {x1} cost than each {y1}?",
            "How many dollars less does each {y1} cost than each {x1}?",
        ),
        "times": ("How many times as much does each {x1} cost as each {y1}?",),
    },
    answers={
        "a": "each {x1} costs {calc} dollars",
        "b": "each {y1} costs {calc} dollars",
        "more": "each {x1} costs {calc} dollars more",
        "times": "each {x1} costs {calc} times as much",
    },
    together=(
        Case(
            "",
            "a + b",
            (
                "How many dollars do one {x1} and one {y1} cost?",
                "What is the cost of one {x1} and one {y1} in total?",
            ),
            "they cost {calc} dollars",
        ),
    ),
)

SIZES = _compared(
    facts={
        "a": ("There are {a} {x} in each {k1} {unit}.", "Each {k1} {unit} has {a} {x}."),
        "b": ("There are {b} {x} in each {k2} {unit}.", "Each {k2} {unit} has {b} {x}."),
        "more": (
            "There are {more} more {x} in each {k1} {unit} than in each {k2} {unit}.",
            "Each {k2} {unit} has {more} fewer {x} than each {k1} {unit}.",
        ),
        "times": ("Each {k1} {unit} has {times} times as many {x} as each {k2} {unit}.",),
    },
    unknown={"a": "There are some {k1} {units}.", "b": "There are some {k2} {units}."},
    asked={
        "a": (
            "How many {x} are there in each {k1} {unit}?",
            "How many {x} does one {k1} {unit} have?",
        ),
        "b": (
            "How many {x} are there in each {k2} {unit}?",
            "How many {x} does one {k2} {unit} have?",
        ),
        "more": (
            "How many more {x} does each {k1} {unit} have than each {k2} {unit}?",
            "How many fewer {x} does each {k2} {unit} have than each {k1} {unit}?",
        ),
        "times": ("How many times as many {x} does each {k1} {unit} have as each {k2} {unit}?",),
    },
    answers={
        "a": "each {k1} {unit} has {calc} {x}",
        "b": "each {k2} {unit} has {calc} {x}",
        "more": "each {k1} {unit} has {calc} more {x}",
        "times": "each {k1} {unit} has {calc} times as many {x}",
    },
    together=(
        Case(
            "",
            "a + b",
            ("How many {x} are there in one {k1} {unit} and one {k2} {unit}?",),
            "there are {calc} {x}",
        ),
    ),
)

PARTS = Story(
    facts={
        "one": ("There are {one} {k1} {x} {where}.", "{A} saw {one} {k1} {x} {where}."),
        "two": ("There are {two} {k2} {x} {where}.", "{A} saw {two} {k2} {x} {where}."),
        "three": ("There are {three} {k3} {x} {where}.", "{A} saw {three} {k3} {x} {where}."),
        "all": ("There are {all} {x} {where} in total.", "{A} saw {all} {x} {where} in total."),
    },
    unknown={
        "one": "Some of the {x} are {k1}.",
        "two": "Some of the {x} are {k2}.",
        "all": "There are some {x} {where}.",
    },
    cases=(
        Case(
            "all",
            "one + two",
            ("How many {x} are there {where}?", "How many {x} are there in total?"),
            "there are {calc} {x} {where}",
        ),
        Case(
            "one",
            "all - two",
            ("How many of the {x} are {k1}?", "How many {k1} {x} are there {where}?"),
            "there are {calc} {k1} {x}",
        ),
        Case(
            "two",
            "all - one",
            ("How many of the {x} are {k2}?", "How many {k2} {x} are there {where}?"),
            "there are {calc} {k2} {x}",
        ),
        Case(
            "",
            "one - two",
            (
                "How many more {k1} {x} than {k2} {x} are there {where}?",
                "How many fewer {k2} {x} than {k1} {x} are there?",
            ),
            "there are {calc} more {k1} {x}",
            spare=("three",),
        ),
        Case(
            "",
            "(one + two) + three",
            ("How many {x} are there {where}?", "How many {x} are there in total?"),
            "there are {calc} {x} {where}",
        ),
        Case(
            "two",
            "(all - one) - three",
            ("How many of the {x} are {k2}?", "How many {k2} {x} are there {where}?"),
            "there are {calc} {k2} {x}",
        ),
    ),
)
