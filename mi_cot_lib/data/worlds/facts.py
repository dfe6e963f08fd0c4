"""The closed world's knowledge as data: what is a kind of what.

The graph has three levels, such as poodle, dog, animal. Leaves inherit everything that is known
about their kind. Within a category no two kinds share a value of a relation, so that a value names
its kind and every relation can be read backwards.
"""

CATEGORIES: dict[str, dict[str, tuple[str, ...]]] = {
    "animal": {
        "dog": ("poodle", "beagle", "collie", "terrier"),
        "bird": ("robin", "sparrow", "finch", "wren"),
        "fish": ("trout", "carp", "pike", "perch"),
        "horse": ("pony", "mare", "stallion", "mustang"),
        "monkey": ("baboon", "macaque", "chimp", "mandrill"),
    },
    "food": {
        "fruit": ("apple", "pear", "plum", "peach"),
        "vegetable": ("carrot", "onion", "leek", "turnip"),
        "bread": ("bagel", "baguette", "bun", "muffin"),
        "drink": ("tea", "coffee", "cocoa", "juice"),
        "cheese": ("cheddar", "brie", "gouda", "feta"),
    },
    "tool": {
        "cutter": ("saw", "axe", "knife", "razor"),
        "digger": ("spade", "shovel", "hoe", "trowel"),
        "pan": ("wok", "skillet", "saucepan", "griddle"),
        "pen": ("pencil", "crayon", "marker", "quill"),
        "cleaner": ("broom", "mop", "sponge", "duster"),
    },
    "vehicle": {
        "boat": ("canoe", "ferry", "kayak", "yacht"),
        "plane": ("jet", "glider", "airliner", "bomber"),
        "train": ("tram", "metro", "express", "monorail"),
        "car": ("taxi", "jeep", "van", "limousine"),
        "bike": ("tandem", "moped", "scooter", "tricycle"),
    },
    "person": {
        "cook": ("chef", "baker", "caterer", "grocer"),
        "doctor": ("surgeon", "dentist", "medic", "nurse"),
        "farmer": ("rancher", "shepherd", "planter", "herder"),
        "musician": ("pianist", "drummer", "violinist", "singer"),
        "teacher": ("tutor", "professor", "lecturer", "coach"),
    },
    "activity": {
        "resting": ("napping", "dozing", "snoozing", "sleeping"),
        "hurrying": ("sprinting", "dashing", "racing", "rushing"),
        "eating": ("munching", "nibbling", "chewing", "gulping"),
        "talking": ("chatting", "whispering", "muttering", "shouting"),
    },
    "place": {
        "house": ("attic", "bedroom", "cellar", "hallway"),
        "water": ("pond", "lake", "beach", "harbor"),
        "trees": ("forest", "orchard", "woods", "jungle"),
        "farm": ("barn", "stable", "pasture", "henhouse"),
    },
}

NAMES = ("Tom", "Ann", "Ben", "Eva", "Sam", "Mia", "Max", "Zoe", "Leo", "Ida")

KIND_OF: dict[str, str] = {
    leaf: kind for kinds in CATEGORIES.values() for kind, leaves in kinds.items() for leaf in leaves
}
CATEGORY_OF: dict[str, str] = {
    kind: category for category, kinds in CATEGORIES.items() for kind in kinds
}

_MASS = frozenset(
    (
        *("tea", "coffee", "cocoa", "juice", "cheddar", "brie", "gouda", "feta"),
        *("fruit", "bread", "cheese", "bones", "seeds", "worms", "hay", "bananas"),
        *("meals", "medicine", "crops", "songs", "lessons", "water", "trees"),
        *("cutting", "digging", "cooking", "writing", "cleaning"),
    )
)
_PLURALS = {"pony": "ponies", "knife": "knives", "ferry": "ferries", "fish": "fish"} | {
    fish: fish for fish in CATEGORIES["animal"]["fish"]
}


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun that takes one: "an owl", but "tea"."""
    if noun in _MASS:
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def plural(noun: str) -> str:
    """Return the form that names all of a kind: "ponies", "trout", "tea"."""
    if noun in _MASS:
        return noun
    if noun in _PLURALS:
        return _PLURALS[noun]
    return noun + ("es" if noun.endswith(("x", "ch")) else "s")


def leaves_of(kind: str) -> tuple[str, ...]:
    """Return the members of a kind, such as the breeds of dog."""
    return CATEGORIES[CATEGORY_OF[kind]][kind]


def is_a(thing: str, other: str) -> bool:
    """Tell whether a leaf or kind is (a kind of) another name of the graph, by inheritance."""
    while thing != other:
        parent = KIND_OF.get(thing) or CATEGORY_OF.get(thing)
        if parent is None:
            return False
        thing = parent
    return True


def sentence(text: str) -> str:
    """Write a phrase as a sentence: capital first letter, full stop at the end."""
    return f"{text[0].upper()}{text[1:]}."
