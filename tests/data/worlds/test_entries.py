"""The worlds' TOML files: another entry is another story or fact, and a broken one is named."""

import itertools
import re
from pathlib import Path

import pytest

from mi_cot_lib.data.worlds import facts, item, nli, stories
from mi_cot_lib.errors import KitError

WORLDS = Path(facts.__file__).parent
READERS = {
    "facts.toml": facts.read_facts,
    "relations.toml": facts.read_relations,
    "pairs.toml": nli.read_slots,
    "frames.toml": lambda path: item.read_frames("pairs", path),
    "vocabulary.toml": stories.read_vocabulary,
    "stories.toml": stories.read_stories,
    "templates.toml": stories.read_templates,
}


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("facts.toml", "names = [", "names = [[", "not TOML .*line"),
        ("facts.toml", '"robin"', '"poodle"', "'poodle' has two places in the graph"),
        ("facts.toml", "[plurals]", "[plural]", "'plural'. Did you mean 'plurals'"),
        (
            "facts.toml",
            '["poodle", "beagle", "collie", "terrier", "spaniel"]',
            '"poodle"',
            "dog: 'read' has.*'poodle'",
        ),
        ("facts.toml", 'held_out = ["pug"]', "", "animal.dog: the key 'held_out' is missing"),
        ("facts.toml", '["pug"]', "[]", "animal.dog: 'read' and 'held_out' need a word each"),
        ("facts.toml", "\nread", "\nraed", "animal.dog: 'raed'. Did you mean 'read'"),
        ("facts.toml", "\nunread", "\nunraed", "unknown key .* 'unraed'. Did you mean 'unread'"),
        ("facts.toml", "[plurals]", "[categories]\nplant = 1\n[plurals]", "plant: .*table"),
        ("facts.toml", "[plurals]", "[categories.animal]\ncat = 1\n[plurals]", "cat: .*table"),
        ("relations.toml", 'bird = "nest", ', "", "relation 1: 'values' needs one each"),
        ("relations.toml", '"nest"', '"kennel"', "relation 1: .*all different, for dog, bird"),
        ("relations.toml", 'category = "animal"', 'category = "animals"', "mean 'animal'"),
        ("relations.toml", "{xs} live in {v}", "{xs} live in {w}", "nothing fills {w}.*there: v"),
        (
            "relations.toml",
            ', "Which place is its home?"',
            "",
            "'asks' has to be a list of 3 texts",
        ),
        ("pairs.toml", "works only as {x}", "works as {k}", "slot 1: nothing fills {k}"),
        (
            "pairs.toml",
            '"is {k}", "is truly',
            '"seems {k}", "is truly',
            "slot 1: .*begin with 'is'",
        ),
        (
            "pairs.toml",
            '"cook", "doctor", "farmer"',
            '"cook", "doctor"',
            "slot 1: .*three 'held_out'",
        ),
        ("frames.toml", "[pairs]", "[paris]", "pairs: the key 'common' is missing"),
        ("vocabulary.toml", "{C} has {n} {z}.", "{D} has {n}.", "nothing fills {D}"),
        ("stories.toml", "had - out", "had - otu", "loss: .*'otu'. Did you mean 'out'"),
        ("stories.toml", "had - out", "had - 3", "loss, case 1: .*quantities: 3"),
        ("stories.toml", "had - out", "had -", "loss, case 1: .*'had -'"),
        ("stories.toml", "{A} has {calc} {x} left", "{A} has", "case 1: .*{calc}"),
        ("stories.toml", '["b", "then"]', '["b", "than"]', "give: .*'than'.*mean 'then'"),
        ("templates.toml", 'story = "loss"', 'story = "los"', "common 1: 'los'.*'loss'"),
        ("templates.toml", 'verb = "give"', 'verb = "giev"', "common 1: 'giev'.*'give'"),
        ("templates.toml", "to {B}", "to {Q}", "common 1: nothing fills {Q}"),
        ("templates.toml", ', where = "at the shop"', "", "nothing fills {where}"),
        (
            "templates.toml",
            'name = "give_away", ',
            "",
            "common 1: the key 'name' is missing",
        ),
    ],
)
def test_a_broken_entry_is_named_with_its_file_in_one_line(tmp_path, file, old, new, said):
    text = (WORLDS / file).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / Path(file).name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KitError, match=said) as refused:
        READERS[file](path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_another_story_and_its_template_need_entries_only(tmp_path):
    told, words = tmp_path / "stories.toml", tmp_path / "templates.toml"
    told.write_text(
        '[rent.facts]\nhad = ["{A} had {had} dollars."]\nrent = ["The rent is {rent} dollars {when}."]\n'
        '[[rent.cases]]\nequation = "had - rent"\nquestions = ["How many dollars are left?"]\n'
        'answer = "{calc} dollars are left"\n'
    )
    words.write_text('common = [{ name = "monthly", story = "rent", when = "each month" }]\n')
    ((made,), unseen) = stories.read_templates(words, stories.read_stories(told))
    assert (made.name, made.words, unseen) == ("monthly", {"when": "each month"}, ())
    assert made.story.cases[0].equation == "had - rent"


@pytest.mark.parametrize("place", ["read", "held_out"])
def test_another_leaf_is_known_with_its_kind(tmp_path, place):
    path = tmp_path / "facts.toml"
    text = (WORLDS / "facts.toml").read_text(encoding="utf-8")
    path.write_text(
        re.sub(rf"(?m)^{place} = \[", f'{place} = ["setter", ', text, count=1), encoding="utf-8"
    )
    dog = facts.read_facts(path).categories["animal"]["dog"]
    assert "setter" in dog.all and "setter" in getattr(dog, place)


def test_no_two_relations_of_a_category_share_a_value():
    for one, other in itertools.combinations(facts.RELATIONS, 2):
        assert not set(one.values.values()) & set(other.values.values())


def test_leaves_inherit_what_their_kind_has():
    home = next(relation for relation in facts.RELATIONS if relation.name == "home")
    assert facts.value_of(home, "poodle") == facts.value_of(home, "dog") == "kennel"
    assert facts.value_of(home, "tea") is None


@pytest.mark.parametrize(
    ("noun", "one", "many"),
    [
        ("onion", "an onion", "onions"),
        ("tea", "tea", "tea"),
        ("trout", "a trout", "trout"),
        ("finch", "a finch", "finches"),
        ("pony", "a pony", "ponies"),
        ("knife", "a knife", "knives"),
    ],
)
def test_nouns_take_their_article_and_plural(noun, one, many):
    assert facts.with_article(noun) == one
    assert facts.plural(noun) == many
