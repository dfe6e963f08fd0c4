"""Questions with five choices whose answer needs a fact and an inherited relation.

A question names a leaf and asks for what its kind has. It names two decoys, "a poodle, not a trout or a
robin", whose own answers are among the choices, so that only word order tells which of three the question is
about. The five choices always belong to the five kinds of the category: none is right more often than
another.
"""

import random

from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.facts import Relation, sentence, with_article
from mi_cot_lib.data.worlds.item import Argument, New, WorldItem, read_frames

FRAMES = read_frames("cqa")


def _draw(new: New | None, rng: random.Random) -> tuple[WorldItem, str]:
    relation = rng.choice(facts.RELATIONS)
    kinds = list(facts.CATEGORIES[relation.category])
    rng.shuffle(kinds)
    # All of them, or the right choice would be the only one that no example names.
    leaves = {kind: facts.draw_leaf(kind, rng, held_out=new == "facts") for kind in kinds}
    frame, frame_name = FRAMES.draw(new, rng)
    ask = 2 if new == "template" else rng.randrange(2)
    told, *decoys = kinds[:3]
    x, y, z = (with_article(leaves[kind]) for kind in kinds[:3])
    question = f"{frame.format(n=rng.choice(facts.NAMES), x=x, y=y, z=z)} {relation.asks[ask]}"
    others = " and ".join(_link(leaves[kind], kind) for kind in decoys)
    order = list(kinds)
    rng.shuffle(order)
    choices = [relation.values[kind] for kind in order]
    arguments = {
        value: Argument(
            value, f"{sentence(others)} {_rationale(relation, leaves[told], value, rng)}"
        )
        for value in choices
    }
    row = {"question": question, "choices": choices, "answer": relation.values[told]}
    name = f"{relation.name}/ask{ask}/{frame_name}"
    right = arguments.pop(relation.values[told])
    key = "\n".join((question, *sorted(choices)))
    return WorldItem(row, right, tuple(arguments.values()), name), key


def _rationale(relation: Relation, leaf: str, value: str, rng: random.Random) -> str:
    kind = facts.KIND_OF[leaf]
    if facts.value_of(relation, leaf) != value and rng.random() < 0.5:
        # The other way to be wrong: a true fact about a kind to which the leaf does not belong.
        kind = next(kind for kind, theirs in relation.values.items() if theirs == value)
    fact = relation.fact.format(xs=facts.plural(kind), v=with_article(value))
    return sentence(f"{_link(leaf, kind)}, and {fact}")


def _link(leaf: str, kind: str) -> str:
    return f"{with_article(leaf)} is {with_article(kind)}"


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw questions; see `World`."""
    made: dict[str, WorldItem] = {}
    while len(made) < count:
        item, key = _draw(new, rng)
        if key not in made:
            row = {"id": f"{rng.getrandbits(128):032x}", **item.row}
            made[key] = item._replace(row=row)
    return list(made.values())


def plain_text(rng: random.Random) -> str:
    """Draw one to four sentences that state this world's facts; see `World`."""
    relation = rng.choice(facts.RELATIONS)
    kinds = rng.sample(list(facts.CATEGORIES[relation.category]), 3)
    kind = kinds[0]
    leaf = facts.draw_read(kind, rng)
    name = rng.choice(facts.NAMES)
    value = with_article(relation.values[kind])
    thing = with_article(leaf)
    is_kind = f"{thing} is {rng.choice(('', 'a kind of ', 'a sort of '))}"
    is_kind += with_article(kind) if is_kind.endswith("is ") else kind
    retold = (text.format(x=with_article(kind), v=value) for text in relation.retold)
    general = rng.choice((relation.fact.format(xs=facts.plural(kind), v=value), *retold))
    special = rng.choice((relation.single, *relation.retold)).format(x=thing, v=value)
    said = [sentence(is_kind), sentence(general), sentence(special)]
    draw = rng.random()
    if draw < 0.3:
        return " ".join(rng.sample(said, rng.randint(1, 3)))
    if draw < 0.35:
        return f"{name} thinks of {thing}. {' '.join(reversed(said))}"
    if draw < 0.45:
        # What is false in the world is told too, or nothing would show that kinds exclude others.
        foreign = facts.draw_read(kinds[1], rng)
        denied = sentence(relation.single.format(x=f"no {foreign}", v=value))
        return " ".join(rng.sample([denied, sentence(special)], 2))
    if draw < 0.6:
        # One of several words is taken up again, as "the dog" takes up "a poodle".
        leaves = {k: with_article(facts.draw_read(k, rng)) for k in rng.sample(kinds, 3)}
        *first, last = leaves.values()
        own = rng.choice(list(leaves))
        return f"{name} thinks of {', '.join(first)} and {last}. The {own} is {leaves[own]}."
    x, y, z = (with_article(facts.draw_read(k, rng)) for k in kinds)
    thought = rng.choice(FRAMES.all).format(n=name, x=x, y=y, z=z)
    if draw < 0.72:
        # Words whose kind nobody tells can be written all the same: then nothing follows.
        x, y, z = (with_article(facts.draw_unread(k, rng)) for k in kinds)
        untold = rng.choice(FRAMES.all).format(n=name, x=x, y=y, z=z)
        return f"{untold} {name} thinks of {x}."
    if draw < 0.79:
        # The words of questions have to be known too: a question alone, never with an answer.
        return f"{thought} {rng.choice(relation.asks)}"
    it = "this person" if relation.category == "person" else "it"
    form = rng.choice((relation.single, *relation.retold))
    kindly = f" {name} thinks of {with_article(kind)}." if rng.random() < 0.3 else ""
    return f"{thought}{kindly} {sentence(form.format(x=it, v=value))}"
