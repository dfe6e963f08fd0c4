"""A changed teacher is changed exactly as said, for exactly the share that was asked for."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.teacher.changes import (
    HIDDEN,
    TeacherChange,
    changed_teacher,
    check_teacher_change,
)
from mi_cot_lib.errors import ConfigError

CHANGES = get_args(TeacherChange)[1:]


def some():
    return [
        Example(
            f"nano_cqa/train/{row}",
            f"question {row}",
            f"label{row % 5}",
            None
            if row % 10 == 9
            else f"Thing {row} is big and old. It is a kind of Label{row % 5}, surely.",
            f"label{row % 4}",
        )
        for row in range(40)
    ]


def changed_rows(before, after):
    assert [one.id for one in after] == [one.id for one in before]
    assert [one.input for one in after] == [one.input for one in before]
    return {row for row, (a, b) in enumerate(zip(before, after, strict=True)) if a != b}


@pytest.mark.parametrize("change", CHANGES)
@given(share=st.floats(0.01, 1), seed=st.integers(0, 1000))
def test_the_share_is_changed_and_smaller_shares_are_part_of_larger(change, share, seed):
    before = some()
    after = changed_teacher(before, change, share, seed)
    assert after == changed_teacher(before, change, share, seed)
    rows = changed_rows(before, after)
    assert len(rows) <= round(share * len(before))
    whole = changed_rows(before, changed_teacher(before, change, 1.0, seed))
    assert rows <= whole
    with_rationale = {row for row, one in enumerate(before) if one.rationale is not None}
    assert whole == (set(range(40)) if change == "wrong_labels" else with_rationale)


@pytest.mark.parametrize("change", CHANGES)
def test_another_seed_changes_other_examples_or_otherwise(change):
    assert changed_teacher(some(), change, 0.5, 1) != changed_teacher(some(), change, 0.5, 2)


def test_wrong_labels_are_wrong_on_both_sides_and_rationales_stay():
    before = some()
    for one, was in zip(changed_teacher(before, "wrong_labels", 1.0, 0), before, strict=True):
        assert one.label == one.teacher_label != was.label
        assert one.rationale == was.rationale


def test_exchanged_rationales_are_the_same_texts_and_none_is_at_home():
    before = some()
    after = changed_teacher(before, "other_rationales", 1.0, 0)
    texts = [sorted(one.rationale for one in rows if one.rationale) for rows in (before, after)]
    assert texts[0] == texts[1]
    for one, was in zip(after, before, strict=True):
        assert one.rationale is None or one.rationale != was.rationale
        assert one.label == was.label


def test_rewritten_rationales_are_what_their_name_says():
    example = Example("nano_cqa/train/0", "q", "art", "The cart is the Art (art).", "x")

    def rewritten(change):
        return changed_teacher([example], change, 1.0, 0)[0].rationale

    assert sorted(rewritten("shuffled_words").split()) == sorted(example.rationale.split())
    assert rewritten("truncated") == "The cart is"
    assert rewritten("label_named") == f"{example.rationale} So the answer is art."
    # A label inside a longer word is not the label.
    assert rewritten("label_hidden") == f"The cart is the {HIDDEN} ({HIDDEN})."


@pytest.mark.parametrize("dataset", ["nano_cqa", "nano_esnli"])
def test_built_in_rationales_name_their_label_exactly_when_told_to(dataset):
    before = load_split(dataset, "valid")

    def named(examples):
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
