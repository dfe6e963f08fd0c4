"""What holds in each of the four worlds: short, distinct, repeatable, and read before it is asked."""

import random
import re

import pytest

from tests.data.worlds.made import WORLDS, made

# The most words of an input and of a rationale.
LIMITS = {"svamp": (45, 35), "cqa": (45, 30), "esnli": (30, 30), "anli1": (30, 30)}
ASKED = ("input", "question", "premise", "hypothesis", "choices")


@pytest.fixture(params=list(WORLDS))
def family(request):
    return request.param


def asked(item):
    parts = (item.row.get(key, "") for key in ASKED)
    return " ".join(part if isinstance(part, str) else " ".join(sorted(part)) for part in parts)


def words(text):
    return re.findall(r"[a-z]+", text.lower())


@pytest.mark.parametrize("split", ["train", "unseen"])
def test_inputs_are_distinct_and_all_texts_are_short(family, split):
    items = made(family, split)
    longest_input, longest_rationale = LIMITS[family]
    assert len({asked(item) for item in items}) == len(items)
    assert max(len(asked(item).split()) for item in items) <= longest_input
    rationales = [each.rationale for item in items for each in (item.right, *item.wrong)]
    assert max(len(rationale.split()) for rationale in rationales) <= longest_rationale


def test_wrong_arguments_are_for_other_labels_each_in_its_own_words(family):
    for item in made(family, "train"):
        arguments = (item.right, *item.wrong)
        assert len({each.label for each in arguments}) == len(arguments) >= 3
        assert len({each.rationale for each in arguments}) == len(arguments)


def test_unseen_shares_no_template(family):
    seen, unseen = ({item.template for item in made(family, s)} for s in ("train", "unseen"))
    assert len(seen) >= 12
    assert not seen & unseen


def test_plain_text_knows_the_words_but_holds_no_label_rationale_or_answer(family):
    rng = random.Random(3)
    texts = [WORLDS[family].plain_text(rng) for _ in range(8000)]
    told = re.compile(r"[*/=+()]|\d\.0|\bSo\b|answer|premise|entail|neutral|contradict", re.I)
    assert not [text for text in texts if told.search(text)]
    assert all(text.find("?") in (-1, len(text) - 1) for text in texts)
    known = {word for text in texts for word in words(text)}
    for split in ("train", "unseen"):
        new = {word for item in made(family, split) for word in words(asked(item))} - known
        # The arithmetic world's unseen templates bring few words, and none that a story hangs on.
        assert len(new) <= (3 if family == "svamp" else 0), new
