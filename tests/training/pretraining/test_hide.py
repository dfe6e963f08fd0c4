"""What is hidden of a text can be put back, and what it is asked for is what was there."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.training.pretraining.hide import break_off, hide_verb, span_corrupt

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
