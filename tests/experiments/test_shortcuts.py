"""What a bag of words can guess, and what it cannot."""

import pytest

from mi_cot_lib.data.specs import Example
from mi_cot_lib.experiments.student_card import bag_of_words_accuracy


def example(text, label):
    return Example("nano/train/0", text, label, None, None)


@pytest.mark.parametrize(
    ("first", "second", "right"),
    [("cat sleeps", "dog sleeps", 1), ("cat bites dog", "dog bites cat", 0.5)],
)
def test_a_bag_of_words_solves_what_one_word_gives_away_and_not_what_order_decides(
    first, second, right
):
    told = [example(first, "entailment"), example(second, "contradiction")]
    assert bag_of_words_accuracy("nano_esnli", 9 * told, 3 * told) == right


def test_a_bag_of_words_puts_a_new_storys_numbers_into_the_equation_it_learned():
    def stories(start):
        return [
            example(
                f"They {word} {2 * i + 1} and {i + 40}.", f"( {2 * i + 1}.0 {sign} {i + 40}.0 )"
            )
            for i in range(start, start + 8)
            for word, sign in (("share", "/"), ("join", "+"), ("lose", "-"))
        ]

    assert bag_of_words_accuracy("nano_svamp", stories(1), stories(20)) == 1


def test_a_bag_of_words_answers_one_of_the_questions_choices():
    def question(first, second, answer):
        return example(f"Which one?\nAnswer Choices:\n(a) {first}\n(b) {second}", answer)

    # "saw" is right most often in training, but it is no choice in the test question.
    asked = (("wok", "saw", "saw"), ("mop", "saw", "saw"), ("wok", "pen", "wok"))
    train = 5 * [question(*one) for one in asked]
    assert bag_of_words_accuracy("nano_cqa", train, [question("wok", "mop", "wok")]) == 1
