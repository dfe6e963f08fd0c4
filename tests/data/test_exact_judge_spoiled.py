"""The exact judge: each way to spoil a right rationale costs what it should."""

import random
import re

import pytest

from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.facts import RELATIONS
from mi_cot_lib.data.worlds.stories import PEOPLE, THINGS
from tests.data.judged import NANO, cut, parts, right_of, scores, words

VALUES = {value for relation in RELATIONS for value in relation.values.values()}
KINDS = {*facts.CATEGORY_OF, *(facts.plural(kind) for kind in facts.CATEGORY_OF)}
CONTENT = {*PEOPLE, *facts.NAMES, *facts.KIND_OF, *VALUES, *KINDS, *THINGS.values()}


@pytest.fixture(params=NANO)
def right(request):
    return right_of(request.param)


def replaced(text, old, new):
    return re.sub(rf"\b{old}\b", new, text)


@pytest.mark.parametrize("nothing", ["", "  \n", "...", "?! .", "so", "and,"])
def test_nothing_scores_1(right, nothing):
    assert scores(right[0], nothing) == 1


def test_the_rationale_of_a_question_about_something_else_scores_1(right):
    for index, example in enumerate(right):
        known = content(example.input)
        for other in right[index + 1 :] + right[:index]:
            if all(map(content, cut(other.rationale))) and not known & content(other.rationale):
                assert scores(example, other.rationale) == 1, (example, other.rationale)
                break
        else:
            raise AssertionError(f"no question differs from {example}")


def content(text):
    """Names, things in the plural, kinds, and of which categories they are."""
    named = {THINGS.get(word, word) for word in words(text)} & CONTENT
    # A pen is a thing of stories and a kind of tool.
    kinds = {facts.KIND_OF.get(word, word) for word in {*words(text)} & CONTENT}
    return named | kinds | {facts.CATEGORY_OF[kind] for kind in kinds if kind in facts.CATEGORY_OF}


def test_a_changed_number_or_result_scores_3():
    for example in right_of("nano_svamp"):
        told = re.findall(r"\d+", example.input)
        for number in re.finditer(r"\d+", example.rationale):
            before, after = example.rationale[: number.start()], example.rationale[number.end() :]
            for new in {str(int(number[0]) + 200), *told} - {number[0]}:
                assert scores(example, before + new + after) == 3, (example, before, new)


def test_people_whom_the_question_does_not_know_or_confuses_cost(right):
    for example in right:
        people = tuple(PEOPLE) if "nano_svamp" in example.id else facts.NAMES
        strangers = [person for person in people if person not in example.input]
        for known in set(words(example.rationale)) & set(people):
            for strange in strangers[:4]:
                changed = replaced(example.rationale, known, strange)
                assert scores(example, changed) <= 2, (example, changed)
        first = " ".join(parts(example))
        known = sorted(set(words(example.input)) & set(people))
        for one, other in ((one, other) for one in known for other in known):
            swapped = replaced(replaced(replaced(first, one, "_"), other, one), "_", other)
            if swapped != first:
                assert scores(example, swapped) <= 3, (example, swapped)


def test_a_thing_that_the_question_does_not_know_scores_at_most_2():
    for example in right_of("nano_svamp"):
        strange = next(pair for pair in THINGS.items() if not set(pair) & set(words(example.input)))
        for thing in THINGS.items():
            changed = replaced(example.rationale, thing[1], strange[1])
            changed = replaced(changed, thing[0], strange[0])
            if changed != example.rationale:
                assert scores(example, changed) <= 2, (example, changed)


def test_a_link_to_another_kind_or_another_choice_scores_3_and_a_strange_leaf_2():
    for example in right_of("nano_cqa"):
        *_, link, fact = parts(example)
        leaf = next(word for word in words(link.lower()) if word in facts.KIND_OF)
        category = facts.CATEGORIES[facts.CATEGORY_OF[facts.KIND_OF[leaf]]]
        for kind in category:
            changed = facts.sentence(f"{facts.with_article(leaf)} is {facts.with_article(kind)}")
            assert scores(example, f"{changed} {fact}") == (5 if changed == link else 3)
        strange = next(
            leaf for leaves in category.values() for leaf in leaves if leaf not in example.input
        )
        assert scores(example, f"{replaced(link.lower(), leaf, strange)} {fact}") == 2
        _, rest = cut(example.rationale)
        for choice in set(listed_choices(example.input)) - {example.label}:
            changed = replaced(rest.lower(), example.label, choice)
            assert scores(example, changed) == 3, (example, changed)


def test_the_opposite_conclusion_scores_3():
    for example in right_of("nano_esnli") + right_of("nano_anli"):
        *steps, last = parts(example)
        if example.label == "entailment":
            changed = last.replace(" is not ", " is ")
            changed = changed if changed != last else last.replace(" is ", " is not ")
            assert scores(example, " ".join((*steps, changed))) == 3
        if example.label == "contradiction":
            changed = re.sub(r" is not | cannot be ", " is ", last)
            changed = changed if changed != last else last.replace(" is ", " is not ", 1)
            assert scores(example, " ".join((*steps, changed))) == 3


def test_a_missing_step_scores_4_and_a_missing_explanation_3(right):
    for example in right:
        steps = parts(example)
        for index in range(len(steps)):
            left = " ".join(steps[:index] + steps[index + 1 :])
            assert scores(example, left) == without(example, index, len(steps)), (example, left)


def without(example, index, count):
    """What a rationale without one of its steps is worth."""
    name = example.id.split("/")[0]
    last = index == count - 1
    if name == "nano_svamp":
        return 3 if last else 4
    if index < count - 2:
        return 5  # of what kind others are helps nobody
    if name == "nano_cqa":
        return 4
    if example.label == "neutral":
        return 3 if last else 5
    return 4 if last else 3  # concluded from nothing


def test_words_in_reverse_score_1_and_shuffled_or_unreadable_ones_at_most_2(right):
    rng = random.Random(0)
    for example in right:
        sentences = [each.rstrip(".").split() for each in cut(example.rationale)]
        reverse = " ".join(f"{' '.join(reversed(each))}." for each in sentences)
        assert scores(example, reverse) == 1, (example, reverse)
        mixed = example.rationale.rstrip(",.").split()
        rng.shuffle(mixed)
        assert scores(example, f"{' '.join(mixed)}.") <= 2, (example, mixed)
        assert scores(example, f"{example.rationale.rstrip(',.')}. The the of many.") == 2


def test_a_text_is_worth_no_less_the_later_it_breaks_off(right):
    for example in right[::5]:
        told = example.rationale.rstrip(",.")
        if "svamp" in example.id:
            told = told[: told.index("=") + 3]
        if "cqa" in example.id:
            told = cut(told)[1].rstrip(".")
        told = told.split()
        reached = [scores(example, " ".join(told[:length])) for length in range(len(told))]
        assert reached == sorted(reached), (example, reached)
        assert set(reached) <= {1, 3, 4}


def idle(example):
    """True texts that help nobody: what the question says itself."""
    if "svamp" in example.id:
        story, question = example.input.split("\n")
        needed = set(re.findall(r"(\d+)\.0", example.label))
        yield from (question, story)
        for sentence in cut(story):
            if not re.match(r"S?[Hh]e ", sentence) and not set(words(sentence)) & needed:
                yield sentence
    elif "cqa" in example.id:
        yield from (example.input.split("\n")[0], cut(example.rationale)[0])
    else:
        premise, hypothesis = example.input.split("</s>")
        yield from (premise, hypothesis) if example.label == "entailment" else (premise,)


def test_only_repeating_the_question_scores_3_and_saying_all_twice_4(right):
    for example in right:
        for text in idle(example):
            assert scores(example, text) == 3, (example, text)
        told = " ".join(parts(example))
        assert scores(example, f"{told} {told}") == 4, example
