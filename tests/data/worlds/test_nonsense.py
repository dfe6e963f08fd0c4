"""Nonsense words are always the same ones, no two alike, and no words of anybody."""

from itertools import islice

from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.nonsense import nonsense_words


def test_nonsense_words_come_in_the_same_order_and_leave_out_known_ones():
    first = list(islice(nonsense_words(()), 500))
    assert len(set(first)) == 500
    known = set(first[::3])
    assert list(islice(nonsense_words(known), 300)) == [w for w in first if w not in known][:300]


def test_each_kind_has_as_many_and_shares_none():
    unread = [word for own in facts.LEAVES.values() for word in own.unread]
    assert len(set(unread)) == len(unread) == 12 * 40 + 19 * 24
    read = {word for own in facts.LEAVES.values() for word in own.read + own.held_out}
    assert not read & set(unread)
