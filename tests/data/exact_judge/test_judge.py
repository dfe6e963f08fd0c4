"""The exact judge: whole rationales in any wording, the teacher's mistakes, and any other text."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.exact_judge.judge import Verdict, judge_rationale
from mi_cot_lib.data.example import Example
from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.worlds import facts, nli, svamp
from mi_cot_lib.data.worlds.facts import RELATIONS
from mi_cot_lib.data.worlds.write import write_dataset
from mi_cot_lib.errors import ConfigError, DataError
from tests.data.exact_judge.steps import parts, scores, words

NANO = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
SIZES = {"test": 150, "unseen": 150}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Path]:
    """Data of a teacher that is always wrong (0) and of one that is always right (1)."""
    made = {accuracy: tmp_path_factory.mktemp("data") for accuracy in (0.0, 1.0)}
    for accuracy, root in made.items():
        for name in NANO:
            write_dataset(name, root, teacher_accuracy=accuracy, sizes=SIZES)
    return made


@pytest.fixture(params=NANO)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def right(name: str, roots: dict[float, Path]) -> list[Example]:
    return both_splits(name, roots[1.0])


def both_splits(name: str, root: Path) -> list[Example]:
    return [example for split in SIZES for example in load_split(name, split, root)]


def test_a_right_rationale_scores_5_and_has_no_reason(right: list[Example]) -> None:
    for example in right:
        verdict = judge_rationale(example.id.split("/")[0], example, example.rationale)
        assert verdict == Verdict(5, ()), (example, verdict)


def test_its_steps_may_stand_in_sentences_of_their_own(right: list[Example]) -> None:
    for example in right:
        assert scores(example, " ".join(parts(example))) == 5, example


def test_every_mistake_of_the_teacher_scores_3(name: str, roots: dict[float, Path]) -> None:
    wrong = [example for example in both_splits(name, roots[0.0]) if example.rationale is not None]
    assert len(wrong) >= 290
    for example in wrong:
        assert scores(example, example.rationale) == 3, example


def test_all_wrong_equations_of_a_story_score_3() -> None:
    for split in SIZES:
        for item in svamp.items(split, 100, random.Random(split)):
            example = Example("nano_svamp/any/0", item.row["input"], item.row["label"], None, None)
            assert scores(example, item.right.rationale) == 5
            assert all(scores(example, argument.rationale) == 3 for argument in item.wrong)


def test_a_text_that_the_teacher_broke_off_scores_below_5(
    name: str, roots: dict[float, Path]
) -> None:
    for split in SIZES:
        rows = read_split(roots[0.0], name, split)
        for example, row in zip(load_split(name, split, roots[0.0]), rows, strict=True):
            if example.rationale is None:
                assert scores(example, row.teacher_text.split("\n\n")[0]) < 5, row


def test_every_wording_of_the_pairs_counts(roots: dict[float, Path]) -> None:
    for name in ("nano_esnli", "nano_anli"):
        for example in both_splits(name, roots[1.0]):
            text = example.rationale
            for slot in nli.SLOTS:
                for leaf in {word for word in words(text) if word in facts.KIND_OF}:
                    for way in (1, 2):
                        other = text.replace(slot.say(leaf, 0), slot.say(leaf, way))
                        assert scores(example, other) == 5, (example, other)


def test_every_wording_of_a_fact_counts(roots: dict[float, Path]) -> None:
    by_ask = {ask: r for r in RELATIONS for ask in (*r.asks, *r.back_asks)}
    for example in both_splits("nano_cqa", roots[1.0]):
        _, link, fact = parts(example)
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
        ("Max washed 90 eggs each hour. He washed 5 times as many eggs as Ben. "
         "So Max washed 90 / 5 = 18 eggs.", 3),
        ("Ben washed 90 eggs each hour. He washed 5 times as many eggs as Max. "
         "So Ben washed 90 / 5 = 18 eggs.", 3),
        ("Max washed 90 eggs each hour. She washed 5 times as many eggs as Ben. "
         "So Ben washed 90 / 5 = 18 eggs.", 2),
    ],
)  # fmt: skip
def test_a_story_may_be_told_in_other_words(rationale: str, score: int) -> None:
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


@given(text=st.text() | st.lists(PIECES).map(" ".join))
def test_any_text_has_a_rank_and_always_the_same(text: str) -> None:
    for example in ODD:
        verdict = judge_rationale(example.id.split("/")[0], example, text)
        assert verdict.score in range(1, 6)
        assert bool(verdict.reasons) == (verdict.score < 5)
        assert verdict == judge_rationale(example.id.split("/")[0], example, text)


ODD = (
    Example("nano_svamp/test/0", "Tom had 9 pens. He lost 2 pens in the park.\nHow many pens does "
            "Tom have left?", "( 9.0 - 2.0 )", None, None),
    Example("nano_cqa/test/0", "Eva thinks of a poodle, not a trout or a robin. Where is its home?"
            "\nAnswer Choices:\n(a) kennel\n(b) nest\n(c) river\n(d) paddock\n(e) treetop",
            "kennel", None, None),
    Example("nano_esnli/test/0", "Eva has only a poodle and, on a cold day, waits at the pond.</s>"
            "Eva is raising a dog.", "entailment", None, None),
    Example("nano_anli/test/0", "Eva is a chef and Tom is a nurse. The nurse was seen napping and "
            "the chef was seen racing.</s>The cook is near a farm.", "neutral", None, None),
)  # fmt: skip


def test_data_whose_truth_is_unknown_is_refused() -> None:
    with pytest.raises(ConfigError, match="Built in: nano_svamp"):
        judge_rationale("svamp", ODD[0], "")
    with pytest.raises(ConfigError, match="nano_svamp"):
        judge_rationale("nano_swamp", ODD[0], "")
    for dataset in NANO:
        strange = Example("nano_cqa/test/7", "Why?", "neutral", None, None)
        with pytest.raises(DataError, match="nano_cqa/test/7"):
            judge_rationale(dataset, strange, "")


def test_a_label_that_is_not_the_answer_is_refused() -> None:
    for example, label in zip(ODD, ("( 9.0 + 2.0 )", "shed", "neutral", "entailment"), strict=True):
        with pytest.raises(DataError, match="gold label"):
            judge_rationale(
                example.id.split("/")[0], Example(example.id, example.input, label, None, None), ""
            )
