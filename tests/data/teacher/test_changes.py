"""A changed teacher is changed exactly as said, for exactly the share that was asked for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.example import Example
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.teacher.changes import HIDDEN, changed_teacher, check_teacher_change
from mi_cot_lib.errors import ConfigError

CHANGES = (
    *("wrong_labels", "other_rationales", "shuffled_words"),
    *("truncated", "label_named", "label_hidden"),
)


def some(count: int = 40) -> list[Example]:
    return [
        Example(
            f"nano_cqa/train/{row}",
            f"question {row}",
            f"label{row % 5}",
            None if row % 10 == 9 else f"Thing {row} is a big old kind of Label{row % 5}, surely.",
            f"label{row % 4}",
        )
        for row in range(count)
    ]


def changed_rows(before: list[Example], after: list[Example]) -> set[int]:
    assert [one.id for one in after] == [one.id for one in before]
    assert [one.input for one in after] == [one.input for one in before]
    return {row for row, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}


@pytest.mark.parametrize("change", CHANGES)
@given(share=st.floats(0.01, 1), seed=st.integers(0, 1000))
def test_no_more_than_the_share_is_changed_and_smaller_shares_are_part_of_larger(
    change, share, seed
):
    before = some()
    rows = changed_rows(before, changed_teacher(before, change, share, seed))
    assert len(rows) <= round(share * len(before))
    assert rows <= changed_rows(before, changed_teacher(before, change, 1.0, seed))
    with_rationale = {row for row, one in enumerate(before) if one.rationale is not None}
    if change != "wrong_labels":
        assert rows <= with_rationale


@pytest.mark.parametrize("change", CHANGES)
def test_the_whole_share_changes_every_example_that_can_be(change):
    before = some()
    rows = changed_rows(before, changed_teacher(before, change, 1.0, 0))
    assert len(rows) == (40 if change == "wrong_labels" else 36)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_follows_its_seed(change):
    before = some()
    once, again, other = (changed_teacher(before, change, 0.5, seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_wrong_labels_are_wrong_on_both_sides_and_rationales_stay():
    before = some()
    for one, was in zip(changed_teacher(before, "wrong_labels", 1.0, 0), before, strict=True):
        assert one.label != was.label
        assert one.teacher_label == one.label
        assert one.rationale == was.rationale


def test_exchanged_rationales_are_the_same_texts_and_none_is_at_home():
    before = some()
    after = changed_teacher(before, "other_rationales", 1.0, 0)
    texts = [sorted(one.rationale for one in rows if one.rationale) for rows in (before, after)]
    assert texts[0] == texts[1]
    assert all(
        a.rationale is None or a.rationale != b.rationale
        for a, b in zip(before, after, strict=True)
    )
    assert [one.label for one in after] == [one.label for one in before]


def test_rewritten_rationales_are_what_their_name_says():
    example = Example("nano_cqa/train/0", "q", "grocer", "A grocer is a cook, and cooks give.", "x")

    def rewritten(change: str) -> str | None:
        return changed_teacher([example], change, 1.0, 0)[0].rationale

    words = example.rationale.split()
    assert sorted(rewritten("shuffled_words").split()) == sorted(words)
    assert rewritten("truncated") == "A grocer is a"
    assert rewritten("label_named") == f"{example.rationale} So the answer is grocer."
    assert rewritten("label_hidden") == f"A {HIDDEN} is a cook, and cooks give."


def test_a_label_inside_a_longer_word_is_not_the_label():
    example = Example("nano_cqa/train/0", "q", "art", "The cart, the Art (art).", None)
    assert (
        changed_teacher([example], "label_hidden", 1.0, 0)[0].rationale
        == "The cart, the this (this)."
    )


@pytest.mark.parametrize("dataset", ["nano_cqa", "nano_esnli"])
def test_built_in_rationales_name_their_label_exactly_when_told_to(dataset):
    before = load_split(dataset, "valid")

    def named(examples) -> int:
        return sum(
            re.search(rf"\b{one.label}\b", (one.rationale or "").lower()) is not None
            for one in examples
        )

    assert named(changed_teacher(before, "label_hidden", 1.0, 0)) == 0
    with_rationale = sum(one.rationale is not None for one in before)
    assert named(changed_teacher(before, "label_named", 1.0, 0)) == with_rationale


@pytest.mark.parametrize(
    ("change", "share", "message"),
    [
        ("wrong_label", 0.5, "Did you mean 'wrong_labels'"),
        ("truncated", 1.5, "from 0 to 1"),
        ("truncated", 0.0, "needs a share above 0"),
        ("none", 0.5, "needs a change"),
    ],
)
def test_what_does_not_go_together_is_refused(change, share, message):
    with pytest.raises(ConfigError, match=message):
        check_teacher_change(change, share)


def test_wrong_labels_need_two_labels():
    one = Example("a/train/0", "q", "yes", "r", "yes")
    with pytest.raises(ConfigError, match="two labels"):
        changed_teacher([one, one], "wrong_labels", 0.5, 0)
