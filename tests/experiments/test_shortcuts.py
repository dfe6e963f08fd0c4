"""What a bag of words can guess, and what it cannot."""

import pytest

from mi_cot_lib.data.specs import Example
from mi_cot_lib.experiments.student_card import bag_of_words_accuracy


def story(number, word, sign):
    first, second = 2 * number + 1, number + 40
    return f"They {word} {first} and {second}.", f"( {first}.0 {sign} {second}.0 )"


def stories(start):
    told = (("share", "/"), ("join", "+"), ("lose", "-"))
    return [story(number, *one) for number in range(start, start + 8) for one in told]


def question(first, second, answer):
    return f"Which one?\nAnswer Choices:\n(a) {first}\n(b) {second}", answer


# One word tells the label, or only the order does.
WORDS = [("cat sleeps", "entailment"), ("dog sleeps", "contradiction")]
ORDER = [("cat bites dog", "entailment"), ("dog bites cat", "contradiction")]
# "saw" is right most often in training, but it is no choice in the test question.
ASKED = [
    question("wok", "saw", "saw"), question("mop", "saw", "saw"), question("wok", "pen", "wok"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("dataset", "train", "test", "right"),
    [
        ("nano_esnli", 9 * WORDS, WORDS, 1),
        ("nano_esnli", 9 * ORDER, ORDER, 0.5),
        ("nano_svamp", stories(1), stories(20), 1),
        ("nano_cqa", 5 * ASKED, [question("wok", "mop", "wok")], 1),
    ],
    ids=["a word", "the order", "a story's numbers", "a question's choices"],
)
def test_a_bag_of_words_solves_what_single_words_give_away(dataset, train, test, right):
    told, asked = (
        [Example("nano/train/0", *one, None, None) for one in rows] for rows in (train, test)
    )
    assert bag_of_words_accuracy(dataset, told, asked) == right
