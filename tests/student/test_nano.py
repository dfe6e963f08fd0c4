"""The built-in student's recipe: what corruption hides comes back, and the committed one is current."""

import json
import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.names import BUILT_IN_WIDTHS, built_in_folder
from mi_cot_lib.student.nano import CARD, Pretraining, pretrain, source_fingerprint, span_corrupt
from mi_cot_lib.student.tokeniser import VOCABULARY_SIZE

SENTINELS = list(range(1000, 1032))


@given(
    ids=st.lists(st.integers(3, 900), min_size=3, max_size=80),
    share=st.floats(0.05, 0.9),
    seed=st.integers(0, 1000),
)
def test_filling_the_sentinels_gives_the_text_back(ids, share, seed):
    source, target = span_corrupt(ids, SENTINELS, share, random.Random(seed))
    hidden, current = {}, None
    for token in target:
        if token in SENTINELS:
            current = hidden.setdefault(token, [])
        else:
            current.append(token)
    filled = [piece for token in source for piece in hidden.get(token, [token])]
    assert filled == ids
    assert all(hidden.values())


def test_pretraining_is_repeatable_and_lowers_the_loss(tmp_path):
    recipe = Pretraining(texts=150, steps=200, batch_size=2)
    first, second = (pretrain(tmp_path / name, recipe, "nano16") for name in "ab")
    card = json.loads((first / CARD).read_text())
    assert card["curve"] == json.loads((second / CARD).read_text())["curve"]
    assert card["curve"][-1]["loss"] < card["curve"][0]["loss"]
    students = load_student(str(first)).model, load_student(str(second)).model
    for mine, theirs in zip(students[0].parameters(), students[1].parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("name", BUILT_IN_WIDTHS)
def test_a_committed_student_is_of_the_current_world_and_recipe(name):
    card = json.loads((built_in_folder(name) / CARD).read_text())
    assert card["source"] == source_fingerprint(Pretraining(), name), "run `make nano-student`"
    assert card["parameters"] == load_student(name).model.num_parameters()


@pytest.mark.parametrize("name", BUILT_IN_WIDTHS)
def test_a_committed_student_has_read_the_world(name):
    # Its last recorded loss is far under that of one who knows how often each token comes, and no more.
    tokeniser = load_student(name).tokeniser
    ids = [one for text in tokeniser(world_text(500, seed=0))["input_ids"] for one in text]
    shares = torch.tensor(ids).bincount().double() / len(ids)
    by_frequency = -torch.special.xlogy(shares, shares).sum().item()
    card = json.loads((built_in_folder(name) / CARD).read_text())
    assert card["curve"][-1]["loss"] < by_frequency / 2


def test_wider_students_have_read_it_better():
    losses = [
        json.loads((built_in_folder(name) / CARD).read_text())["curve"][-1]["loss"]
        for name in sorted(BUILT_IN_WIDTHS, key=lambda name: -BUILT_IN_WIDTHS[name])
    ]
    assert losses == sorted(losses)
    # All but the narrowest: a fifth of what guessing evenly among the vocabulary costs.
    assert all(loss < 0.2 * math.log(VOCABULARY_SIZE) for loss in losses[:-1])
