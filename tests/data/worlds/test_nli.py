"""The two inference worlds: true, balanced, and out of reach of counting words or their overlap."""

import re
from collections import Counter

import pytest
from scipy.stats import chisquare
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.item import NEW
from tests.data.worlds.made import EVERY_WORD, leaves, made

WORLDS = pytest.mark.parametrize("world", ["esnli", "anli1"])


def words(text):
    return re.findall(r"\w+", text)


def category(word):
    return facts.CATEGORY_OF[facts.KIND_OF[word]]


def named(premise):
    """Find the leaves in a premise: what is so of the person, and what is not."""
    so, _, not_so = premise.partition(", not ")
    return [[word for word in words(part) if word in facts.KIND_OF] for part in (so, not_so)]


def told(premise):
    """Find in the premise which leaf, by category, holds for the person."""
    return {category(word): word for word in named(premise)[0]}


def true_label(premise, hypothesis):
    """Derive the label from the two texts and the graph of facts alone."""
    claimed = [word for word in words(hypothesis) if word in facts.CATEGORY_OF][-1]
    leaf = told(premise).get(facts.CATEGORY_OF[claimed])
    if leaf is None:
        return "neutral"
    return "entailment" if facts.KIND_OF[leaf] == claimed else "contradiction"


@WORLDS
@pytest.mark.parametrize("new", [None, *NEW])
def test_every_label_follows_from_the_facts_and_no_rationale_names_it(world, new):
    for item in made(world, new):
        label = true_label(item.row["premise"], item.row["hypothesis"])
        assert label == item.right.label == NLI_LABELS[item.row["label"]], item.row
        for argument in (item.right, *item.wrong):
            assert not re.search("entail|neutral|contradict", argument.rationale.lower())


@WORLDS
@pytest.mark.parametrize("new", [None, *NEW])
def test_a_premise_tells_one_thing_that_is_so_and_two_that_are_not(world, new):
    for item in made(world, new):
        sides = (words(item.row[side]) for side in ("premise", "hypothesis"))
        assert len(set.intersection(*map(set, sides)) & set(facts.NAMES)) == 1
        so, not_so = named(item.row["premise"])
        assert (len(so), len(not_so)) == (1, 2) and len({*so, *not_so}) == 3
        assert len({*map(category, so + not_so)}) == 1


@WORLDS
def test_new_facts_are_of_leaves_that_no_other_question_tells_of(world):
    held_out = leaves("held_out")
    for item in made(world, "facts"):
        assert set(sum(named(item.row["premise"]), [])) <= held_out
    for item in made(world) + made(world, "template"):
        assert not set(sum(named(item.row["premise"]), [])) & held_out


@WORLDS
def test_a_rationale_points_at_things_says_what_they_are_and_names_none(world):
    places = {"first": 0, "second": 1, "third": 2}
    for item in made(world):
        so, not_so = named(item.row["premise"])
        for argument in (item.right, *item.wrong):
            text = argument.rationale.lower()
            assert not set(words(text)) & facts.KIND_OF.keys()
            pointed = {}
            for part in map(words, re.split(r"[.] |, so | and ", text)):
                kinds = [word for word in part if word in facts.CATEGORY_OF]
                for place in places.keys() & set(part):
                    pointed[places[place]] = kinds[-1]
            assert pointed == {n: facts.KIND_OF[[*so, *not_so][n]] for n in pointed}
            assert argument is not item.right or len(pointed) == 3


@WORLDS
def test_labels_are_exactly_balanced_and_rows_have_the_fields_of_the_real_data(world):
    items = made(world)
    assert set(Counter(item.row["label"] for item in items).values()) == {2000}
    further = {"esnli": {"explanation_1"}, "anli1": {"uid", "reason"}}[world]
    assert set(items[0].row) == {"premise", "hypothesis", "label"} | further


@WORLDS
def test_unseen_shares_no_frame(world):
    content = {*facts.KIND_OF, *facts.CATEGORY_OF, *facts.NAMES}

    def shape(item):
        return " ".join("_" if word in content else word for word in words(item.row["premise"]))

    seen, unseen = (set(map(shape, made(world, new))) for new in (None, "template"))
    assert not seen & unseen


@WORLDS
@pytest.mark.parametrize("sides", ["premise", "hypothesis", "premise hypothesis"])
def test_counting_words_does_not_find_the_label(world, sides):
    items = made(world)
    texts = [" ".join(item.row[side] for side in sides.split()) for item in items]
    labels = [item.row["label"] for item in items]
    vectors = CountVectorizer(token_pattern=EVERY_WORD).fit_transform(texts)
    model = LogisticRegression(max_iter=300).fit(vectors[:4000], labels[:4000])
    assert model.score(vectors[4000:], labels[4000:]) < 0.42


@WORLDS
def test_each_word_of_a_premise_is_equally_frequent_under_the_three_labels(world):
    by_word = {}
    for item in made(world):
        for word in set(words(item.row["premise"].lower())):
            by_word.setdefault(word, Counter())[item.row["label"]] += 1
    assert len(by_word) > 100
    for word, counts in by_word.items():
        found = chisquare([counts[label] for label in range(3)]).pvalue
        # As many words, as many chances to be unlucky.
        assert found > 1e-2 / len(by_word), (word, counts)


@WORLDS
def test_the_number_of_shared_words_says_nothing_about_the_label(world):
    by_overlap = {}
    for item in made(world):
        premise, hypothesis = (
            set(words(item.row[side].lower())) for side in ("premise", "hypothesis")
        )
        by_overlap.setdefault(len(premise & hypothesis), Counter())[item.row["label"]] += 1
    assert sum(max(counts.values()) for counts in by_overlap.values()) / 6000 < 0.37


@WORLDS
def test_only_words_that_every_premise_has_occur_on_both_sides(world):
    items = made(world) + made(world, "template") + made(world, "facts")
    premises = [set(words(i.row["premise"].lower())) for i in items]
    hypotheses = {w for i in items for w in words(i.row["hypothesis"].lower())}
    names = {name.lower() for name in facts.NAMES}
    for word in (hypotheses & set.union(*premises)) - names:
        assert all(word in premise for premise in premises), word
