"""Every table, figure and question: one list, from which one function makes any of them (`make.make`)."""

from collections.abc import Iterable, Mapping

from mi_cot_lib.errors import unknown_name
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


def items_named(names: tuple[str, ...]) -> list[Item]:
    """Return the items that are named, each once; `all` is the paper's, `questions` every question."""
    ids = dict.fromkeys(one for name in names for one in GROUPS.get(name, (name,)))
    return [item_named(one, GROUPS) for one in ids]
