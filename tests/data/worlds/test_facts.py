"""The graph of facts holds what the worlds rely on."""

import itertools

import pytest

from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.facts import RELATIONS, value_of


def test_every_word_has_exactly_one_place_in_the_graph():
    leaves = [
        leaf for kinds in facts.CATEGORIES.values() for part in kinds.values() for leaf in part
    ]
    kinds = [kind for part in facts.CATEGORIES.values() for kind in part]
    names = leaves + kinds + list(facts.CATEGORIES)
    assert len(names) == len(set(names))
    assert len(leaves) >= 60


def test_values_of_a_relation_name_their_kind():
    for relation in RELATIONS:
        assert relation.values.keys() == facts.CATEGORIES[relation.category].keys()
        assert len(set(relation.values.values())) == len(relation.values)


def test_no_two_relations_of_a_category_share_a_value():
    for one, other in itertools.combinations(RELATIONS, 2):
        assert not set(one.values.values()) & set(other.values.values())


def test_leaves_inherit_what_their_kind_has():
    home = next(relation for relation in RELATIONS if relation.name == "home")
    assert value_of(home, "poodle") == value_of(home, "dog") == "kennel"
    assert value_of(home, "tea") is None


@pytest.mark.parametrize(
    ("noun", "one", "many"),
    [
        ("onion", "an onion", "onions"),
        ("tea", "tea", "tea"),
        ("trout", "a trout", "trout"),
        ("finch", "a finch", "finches"),
        ("pony", "a pony", "ponies"),
        ("knife", "a knife", "knives"),
    ],
)
def test_nouns_take_their_article_and_plural(noun: str, one: str, many: str):
    assert facts.with_article(noun) == one
    assert facts.plural(noun) == many
