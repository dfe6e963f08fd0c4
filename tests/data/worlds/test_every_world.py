"""What holds in each of the four worlds: short, distinct, repeatable, and read before it is asked."""

import random
import re

import pytest

from mi_cot_lib.data.worlds.facts import KIND_OF, RELATIONS, plural
from mi_cot_lib.data.worlds.item import NEW
from mi_cot_lib.training.pretrain import Pretraining
from tests.data.worlds.made import WORLDS, leaves, made

# The most words of an input and of a rationale.
LIMITS = {"svamp": (45, 35), "cqa": (45, 30), "esnli": (30, 40), "anli1": (30, 40)}
VALUES = {value for relation in RELATIONS for value in relation.values.values()}
ASKED = ("input", "question", "premise", "hypothesis", "choices")


@pytest.fixture(params=list(WORLDS))
def family(request):
    return request.param


def asked(item):
    parts = (item.row.get(key, "") for key in ASKED)
    return " ".join(part if isinstance(part, str) else " ".join(sorted(part)) for part in parts)


def words(text):
    return re.findall(r"[a-z]+", text.lower())


@pytest.mark.parametrize("new", [None, *NEW])
def test_inputs_are_distinct_and_all_texts_are_short(family, new):
    items = made(family, new)
    longest_input, longest_rationale = LIMITS[family]
    assert len({asked(item) for item in items}) == len(items)
    assert max(len(asked(item).split()) for item in items) <= longest_input
    rationales = [each.rationale for item in items for each in (item.right, *item.wrong)]
    assert max(len(rationale.split()) for rationale in rationales) <= longest_rationale


def test_wrong_arguments_are_for_other_labels_each_in_its_own_words(family):
    for item in made(family):
        arguments = (item.right, *item.wrong)
        assert len({each.label for each in arguments}) == len(arguments) >= 3
        assert len({each.rationale for each in arguments}) == len(arguments)


def test_unseen_has_new_templates_or_new_facts_in_known_ones(family):
    seen, unseen, known = ({item.template for item in made(family, new)} for new in (None, *NEW))
    assert len(seen) >= 12
    assert not seen & unseen
    assert known <= seen


def test_plain_text_knows_the_words_but_holds_no_label_rationale_or_answer(family):
    rng = random.Random(3)
    # As many as the built-in students read of each world.
    texts = [WORLDS[family].plain_text(rng) for _ in range(Pretraining().texts // len(WORLDS))]
    told = re.compile(r"[*/=+()]|\d\.0|\bSo\b|answer|premise|entail|neutral|contradict", re.I)
    assert not [text for text in texts if told.search(text)]
    assert all(text.find("?") in (-1, len(text) - 1) for text in texts)
    known = {word for text in texts for word in words(text)}
    unread = leaves("unread")
    unread_plurals = {*map(plural, unread)} - unread
    told_of_kinds = {*KIND_OF.values(), *VALUES}
    for text in texts:
        found = {*words(text)}
        assert not found & unread_plurals
        # What kind a nonsense word is, no text tells: no kind is named, nothing that one has, no other leaf.
        if found & unread:
            assert not found & told_of_kinds and found & KIND_OF.keys() <= unread, text
    for new in (None, *NEW):
        found = {word for item in made(family, new) for word in words(asked(item))}
        # The arithmetic world's unseen templates bring few words, and none that a story hangs on.
        assert len(found - known) <= (3 if family == "svamp" else 0), found - known
