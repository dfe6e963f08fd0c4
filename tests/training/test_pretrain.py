"""The built-in students are current and have read the world, which takes the same course each time."""

import json
import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import DATASETS
from mi_cot_lib.data.worlds.write import world_text
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS, built_in_folder
from mi_cot_lib.student.load import load_student
from mi_cot_lib.student.nano import CARD, VOCABULARY_SIZE
from mi_cot_lib.training.pretrain import (
    Pretraining,
    break_off,
    hide_verb,
    pretrain,
    source_fingerprint,
    span_corrupt,
)
from mi_cot_lib.training.world_tokeniser import learn_tokeniser, shared_tokeniser

SENTINELS = list(range(1000, 1032))
NOT, STOP = 1, 2


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


@given(ids=st.lists(st.integers(0, 5), min_size=2, max_size=40), seed=st.integers(0, 1000))
def test_a_text_breaks_off_shortly_before_a_later_sentence_ends(ids, seed):
    source, target = break_off(ids, [STOP], random.Random(seed))
    told = source + target
    assert told == ids[: len(told)] and source and 1 <= len(target) <= 4
    stops = ids[1:].count(STOP)
    assert target[-1] == STOP if stops else told == ids
    assert told[1:].count(STOP) >= min(2, stops)


@given(ids=st.lists(st.integers(0, 5), min_size=2, max_size=40), seed=st.integers(0, 1000))
def test_a_hidden_verb_takes_its_negation_along_and_is_told_by_its_last_word(ids, seed):
    place = random.Random(seed).randrange(len(ids))
    cover = [SENTINELS[0]] * (1 + seed % 2)
    hidden, verb = hide_verb(ids, place, {NOT}, cover)
    length = 1 + (ids[place + 1 : place + 2] == [NOT])
    assert hidden == [*ids[:place], *cover, *ids[place + length :]]
    assert verb == [ids[place + length - 1]]


def test_pretraining_is_repeatable_and_lowers_the_loss(tmp_path):
    recipe = Pretraining(texts=150, first_steps=20, steps=80, batch_size=2)
    first, second = (pretrain(tmp_path / name, recipe, "nano16") for name in "ab")
    card = json.loads((first / CARD).read_text())
    assert card["curve"] == json.loads((second / CARD).read_text())["curve"]
    assert card["curve"][-1]["loss"] < card["curve"][0]["loss"]
    one, other = load_student(str(first)), load_student(str(second))
    assert one.tokeniser.get_vocab() == other.tokeniser.get_vocab()
    for mine, theirs in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_student_with_a_tokeniser_of_its_own_says_so(tmp_path):
    recipe = Pretraining(texts=150, first_steps=1, steps=1, batch_size=2)
    own, usual = (
        json.loads(
            (pretrain(tmp_path / str(new), recipe, "nano16", new_tokeniser=new) / CARD).read_text()
        )
        for new in (True, False)
    )
    assert usual["source"] == source_fingerprint(recipe, "nano16") != own["source"]
    assert own["vocabulary"] < usual["vocabulary"]


def card_of(name: str) -> dict:
    return json.loads((built_in_folder(name) / CARD).read_text())


@pytest.mark.parametrize("name", BUILT_IN_WIDTHS)
def test_a_committed_student_is_of_the_current_world_and_recipe_and_has_read_it(name):
    card, student = card_of(name), load_student(name)
    assert card["source"] == source_fingerprint(Pretraining(), name), "run `make nano-student`"
    assert card["parameters"] == student.model.num_parameters()
    # Its last recorded loss is far under that of one who knows how often each token comes, and no more.
    ids = [one for text in student.tokeniser(world_text(500, seed=0))["input_ids"] for one in text]
    shares = torch.tensor(ids).bincount().double() / len(ids)
    by_frequency = -torch.special.xlogy(shares, shares).sum().item()
    assert card["curve"][-1]["loss"] < by_frequency / 2


def test_the_shared_tokeniser_reads_the_world_as_one_that_is_learned_from_it_now():
    """Only the wording of rationales may have changed since, so that they take somewhat more tokens."""
    read = world_text(Pretraining().texts, Pretraining().seed)
    kept, new = shared_tokeniser(), learn_tokeniser(read, Pretraining().seed)

    def longer(texts) -> float:
        before, after = (sum(map(len, one(texts)["input_ids"])) for one in (new, kept))
        return after / before

    assert longer(world_text(2_000, seed=1)) == pytest.approx(1.0, abs=0.01)
    for dataset in (name for name, spec in DATASETS.items() if spec.built_in):
        rows = load_split(dataset, "test")[:500]
        assert longer([row.input for row in rows]) == pytest.approx(1.0, abs=0.01)
        assert longer([row.label for row in rows]) == 1.0
        assert longer([row.rationale or "" for row in rows]) <= 1.2


def test_wider_students_have_read_it_better():
    names = sorted(BUILT_IN_WIDTHS, key=lambda name: -BUILT_IN_WIDTHS[name])
    losses = [card_of(name)["curve"][-1]["loss"] for name in names]
    assert losses == sorted(losses)
    # All but the narrowest: a fifth of what guessing evenly among the vocabulary costs.
    assert all(loss < 0.2 * math.log(VOCABULARY_SIZE) for loss in losses[:-1])
