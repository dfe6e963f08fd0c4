"""The exact judge: each way to spoil a right rationale costs what it should."""

import random
import re
from collections.abc import Iterator

import pytest

from mi_cot_lib.data.example import Example
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.questions import listed_choices
from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.facts import RELATIONS
from mi_cot_lib.data.worlds.stories.vocabulary import PEOPLE, THINGS
from mi_cot_lib.data.worlds.write import write_dataset
from tests.data.exact_judge.steps import cut, parts, scores, words

NANO = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
SIZES = {"test": 150, "unseen": 150}
PRONOUNS = {person.name: person.pronoun for person in PEOPLE}
VALUES = {value for relation in RELATIONS for value in relation.values.values()}
KINDS = {*facts.CATEGORY_OF, *(facts.plural(kind) for kind in facts.CATEGORY_OF)}
PLURALS = {noun.one: noun.many for noun in THINGS}
CONTENT = {*PRONOUNS, *facts.NAMES, *facts.KIND_OF, *VALUES, *KINDS, *PLURALS.values()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Example]]:
    """Examples of a teacher that is always right, by data set."""
    root = tmp_path_factory.mktemp("data")
    for name in NANO:
        write_dataset(name, root, teacher_accuracy=1, sizes=SIZES)
    return {name: [e for split in SIZES for e in load_split(name, split, root)] for name in NANO}


@pytest.fixture(params=NANO)
def right(request: pytest.FixtureRequest, made: dict[str, list[Example]]) -> list[Example]:
    return made[request.param]


def replaced(text: str, old: str, new: str) -> str:
    return re.sub(rf"\b{old}\b", new, text)


@pytest.mark.parametrize("nothing", ["", "  \n", "...", "?! .", "so", "and,"])
def test_nothing_scores_1(right: list[Example], nothing: str) -> None:
    assert scores(right[0], nothing) == 1


def test_the_rationale_of_a_question_about_something_else_scores_1(right: list[Example]) -> None:
    for index, example in enumerate(right):
        # Every pair of nano_anli speaks of somebody's work.
        known = content(example.input) - ({"person"} if "nano_anli" in example.id else set())
        for other in right[index + 1 :] + right[:index]:
            if all(map(content, cut(other.rationale))) and not known & content(other.rationale):
                assert scores(example, other.rationale) == 1, (example, other.rationale)
                break
        else:
            raise AssertionError(f"no question differs from {example}")


def content(text: str) -> set[str]:
    """Names, things in the plural, kinds, and of which categories they are."""
    named = {PLURALS.get(word, word) for word in words(text)} & CONTENT
    kinds = {facts.KIND_OF.get(word, word) for word in named}
    return named | kinds | {facts.CATEGORY_OF[kind] for kind in kinds if kind in facts.CATEGORY_OF}


def test_a_changed_number_or_result_scores_3(made: dict[str, list[Example]]) -> None:
    for example in made["nano_svamp"]:
        told = re.findall(r"\d+", example.input)
        for number in re.finditer(r"\d+", example.rationale):
            for new in (str(int(number[0]) + 200), *told):
                changed = example.rationale[: number.start()] + new
                changed += example.rationale[number.end() :]
                if new != number[0]:
                    assert scores(example, changed) == 3, (example, changed)


def test_a_person_whom_the_question_does_not_know_scores_at_most_2(right: list[Example]) -> None:
    for example in right:
        people = tuple(PRONOUNS) if "nano_svamp" in example.id else facts.NAMES
        strangers = [person for person in people if person not in example.input]
        for known in set(words(example.rationale)) & set(people):
            for strange in strangers[:4]:
                changed = replaced(example.rationale, known, strange)
                assert scores(example, changed) <= 2, (example, changed)


def test_people_who_change_places_score_at_most_3(right: list[Example]) -> None:
    for example in right:
        people = sorted(set(words(example.input)) & {*PRONOUNS, *facts.NAMES})
        for one in people:
            for other in people:
                first = " ".join(parts(example))
                swapped = replaced(replaced(replaced(first, one, "_"), other, one), "_", other)
                if swapped != first:
                    assert scores(example, swapped) <= 3, (example, swapped)


def test_a_thing_that_the_question_does_not_know_scores_at_most_2(
    made: dict[str, list[Example]],
) -> None:
    for example in made["nano_svamp"]:
        strange = next(t for t in THINGS if not {t.one, t.many} & set(words(example.input)))
        for thing in THINGS:
            changed = replaced(example.rationale, thing.many, strange.many)
            changed = replaced(changed, thing.one, strange.one)
            if changed != example.rationale:
                assert scores(example, changed) <= 2, (example, changed)


def test_a_link_to_another_kind_scores_3_and_of_a_strange_leaf_2(
    made: dict[str, list[Example]],
) -> None:
    for example in made["nano_cqa"]:
        goal, link, fact = parts(example)
        leaf = next(word for word in words(link.lower()) if word in facts.KIND_OF)
        category = facts.CATEGORIES[facts.CATEGORY_OF[facts.KIND_OF[leaf]]]
        for kind in category:
            changed = facts.sentence(f"{facts.with_article(leaf)} is {facts.with_article(kind)}")
            assert scores(example, f"{goal} {changed} {fact}") == (5 if changed == link else 3)
        strange = next(
            leaf for leaves in category.values() for leaf in leaves if leaf not in example.input
        )
        assert scores(example, f"{goal} {replaced(link.lower(), leaf, strange)} {fact}") == 2


def test_another_choice_scores_3(made: dict[str, list[Example]]) -> None:
    for example in made["nano_cqa"]:
        goal, rest = cut(example.rationale)
        for choice in set(listed_choices(example.input)) - {example.label}:
            changed = replaced(rest.lower(), example.label, choice)
            assert scores(example, f"{goal} {changed}") == 3, (example, changed)


def test_the_opposite_conclusion_scores_3(made: dict[str, list[Example]]) -> None:
    for name in ("nano_esnli", "nano_anli"):
        for example in made[name]:
            *steps, last = parts(example)
            if example.label == "entailment":
                assert scores(example, " ".join((*steps, last.replace(" is ", " is not ")))) == 3
            if example.label == "contradiction":
                changed = re.sub(r" is not | cannot be ", " is ", last)
                assert scores(example, " ".join((*steps, changed))) == 3


def test_a_missing_step_scores_4_and_a_missing_explanation_3(right: list[Example]) -> None:
    for example in right:
        steps = parts(example)
        for index in range(len(steps)):
            left = " ".join(steps[:index] + steps[index + 1 :])
            assert scores(example, left) == without(example, index, len(steps)), (example, left)


def without(example: Example, index: int, count: int) -> int:
    """What a rationale without one of its steps is worth."""
    name = example.id.split("/")[0]
    last = index == count - 1
    if name == "nano_cqa":
        return 5 if index == 0 else 4  # the goal only says the question again
    if name == "nano_svamp" and last:
        return 3
    if example.label == "neutral" and last:
        by_name = example.input.split("</s>")[1].split()[0] in facts.NAMES
        return 1 if name == "nano_esnli" else 3 if by_name else 4
    return 4


def test_words_in_reverse_score_1_and_shuffled_at_most_2(right: list[Example]) -> None:
    rng = random.Random(0)
    for example in right:
        reverse = " ".join(
            " ".join(reversed(each.rstrip(".").split())) + "." for each in cut(example.rationale)
        )
        assert scores(example, reverse) == 1, (example, reverse)
        mixed = example.rationale.rstrip(",.").split()
        rng.shuffle(mixed)
        assert scores(example, f"{' '.join(mixed)}.") <= 2, (example, mixed)


def test_a_text_is_worth_no_less_the_later_it_breaks_off(right: list[Example]) -> None:
    for example in right[::5]:
        told = example.rationale.rstrip(",.")
        if "svamp" in example.id:
            told = told[: told.index("=") + 3]
        told = told.split()
        reached = [scores(example, " ".join(told[:length])) for length in range(len(told))]
        assert reached == sorted(reached), (example, reached)
        assert set(reached) <= {1, 3, 4}
        assert scores(example, example.rationale) == 5


def idle(example: Example) -> Iterator[str]:
    """True texts that help nobody: what the question says itself."""
    if "svamp" in example.id:
        story, question = example.input.split("\n")
        needed = re.findall(r"(\d+)\.0", example.label)
        yield question
        yield story
        yield from (
            sentence
            for sentence in cut(story)
            if not re.match(r"S?[Hh]e ", sentence) and not set(words(sentence)) & set(needed)
        )
    elif "cqa" in example.id:
        yield example.input.split("\n")[0]
        yield cut(example.rationale)[0]
    else:
        premise, hypothesis = example.input.split("</s>")
        yield premise
        if example.label == "entailment":
            yield hypothesis


def test_only_repeating_the_question_scores_3(right: list[Example]) -> None:
    for example in right:
        for text in idle(example):
            assert scores(example, text) == 3, (example, text)


def test_a_whole_rationale_said_twice_scores_4(right: list[Example]) -> None:
    for example in right:
        told = " ".join(parts(example))
        assert scores(example, f"{told} {told}") == 4, example


def test_a_strange_or_unreadable_sentence_more_scores_2(right: list[Example]) -> None:
    for example in right:
        assert scores(example, f"{example.rationale.rstrip(',.')}. The the of many.") == 2
