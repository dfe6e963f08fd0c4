"""The built-in arithmetic world: true, varied, and out of reach of counting words."""

import random
import re
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mi_cot_lib.data.worlds import stories, svamp
from mi_cot_lib.data.worlds.equations import labelled, leaves, operations, read, steps, written
from tests.data.worlds.made import EVERY_WORD, made

NUMBER = r"\d+(?:\.\d+)?"


@pytest.fixture(scope="module")
def seen():
    return made("svamp")


@pytest.fixture(scope="module")
def unseen():
    return made("svamp", "template")


@pytest.fixture(scope="module")
def new_facts():
    return made("svamp", "facts")


def work_out(label):
    """Reduce the innermost bracket until a number is left: not the way of the generator's tree."""
    inner = re.compile(rf"\(\s*(-?{NUMBER}(?:/\d+)?) ([-+*/]) (-?{NUMBER}(?:/\d+)?)\s*\)")
    while found := inner.search(label):
        a, b = Fraction(found[1]), Fraction(found[3])
        step = {"+": a + b, "-": a - b, "*": a * b}.get(found[2])
        label = label[: found.start()] + str(a / b if step is None else step) + label[found.end() :]
    return Fraction(label)


def structure(item):
    """The equation with every number replaced by its place among the numbers of the story."""
    order = {}
    for number in re.findall(r"\d+", item.row["input"]):
        order.setdefault(number, len(order))
    return re.sub(r"(\d+)\.0", lambda found: f"n{order[found[1]]}", item.row["label"])


def signs(item):
    return "".join(re.findall(r" ([-+*/]) ", item.row["label"]))


def test_rows_have_the_format_of_svamp(seen):
    side = r"(?:\d+\.0|\( \d+\.0 [-+*/] \d+\.0 \))"
    for item in seen:
        assert set(item.row) == {"input", "label"}
        story, question = item.row["input"].split("\n")
        assert story.endswith(".") and question.endswith("?")
        assert re.fullmatch(rf"\( {side} [-+*/] {side} \)", item.row["label"])
        assert item.right.label == item.row["label"]
        assert not re.search(r"[{}_]", item.row["input"] + item.right.rationale)


def test_arguments_state_their_own_equation_over_numbers_and_people_of_the_story(seen):
    for item in seen:
        told = re.findall(r"\d+", item.row["input"])
        assert len(set(told)) == len(told)
        known = set(re.findall(r"\w+", item.row["input"]))
        for argument in (item.right, *item.wrong):
            assert set(re.findall(r"(\d+)\.0", argument.label)) <= set(told)
            assert set(re.findall(r"\w+", argument.rationale)) & set(stories.PEOPLE) <= known
            calc = argument.label.replace(".0", "").replace("( ", "(").replace(" )", ")")[1:-1]
            said = re.search(rf"{re.escape(calc)} = (-?{NUMBER})(?![\d.]*\d)", argument.rationale)
            assert said, argument
            assert Fraction(said[1]) == work_out(argument.label)


def test_wrong_arguments_are_wrong_and_there_are_two_to_four(seen):
    for item in seen:
        right = work_out(item.right.label)
        assert right >= 2 and right.denominator == 1
        assert 2 <= len(item.wrong) <= 4
        assert all(work_out(each.label) != right for each in item.wrong)


def test_thirty_templates_are_common_and_eight_are_kept_for_unseen(seen, unseen):
    groups = (stories.TEMPLATES, stories.UNSEEN_TEMPLATES)
    common, kept = ({each.name for each in group} for group in groups)
    assert len(common) == len(groups[0]) >= 30
    assert len(kept) == len(groups[1]) >= 8
    assert {item.template for item in seen} == common
    assert {item.template for item in unseen} == kept
    assert {signs(item)[0] for item in unseen} == set("+-*/")
    for name in common:
        assert len({signs(item) for item in seen if item.template == name}) >= 2


def asked(item):
    """The template and which of its story's cases is asked, found by question and equation."""
    template = next(one for one in stories.TEMPLATES if one.name == item.template)
    question = item.row["input"].split("\n")[1]
    (case,) = (
        number
        for number, case in enumerate(template.story.cases)
        if signs_of(case.equation) == bare(item.row["label"])
        and any(could_be(text, template.words, question) for text in case.questions)
    )
    return item.template, case


def signs_of(equation):
    tree = read(equation)
    return bare(labelled(tree, dict.fromkeys(leaves(tree), 0)))


def bare(label):
    return re.sub(r"\d+\.0", "", label)


def could_be(text, words, question):
    for slot, word in words.items():
        text = text.replace(f"{{{slot}}}", word)
    return re.fullmatch(re.sub(r"\\{\w+\\}", r"\\w+", re.escape(text)), question)


def test_new_facts_are_questions_that_a_known_story_is_asked_in_no_common_split(seen, new_facts):
    common, new = (set(map(asked, items)) for items in (seen, new_facts))
    assert not common & new
    assert {name for name, _ in new} <= {name for name, _ in common}
    # Other templates of the same story are asked it.
    stories_of = {template.name: template.story for template in stories.TEMPLATES}
    known = {(id(stories_of[name]), case) for name, case in common}
    assert {(id(stories_of[name]), case) for name, case in new} <= known
    assert len(new) >= 25


def test_operations_are_balanced_and_two_steps_are_common(seen):
    kinds = Counter(signs(item) if len(signs(item)) == 1 else "two" for item in seen)
    assert set(kinds) == {*"+-*/", "two"}
    assert min(kinds.values()) > 0.13 * len(seen)
    assert max(kinds.values()) < 0.27 * len(seen)


def test_four_in_ten_stories_hold_a_number_that_does_not_matter(seen):
    spare = [
        len(re.findall(r"\d+", item.row["input"])) > item.row["label"].count(".0") for item in seen
    ]
    assert 0.33 < sum(spare) / len(seen) < 0.47


def test_the_order_of_the_numbers_is_not_that_of_the_equation(seen):
    plain = [item for item in seen if set(re.findall(r"n\d", structure(item))) == {"n0", "n1"}]
    assert 0.4 < sum(structure(item).startswith("( n0") for item in plain) / len(plain) < 0.6


def test_no_single_word_gives_the_operation_away(seen):
    kinds = {}
    for item in seen:
        kind = signs(item) if len(signs(item)) == 1 else "two"
        for word in set(re.findall(r"[a-z]+", item.row["input"].lower())):
            kinds.setdefault(word, Counter())[kind] += 1
    for word, counts in kinds.items():
        if counts.total() >= 100:
            assert max(counts.values()) / counts.total() < 0.8, (word, counts)
    for word in ("left", "each", "total", "more"):
        assert len(kinds[word]) == 5


def test_counting_words_does_not_find_the_equation(seen, unseen, record_property):
    held_out = svamp.items(1000, random.Random(9))
    words = CountVectorizer(token_pattern=EVERY_WORD)
    model = make_pipeline(words, LogisticRegression(max_iter=1000, tol=3e-3))
    model.fit([item.row["input"] for item in seen], [structure(item) for item in seen])
    for name, group in (("test", held_out), ("unseen", unseen)):
        truth = [structure(item) for item in group]
        accuracy = model.score([item.row["input"] for item in group], truth)
        record_property(f"bag_of_words_{name}", accuracy)
        assert accuracy < 0.38, name


def test_the_world_is_small():
    nouns = {*stories.THINGS, *stories.CONTAINERS, *stories.PLACES}
    assert len(nouns) + len(stories.VERBS) + len(stories.PEOPLE) < 100


equations = st.recursive(
    st.sampled_from(["a", "b", "c"]),
    lambda sides: st.tuples(st.sampled_from("+-*/"), sides, sides),
    max_leaves=4,
)


@given(equations, st.lists(st.integers(2, 99), min_size=3, max_size=3))
def test_equations_are_written_as_they_are_read_and_worked_out(tree, drawn):
    numbers = dict(zip("abc", drawn, strict=True))
    symbols = {name: name for name in numbers}
    assert read(written(tree, symbols)) == tree
    label = labelled(tree, numbers)
    assert len(operations(tree)) == label.count("(")
    try:
        expected = steps(tree, numbers)[-1]
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            work_out(label)
    else:
        assert work_out(label) == expected
