"""What each kind of the closed world has: where it is, what it eats, what it is good for."""

from dataclasses import dataclass

from mi_cot_lib.data.worlds.facts import KIND_OF


@dataclass(frozen=True, slots=True)
class Relation:
    """What the kinds of one category have, with the words in which it is said and asked.

    In the texts `{x}` is a leaf or kind in the singular with its article, `{xs}` in the plural, and
    `{v}` a value with its article.

    Attributes:
        name: Unique name.
        category: The category whose kinds have a value.
        values: Value by kind; no two kinds share one.
        fact: "{xs} live in {v}", true of a kind and all its leaves.
        single: The same of one thing.
        retold: Further phrasings of the fact.
        goal: What the answer to a forward question must be.
        back_goal: What the answer to a backward question must be.
        asks: Questions about a named thing; the last one is held out for the split `unseen`.
        back_asks: Questions for the thing, given a value; the last one is held out.
    """

    name: str
    category: str
    values: dict[str, str]
    fact: str
    single: str
    retold: tuple[str, ...]
    goal: str
    back_goal: str
    asks: tuple[str, str, str]
    back_asks: tuple[str, str, str]


RELATIONS: tuple[Relation, ...] = (
    Relation(
        "home",
        "animal",
        {
            "dog": "kennel",
            "bird": "nest",
            "fish": "river",
            "horse": "paddock",
            "monkey": "treetop",
        },
        "{xs} live in {v}",
        "{x} lives in {v}",
        ("{v} is where {x} lives", "you find {v} where {x} lives", "the home of {x} is {v}"),
        "a place where {xs} live",
        "an animal that lives in {v}",
        ("In which place does it live?", "Where is its home?", "Which place is its home?"),
        (
            "Which animal lives there?",
            "Which of these has its home there?",
            "Which animal has its home there?",
        ),
    ),
    Relation(
        "food",
        "animal",
        {"dog": "bones", "bird": "seeds", "fish": "worms", "horse": "hay", "monkey": "bananas"},
        "{xs} eat {v}",
        "{x} eats {v}",
        ("{v} are what {x} eats", "you feed {v} to {x}", "the meal of {x} is {v}"),
        "something that {xs} eat",
        "an animal that eats {v}",
        ("What does it eat?", "Which meal would you feed to it?", "Which meal does it eat?"),
        (
            "Which animal eats that?",
            "To which of these would you feed that?",
            "To which animal would you feed that?",
        ),
    ),
    Relation(
        "source",
        "food",
        {
            "fruit": "orchard",
            "vegetable": "garden",
            "bread": "bakery",
            "drink": "cafe",
            "cheese": "dairy",
        },
        "{xs} come from {v}",
        "{x} comes from {v}",
        ("{v} is where {x} comes from", "you get {x} at {v}", "the source of {x} is {v}"),
        "a place that {xs} come from",
        "a food that comes from {v}",
        ("Where does it come from?", "At which place would you get it?", "Where would you get it?"),
        (
            "Which food comes from there?",
            "Which of these would you get there?",
            "Which food would you get there?",
        ),
    ),
    Relation(
        "serving",
        "food",
        {"fruit": "bowl", "vegetable": "pot", "bread": "basket", "drink": "cup", "cheese": "board"},
        "{xs} are served in {v}",
        "{x} is served in {v}",
        ("{v} is used to serve {x}", "you serve {x} in {v}", "the dish for {x} is {v}"),
        "a dish in which {xs} are served",
        "a food that is served in {v}",
        (
            "In which dish is it served?",
            "What do you serve it in?",
            "In which dish do you serve it?",
        ),
        (
            "Which food is served in that?",
            "Which of these do you serve in that?",
            "Which food do you serve in that?",
        ),
    ),
    Relation(
        "use",
        "tool",
        {
            "cutter": "cutting",
            "digger": "digging",
            "pan": "cooking",
            "pen": "writing",
            "cleaner": "cleaning",
        },
        "{xs} are used for {v}",
        "{x} is used for {v}",
        ("{v} is done with {x}", "you need {x} for {v}", "the work of {x} is {v}"),
        "the work that {xs} are used for",
        "a tool that is used for {v}",
        (
            "For which work is it used?",
            "What would you need it for?",
            "For which work would you need it?",
        ),
        (
            "Which tool is used for that?",
            "Which of these would you need for that?",
            "Which tool would you need for that?",
        ),
    ),
    Relation(
        "storage",
        "tool",
        {
            "cutter": "workshop",
            "digger": "shed",
            "pan": "kitchen",
            "pen": "desk",
            "cleaner": "closet",
        },
        "{xs} are kept in {v}",
        "{x} is kept in {v}",
        ("{v} is where you keep {x}", "you look for {x} in {v}", "the right place for {x} is {v}"),
        "a place where {xs} are kept",
        "a tool that is kept in {v}",
        (
            "In which place is it kept?",
            "Where would you look for it?",
            "In which place would you look for it?",
        ),
        (
            "Which tool is kept there?",
            "Which of these would you look for there?",
            "Which tool would you look for there?",
        ),
    ),
    Relation(
        "parking",
        "vehicle",
        {
            "boat": "dock",
            "plane": "hangar",
            "train": "station",
            "car": "garage",
            "bike": "rack",
        },
        "{xs} are parked at {v}",
        "{x} is parked at {v}",
        ("{v} is where {x} waits", "you park {x} at {v}", "the stop for {x} is {v}"),
        "a place where {xs} are parked",
        "a vehicle that is parked at {v}",
        ("At which place is it parked?", "Where does it wait?", "At which place does it wait?"),
        (
            "Which vehicle is parked there?",
            "Which of these waits there?",
            "Which vehicle waits there?",
        ),
    ),
    Relation(
        "work",
        "person",
        {
            "cook": "restaurant",
            "doctor": "hospital",
            "farmer": "field",
            "musician": "theater",
            "teacher": "school",
        },
        "{xs} work in {v}",
        "{x} works in {v}",
        ("{v} is where {x} works", "you meet {x} in {v}", "the workplace of {x} is {v}"),
        "a place where {xs} work",
        "a person who works in {v}",
        (
            "In which place does this person work?",
            "Where would you meet this person?",
            "In which place would you meet this person?",
        ),
        (
            "Which person works there?",
            "Which of these would you meet there?",
            "Which person would you meet there?",
        ),
    ),
    Relation(
        "giving",
        "person",
        {
            "cook": "meals",
            "doctor": "medicine",
            "farmer": "crops",
            "musician": "songs",
            "teacher": "lessons",
        },
        "{xs} give us {v}",
        "{x} gives us {v}",
        ("we get {v} from {x}", "{v} are the work of {x}", "we thank {x} for {v}"),
        "something that {xs} give us",
        "a person who gives us {v}",
        (
            "What do we get from this person?",
            "For what do we thank this person?",
            "For what work do we thank this person?",
        ),
        (
            "From which person do we get that?",
            "Which of these do we thank for that?",
            "Which person do we thank for that?",
        ),
    ),
)


def value_of(relation: Relation, thing: str) -> str | None:
    """Return what a leaf or kind has by a relation, inherited; None where it has nothing."""
    return relation.values.get(KIND_OF.get(thing, thing))
