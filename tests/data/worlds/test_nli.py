"""The two inference worlds: true, balanced, and out of reach of counting words or their overlap."""

import re
from collections import Counter

import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.worlds import facts
from tests.data.worlds.made import EVERY_WORD, made

WORLDS = pytest.mark.parametrize("world", ["esnli", "anli1"])


def words(text):
    return re.findall(r"\w+", text)


def category(word):
    return facts.CATEGORY_OF[facts.KIND_OF[word]]


def said_of_the_subject(premise, hypothesis):
    """Find in the premise which leaf, by category, holds for whom the hypothesis is about."""
    subject = re.match(r"(?:The )?(\w+)", hypothesis).group(1)
    works = dict(re.findall(r"(\w+) is an? (\w+)", premise))
    leaves = [word for word in words(premise) if word in facts.KIND_OF]
    if not works:
        return {category(leaf): leaf for leaf in leaves}
    if subject in works:
        work = works[subject]
    else:
        work = next(leaf for leaf in works.values() if facts.KIND_OF[leaf] == subject)
    clause = re.search(rf"[Tt]he {work} ([^.,]*?)(?: and the |[.,])", premise).group(1)
    thing = next(word for word in words(clause) if word in facts.KIND_OF)
    return {category(thing): thing, "person": work}


def true_label(premise, hypothesis):
    """Derive the label from the two texts and the graph of facts alone."""
    claimed = [word for word in words(hypothesis) if word in facts.CATEGORY_OF][-1]
    leaf = said_of_the_subject(premise, hypothesis).get(facts.CATEGORY_OF[claimed])
    if leaf is None:
        return "neutral"
    return "entailment" if facts.KIND_OF[leaf] == claimed else "contradiction"


@WORLDS
@pytest.mark.parametrize("split", ["train", "unseen"])
def test_every_label_follows_from_the_facts_and_no_rationale_names_it(world, split):
    for item in made(world, split):
        label = true_label(item.row["premise"], item.row["hypothesis"])
        assert label == item.right.label == NLI_LABELS[item.row["label"]], item.row
        for argument in (item.right, *item.wrong):
            assert not re.search("entail|neutral|contradict", argument.rationale.lower())


@WORLDS
def test_a_right_rationale_uses_only_true_links_and_quotes_the_premise(world):
    for item in made(world, "train"):
        text = item.right.rationale.lower()
        told = {word for word in words(text) if word in facts.KIND_OF}
        assert told <= set(words(item.row["premise"].lower()))
        if item.right.label != "neutral":
            link = words(text.split(". ")[-1])
            leaf = next(word for word in link if word in facts.KIND_OF)
            kind = next(word for word in link if word in facts.CATEGORY_OF)
            assert facts.KIND_OF[leaf] == kind, item.right


@WORLDS
def test_labels_are_exactly_balanced_and_rows_have_the_fields_of_the_real_data(world):
    items = made(world, "train")
    assert set(Counter(item.row["label"] for item in items).values()) == {2000}
    further = {"esnli": {"explanation_1"}, "anli1": {"uid", "reason"}}[world]
    assert set(items[0].row) == {"premise", "hypothesis", "label"} | further


@WORLDS
def test_unseen_shares_no_frame(world):
    content = {*facts.KIND_OF, *facts.CATEGORY_OF, *facts.NAMES}

    def shape(item):
        return " ".join("_" if word in content else word for word in words(item.row["premise"]))

    seen, unseen = (set(map(shape, made(world, split))) for split in ("train", "unseen"))
    assert not seen & unseen


@WORLDS
@pytest.mark.parametrize("sides", ["premise", "hypothesis", "premise hypothesis"])
def test_counting_words_does_not_find_the_label(world, sides):
    items = made(world, "train")
    texts = [" ".join(item.row[side] for side in sides.split()) for item in items]
    labels = [item.row["label"] for item in items]
    vectors = CountVectorizer(token_pattern=EVERY_WORD).fit_transform(texts)
    model = LogisticRegression(max_iter=300).fit(vectors[:4000], labels[:4000])
    assert model.score(vectors[4000:], labels[4000:]) < 0.42


@WORLDS
def test_the_number_of_shared_words_says_nothing_about_the_label(world):
    by_overlap = {}
    for item in made(world, "train"):
        premise, hypothesis = (
            set(words(item.row[side].lower())) for side in ("premise", "hypothesis")
        )
        by_overlap.setdefault(len(premise & hypothesis), Counter())[item.row["label"]] += 1
    assert sum(max(counts.values()) for counts in by_overlap.values()) / 6000 < 0.37


@WORLDS
def test_only_words_that_every_premise_has_occur_on_both_sides(world):
    items = made(world, "train") + made(world, "unseen")
    premises = [set(words(i.row["premise"].lower())) for i in items]
    hypotheses = {w for i in items for w in words(i.row["hypothesis"].lower())}
    names = {name.lower() for name in facts.NAMES}
    for word in (hypotheses & set.union(*premises)) - names:
        assert all(word in premise for premise in premises), word
