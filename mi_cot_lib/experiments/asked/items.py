"""Every table, figure and question: one list, from which one function makes any of them (`make.make`)."""

from collections.abc import Iterable, Mapping

from mi_cot_lib.errors import ConfigError, unknown_name
from mi_cot_lib.experiments.asked.comparisons import DECISIONS, FURTHER
from mi_cot_lib.experiments.asked.item import PAPER, QUESTION, Item
from mi_cot_lib.experiments.asked.paper import TABLES_AND_FIGURES
from mi_cot_lib.experiments.asked.questions import QUESTIONS

# In the order of a page: what was declared opens it.
ITEMS: Mapping[str, Item] = {
    item.id: item for item in (*DECISIONS, *TABLES_AND_FIGURES, *QUESTIONS, *FURTHER)
}
# What README shows.
FIRST = "declared"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(one.id for one in ITEMS.values() if one.kind == PAPER),
    "questions": tuple(one.id for one in ITEMS.values() if one.kind == QUESTION),
}


def item_named(name: str, groups: Iterable[str] = ()) -> Item:
    """Look an item up by its id, or raise a ConfigError."""
    if name not in ITEMS:
        raise unknown_name("table, figure or question", name, [*ITEMS, *groups])
    return ITEMS[name]


def items_of(preset: str) -> list[Item]:
    """Return the items that are made on a preset."""
    return [item for item in ITEMS.values() if preset in item.presets]


def items_named(names: tuple[str, ...], preset: str) -> list[Item]:
    """Return the items that are named, each once; `all` is the paper's, `questions` every question.

    Of a group those that are made on the preset; ConfigError for one that is named and is not.
    """
    made = {item.id for item in items_of(preset)}
    ids: dict[str, None] = {}
    for name in names:
        ids |= dict.fromkeys(one for one in GROUPS.get(name, ()) if one in made)
        if name not in GROUPS:
            ids[item_named(name, GROUPS).id] = None
            if name not in made:
                others = " or ".join(f"--preset {one}" for one in ITEMS[name].presets)
                raise ConfigError(
                    f"{name} is not made on {preset} but with {others}; there: {', '.join(sorted(made))}."
                )
    return [ITEMS[one] for one in ids]
