"""Story plans of the arithmetic world about equal groups: boxes, prices, days of work."""

from mi_cot_lib.data.worlds.svamp_stories import Case, Story

GROUPS = Story(
    facts={
        "groups": ("{A} has {groups} {units}.", "There are {groups} {units} {where}."),
        "per": ("There are {per} {x} in each {unit}.", "{A} put {per} {x} in each {unit}."),
        "all": (
            "There were {all} {x} in the {units}.",
            "{A} put {all} {x} in the {units} in total.",
        ),
        "rest": ("{A} also has {rest} {x} at home.", "There are {rest} {x} at home."),
        "out": ("{A} gave {out} {x} to {B}.", "{B} got {out} {x} from {A}."),
        "all groups": ("{A} put {all} {x} in {groups} {units}.",),
    },
    unknown={
        "groups": "There are some {units} {where}.",
        "per": "There are some {x} in each {unit}.",
        "all": "{A} put some {x} in the {units}.",
    },
    cases=(
        Case(
            "all",
            "groups * per",
            ("How many {x} are there in the {units}?", "How many {x} are in the {units} in total?"),
            "there are {calc} {x} in the {units}",
        ),
        Case(
            "per",
            "all / groups",
            ("How many {x} are there in each {unit}?", "How many {x} are in one {unit}?"),
            "there are {calc} {x} in each {unit}",
            spare=("rest",),
        ),
        Case(
            "groups",
            "all / per",
            ("How many {units} does {A} have?", "How many {units} are there in total?"),
            "there are {calc} {units}",
            spare=("rest",),
        ),
        Case(
            "",
            "(groups * per) + rest",
            ("How many {x} does {A} have in total?", "How many {x} are there in total?"),
            "there are {calc} {x} in total",
        ),
        Case(
            "",
            "(groups * per) - out",
            ("How many {x} does {A} have left?", "How many {x} are left in the {units}?"),
            "{A} has {calc} {x} left",
        ),
        Case(
            "",
            "all - out",
            ("How many {x} does {A} have left?", "How many {x} are left in the {units}?"),
            "{A} has {calc} {x} left",
            spare=("groups",),
        ),
        Case(
            "",
            "all + rest",
            ("How many {x} does {A} have in total?", "How many {x} are there in total?"),
            "there are {calc} {x} in total",
            spare=("groups",),
        ),
    ),
)

PRICE = Story(
    facts={
        "price": ("Each {x1} costs {price} dollars.", "{A} paid {price} dollars for each {x1}."),
        "count": ("{A} bought {count} {x}.", "There were {count} {x} that {A} bought."),
        "paid": ("{A} paid {paid} dollars in total.", "{A} paid {paid} dollars for the {x}."),
        "had": ("{A} had {had} dollars.", "{A} had {had} dollars at first."),
        "left": ("{A} has {left} dollars left.", "{A} has {left} dollars now."),
        "paid count": ("{A} paid {paid} dollars for {count} {x}.",),
    },
    unknown={
        "count": "{A} bought some {x}.",
        "price": "{A} paid for each {x1}.",
        "paid": "{A} paid for the {x}.",
    },
    cases=(
        Case(
            "paid",
            "count * price",
            ("How many dollars did {A} pay?", "How many dollars did {A} pay in total?"),
            "{A} paid {calc} dollars",
            spare=("left",),
        ),
        Case(
            "price",
            "paid / count",
            ("How many dollars does each {x1} cost?", "How many dollars did {A} pay for one {x1}?"),
            "each {x1} costs {calc} dollars",
        ),
        Case(
            "count",
            "paid / price",
            ("How many {x} did {A} buy?", "How many {x} did {A} buy in total?"),
            "{A} bought {calc} {x}",
            spare=("left",),
        ),
        Case(
            "left",
            "had - paid",
            ("How many dollars does {A} have left?", "How many dollars does {A} have now?"),
            "{A} has {calc} dollars left",
            spare=("count",),
        ),
        Case(
            "had",
            "paid + left",
            ("How many dollars did {A} have at first?", "How many dollars did {A} start with?"),
            "{A} had {calc} dollars at first",
            spare=("count",),
        ),
        Case(
            "left",
            "had - (count * price)",
            ("How many dollars does {A} have left?", "How many dollars does {A} have now?"),
            "{A} has {calc} dollars left",
        ),
        Case(
            "price",
            "(had - left) / count",
            ("How many dollars does each {x1} cost?", "How many dollars did {A} pay for one {x1}?"),
            "each {x1} costs {calc} dollars",
        ),
    ),
)

RATE = Story(
    facts={
        "days": ("{A} worked for {days} {times}.", "It took {A} {days} {times}."),
        "per": ("{A} {past} {per} {x} each {time}.", "Each {time} {A} {past} {per} {x}."),
        "all": ("{A} {past} {all} {x} in total.", "There were {all} {x} that {A} {past}."),
        "home": ("{A} {past} {home} {x} at home.", "At home {A} {past} {home} {x}."),
        "done": ("{A} {past} {done} {x} at school.", "At school {A} {past} {done} {x}."),
        "all days": ("{A} {past} {all} {x} in {days} {times}.",),
    },
    unknown={
        "per": "{A} {past} some {x} each {time}.",
        "days": "{A} worked for some {times}.",
        "all": "There were some {x} that {A} {past}.",
    },
    cases=(
        Case(
            "all",
            "days * per",
            ("How many {x} did {A} {verb}?", "How many {x} did {A} {verb} in total?"),
            "{A} {past} {calc} {x}",
        ),
        Case(
            "per",
            "all / days",
            (
                "How many {x} did {A} {verb} each {time}?",
                "How many {x} did {A} {verb} in one {time}?",
            ),
            "{A} {past} {calc} {x} each {time}",
        ),
        Case(
            "days",
            "all / per",
            ("How many {times} did {A} work?", "How many {times} did it take {A}?"),
            "{A} worked for {calc} {times}",
        ),
        Case(
            "",
            "home + done",
            ("How many {x} did {A} {verb}?", "How many {x} did {A} {verb} in total?"),
            "{A} {past} {calc} {x}",
            spare=("days",),
        ),
        Case(
            "",
            "home - done",
            (
                "How many more {x} did {A} {verb} at home than at school?",
                "How many fewer {x} did {A} {verb} at school than at home?",
            ),
            "{A} {past} {calc} more {x} at home",
            spare=("days",),
        ),
        Case(
            "",
            "(days * per) + done",
            (
                "How many {x} did {A} {verb} in total?",
                "How many {x} did {A} {verb} with those at school?",
            ),
            "{A} {past} {calc} {x} in total",
        ),
    ),
)
