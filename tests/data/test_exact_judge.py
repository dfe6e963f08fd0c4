"""The exact judge: whole rationales in any wording, the teacher's mistakes, and any other text."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.exact_judge.judge import Verdict, judge_rationale
from mi_cot_lib.data.specs import Example
from mi_cot_lib.data.worlds import facts, nli
from mi_cot_lib.data.worlds.facts import RELATIONS
from mi_cot_lib.errors import ConfigError, DataError
from tests.data.judged import NANO, parts, right_of, scores, told, verdict_on, words


@pytest.mark.parametrize("name", NANO)
def test_a_right_rationale_scores_5_also_in_sentences_of_their_own(name):
    for example in right_of(name):
        verdict = verdict_on(example, example.rationale)
        assert verdict == Verdict(5, ()), (example, verdict)
        assert scores(example, " ".join(parts(example))) == 5, example


@pytest.mark.parametrize("name", NANO)
def test_a_mistake_of_the_teacher_scores_below_5_as_what_it_broke_off_does(name):
    wrong = told(name, 0.0)
    assert sum(example.rationale is not None for example, _ in wrong) >= 290
    for example, text in wrong:
        if example.rationale is None:
            assert scores(example, text.split("\n\n")[0]) < 5, text
        else:
            # Something said is not true; or all is, but what is excluded is beside the point.
            excludes = (example.label, example.teacher_label) == ("entailment", "contradiction")
            assert scores(example, example.rationale) == 3 + excludes, example


def named(example):
    """Find whom a pair is about, the slot of its premise, and its leaves: the one that is so comes first."""
    premise, _, hypothesis = example.input.partition("</s>")
    leaves = [word for word in words(premise) if word in facts.KIND_OF]
    slots = {slot.category: slot for slot in nli.SLOTS}
    return words(hypothesis)[0], slots[facts.CATEGORY_OF[facts.KIND_OF[leaves[0]]]], leaves


def test_what_a_premise_says_may_be_said_again_in_any_wording():
    for example in right_of("nano_esnli") + right_of("nano_anli"):
        name, slot, (leaf, *others) = named(example)
        for way in range(3):
            for said in (slot.say(leaf, way), slot.say(leaf, way, others)):
                assert scores(example, f"{name} {said}. {example.rationale}") == 5, (example, said)
            for said in (slot.say(others[0], way), slot.say(leaf, way, [leaf, *others[1:]])):
                assert scores(example, f"{name} {said}. {example.rationale}") == 3, (example, said)


def test_the_wordings_of_plain_text_count_for_pairs_too():
    for example in right_of("nano_esnli") + right_of("nano_anli"):
        if example.label == "neutral":
            continue
        name, slot, (leaf, *_) = named(example)
        kind = facts.KIND_OF[leaf]
        claimed = [word for word in words(example.input) if word in slot.kinds][-1]
        for other in set(slot.kinds) - {kind}:
            link = facts.sentence(slot.exclude(leaf, kind, other))
            for is_so in (True, False):
                told = f"{name} {(slot.state if is_so else slot.deny)(claimed, 1)}."
                score = 5 if is_so == (claimed == kind) else 3
                assert scores(example, f"{link} {told}") == score, told


def test_every_wording_of_a_fact_counts():
    by_ask = {ask: r for r in RELATIONS for ask in r.asks}
    for example in right_of("nano_cqa"):
        *_, link, fact = parts(example)
        relation = by_ask[example.input.split("\n")[0].split(". ")[-1]]
        leaf = next(word for word in words(link.lower()) if word in facts.KIND_OF)
        kind = facts.KIND_OF[leaf]
        value = facts.with_article(relation.values[kind])
        for form in (relation.single, *relation.retold):
            said = facts.sentence(form.format(x=facts.with_article(kind), v=value))
            assert scores(example, f"{link} {said}") == 5, said
        assert scores(example, f"{facts.with_article(leaf)} is a sort of {kind}, and {fact}") == 5


@pytest.mark.parametrize(
    ("rationale", "score"),
    [
        ("Max washed 90 eggs each hour. He washed 5 times as many eggs as Ben. "
         "So Ben washed 90 / 5 = 18 eggs.", 5),
        ("There were 90 eggs that Max washed each hour. Max washed 5 times as many eggs as Ben. "
         "Ben washed 90 / 5 = 18.0 eggs each hour", 5),
        ("Max washed 90 eggs each hour. He washed 5 times as many eggs as Ben. "
         "So Ben washed 18 eggs.", 4),
        ("90 / 5 = 18.", 4),
        ("So Ben washed 18 eggs.", 3),
        ("Max washed 90 eggs each hour. She washed 5 times as many eggs as Ben. "
         "So Ben washed 90 / 5 = 18 eggs.", 2),
    ],
)  # fmt: skip
def test_a_story_may_be_told_in_other_words(rationale, score):
    story = (
        "There were 11 books that Ben washed each hour. Max washed 5 times as many eggs as Ben. "
        "He washed 90 eggs each hour. Ben washed some eggs each hour.\n"
        "How many eggs did Ben wash each hour?"
    )
    example = Example("nano_svamp/test/0", story, "( 90.0 / 5.0 )", None, None)
    assert scores(example, rationale) == score


PIECES = st.sampled_from(
    [*("So", "he", "=", "90 / 5 = 18", "(", "-", "1" * 50, "0", ".", ",", "and", "is", "a", "the"),
     *("Max washed 90 eggs each hour.", "A poodle is a dog", "Eva has only", "\n", "The answer")]
)  # fmt: skip
ODD = (
    Example("nano_svamp/test/0", "Tom had 9 pens. He lost 2 pens in the park.\nHow many pens does "
            "Tom have left?", "( 9.0 - 2.0 )", None, None),
    Example("nano_cqa/test/0", "Eva thinks of a poodle, not a trout or a robin. Where is its home?"
            "\nAnswer Choices:\n(a) kennel\n(b) nest\n(c) river\n(d) paddock\n(e) treetop",
            "kennel", None, None),
    Example("nano_esnli/test/0", "Eva has only a poodle on a cold day.</s>Eva is raising a dog.",
            "entailment", None, None),
    Example("nano_anli/test/0", "Eva, on a cold day, rents only a jet.</s>Eva is using a pan.",
            "neutral", None, None),
)  # fmt: skip


@given(text=st.text() | st.lists(PIECES).map(" ".join))
def test_any_text_has_a_rank_and_always_the_same(text):
    for example in ODD:
        verdict = verdict_on(example, text)
        assert verdict.score in range(1, 6)
        assert bool(verdict.reasons) == (verdict.score < 5)
        assert verdict == verdict_on(example, text)


def test_questions_whose_truth_is_unknown_and_wrong_labels_are_refused():
    with pytest.raises(ConfigError, match="Built in: nano_svamp"):
        judge_rationale("svamp", ODD[0], "")
    with pytest.raises(ConfigError, match="nano_svamp"):
        judge_rationale("nano_swamp", ODD[0], "")
    for dataset in NANO:
        with pytest.raises(DataError, match="nano_cqa/test/7"):
            judge_rationale(dataset, Example("nano_cqa/test/7", "Why?", "neutral", None, None), "")
    for example, label in zip(ODD, ("( 9.0 + 2.0 )", "shed", "neutral", "entailment"), strict=True):
        with pytest.raises(DataError, match="gold label"):
            verdict_on(replace(example, label=label), "")
