"""Story plans of the arithmetic world about fair shares and about groups with two kinds in each."""

from mi_cot_lib.data.worlds.svamp_stories import Case, Story

SHARE = Story(
    facts={
        "a": ("{A} had {a} {x}.", "There were {a} {x} that {A} had."),
        "b": ("{B} had {b} {x}.", "There were {b} {x} that {B} had."),
        "out": ("{A} {past} {out} of the {x}.", "{A} {past} {out} {x}."),
        "kids": ("There are {kids} {friends} {where}.", "{A} saw {kids} {friends} {where}."),
        "per": (
            "Each of the {friends} got {per} {x}.",
            "{A} gave {per} {x} to each of the {friends}.",
        ),
    },
    unknown={
        "kids": "There are some {friends} {where}.",
        "per": "Each of the {friends} got some {x}.",
    },
    cases=(
        Case(
            "per",
            "a / kids",
            (
                "How many {x} can {A} give to each of the {friends}?",
                "How many {x} can each of the {friends} get from {A}?",
            ),
            "each of the {friends} can get {calc} {x}",
            spare=("b",),
        ),
        Case(
            "",
            "kids * per",
            (
                "How many {x} did the {friends} get?",
                "How many {x} did {A} give to the {friends} in total?",
            ),
            "the {friends} got {calc} {x}",
        ),
        Case(
            "kids",
            "a / per",
            ("How many {friends} got {x}?", "How many {friends} did {A} give the {x} to?"),
            "{calc} {friends} got {x}",
            spare=("b",),
        ),
        Case(
            "",
            "(a + b) / kids",
            (
                "How many {x} can {A} and {B} give to each of the {friends}?",
                "How many {x} can each of the {friends} get from {A} and {B}?",
            ),
            "each of the {friends} can get {calc} {x}",
        ),
        Case(
            "",
            "(a - out) / kids",
            (
                "How many of the other {x} can each of the {friends} get?",
                "How many {x} that are left can {A} give to each of the {friends}?",
            ),
            "each of the {friends} can get {calc} {x}",
        ),
        Case(
            "",
            "a - (kids * per)",
            ("How many {x} does {A} have left for {B}?", "How many {x} are left for {B}?"),
            "there are {calc} {x} left",
        ),
        Case(
            "",
            "a + b",
            (
                "How many {x} do {A} and {B} have for the {friends}?",
                "How many {x} are there for the {friends} in total?",
            ),
            "there are {calc} {x}",
            spare=("kids",),
        ),
        Case(
            "",
            "a - out",
            ("How many {x} does {A} have left for {B}?", "How many {x} are left for {B}?"),
            "there are {calc} {x} left",
            spare=("kids",),
        ),
    ),
)

TEAMS = Story(
    facts={
        "teams": ("There are {teams} {units} {where}.", "{A} saw {teams} {units} {where}."),
        "m": ("There are {m} {k1} in each {unit}.", "Each {unit} has {m} {k1}."),
        "n": ("There are {n} {k2} in each {unit}.", "Each {unit} has {n} {k2}."),
        "all": ("There are {all} {k1} {where}.", "{A} saw {all} {k1} {where}."),
    },
    unknown={"m": "There are some {k1} in each {unit}.", "all": "{A} saw some {k1} {where}."},
    cases=(
        Case(
            "all",
            "teams * m",
            ("How many {k1} are there {where}?", "How many {k1} are in the {units} in total?"),
            "there are {calc} {k1}",
            spare=("n",),
        ),
        Case(
            "",
            "teams * n",
            ("How many {k2} are there {where}?", "How many {k2} are in the {units} in total?"),
            "there are {calc} {k2}",
            spare=("m",),
        ),
        Case(
            "",
            "m + n",
            (
                "How many {k1} and {k2} are there in each {unit}?",
                "How many {k1} and {k2} are in one {unit}?",
            ),
            "there are {calc} in each {unit}",
            spare=("teams",),
        ),
        Case(
            "",
            "m - n",
            (
                "How many more {k1} than {k2} are there in each {unit}?",
                "How many fewer {k2} than {k1} are in one {unit}?",
            ),
            "there are {calc} more {k1} in each {unit}",
            spare=("teams",),
        ),
        Case(
            "",
            "teams * (m + n)",
            (
                "How many {k1} and {k2} are there {where}?",
                "How many {k1} and {k2} are in the {units} in total?",
            ),
            "there are {calc} {k1} and {k2}",
        ),
        Case(
            "m",
            "all / teams",
            ("How many {k1} are there in each {unit}?", "How many {k1} are in one {unit}?"),
            "there are {calc} {k1} in each {unit}",
            spare=("n",),
        ),
    ),
)
