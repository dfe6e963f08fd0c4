"""Sentence pairs in the manner of e-SNLI whose label needs one inference.

The premise fills two of four slots with leaves; the hypothesis names a kind in one slot. The
hypothesis is drawn first and independently of the label, and each word of the premise is equally
frequent under the three labels: only the pairing of the two sides decides.
"""

import random

from mi_cot_lib.data.worlds.facts import KIND_OF, NAMES, sentence
from mi_cot_lib.data.worlds.item import WorldItem
from mi_cot_lib.data.worlds.nli import (
    DOING,
    LABEL_NUMBERS,
    OPENERS,
    PET,
    WHERE,
    WHO,
    Slot,
    assemble,
    balanced,
    draw_leaf,
    other_kind,
)

SLOTS = (WHO, PET, DOING, WHERE)

_FRAMES = ("{o}, {n} {a} and {b}.", "{n} {a} and, {o}, {b}.")
_UNSEEN_FRAMES = ("{n} {a} and {b} {o}.", "{n} {a}, {o}, and {b}.")


def _draw(label: str, unseen: bool, rng: random.Random) -> WorldItem:
    slot = rng.choice(SLOTS)
    kind = rng.choice(slot.kinds)
    others = [other for other in SLOTS if other is not slot]
    if label == "neutral":
        told = rng.sample(others, 2)
    else:
        told = [slot, rng.choice(others)]
        rng.shuffle(told)
    kinds = {each: rng.choice(each.kinds) for each in told}
    if label == "entailment":
        kinds[slot] = kind
    elif label == "contradiction":
        kinds[slot] = other_kind(slot, kind, rng)
    leaves = {each: draw_leaf(each, kinds[each], rng) for each in told}
    name = rng.choice(NAMES)
    frames = _UNSEEN_FRAMES if unseen else _FRAMES
    frame = rng.randrange(len(frames))
    ways = [2 if unseen else rng.randrange(2) for _ in range(3)]
    said = [each.say(leaves[each], way) for each, way in zip(told, ways, strict=False)]
    opener = rng.choice(OPENERS)
    premise = frames[frame].format(o=opener, n=name, a=said[0], b=said[1])
    claim = f"{name} {slot.state(kind, ways[2])}"
    rationales = _rationales(slot, kind, leaves, name, claim, rng)
    row = {
        "premise": premise[0].upper() + premise[1:],
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        "explanation_1": rationales[label],
    }
    part = "unseen-frame" if unseen else "frame"
    slots = "+".join(each.name for each in told)
    return assemble(row, label, rationales, f"{slots}/{part}{frame}/{slot.name}{ways[2]}")


def _rationales(
    slot: Slot,
    kind: str,
    leaves: dict[Slot, str],
    name: str,
    claim: str,
    rng: random.Random,
) -> dict[str, str]:
    silent = f"The premise does not say {slot.topic.format(n=name)}."
    if slot not in leaves:
        # Wrong arguments for what was not said take a value out of the air.
        leaf = draw_leaf(slot, kind, rng)
        against = draw_leaf(slot, other_kind(slot, kind, rng), rng)
    else:
        leaf = against = leaves[slot]
    yes = f"{name} {slot.say(leaf, 0)}. {sentence(slot.link(leaf, kind))[:-1]}, so {claim}."
    theirs = KIND_OF[against]
    if theirs == kind:
        theirs = other_kind(slot, kind, rng)
    no = (
        f"{name} {slot.say(against, 0)}. {sentence(slot.link(against, theirs))[:-1]}, "
        f"so {name} cannot be {slot.state(kind, 0).removeprefix('is ')}."
    )
    return {"entailment": yes, "neutral": silent, "contradiction": no}


def items(split: str, count: int, rng: random.Random) -> list[WorldItem]:
    """Generate pairs with distinct inputs, balanced over the three labels.

    Args:
        split: "train", "valid" and "test" share their templates; "unseen" uses others.
        count: Number of pairs.
        rng: The only source of randomness.

    Returns:
        Items whose rows hold `premise`, `hypothesis`, `label` (0 entailment, 1 neutral,
        2 contradiction) and `explanation_1`.
    """
    return balanced(count, rng, lambda label: _draw(label, split == "unseen", rng))


def plain_text(count: int, rng: random.Random) -> list[str]:
    """Generate unlabelled scenes, each retold in more general words, and facts of the slots.

    Args:
        count: Number of texts of one to four sentences.
        rng: The only source of randomness.
    """
    return [_told(rng) for _ in range(count)]


def _told(rng: random.Random) -> str:
    told = rng.sample(SLOTS, 2)
    kinds = [rng.choice(slot.kinds) for slot in told]
    leaves = [draw_leaf(slot, kind, rng) for slot, kind in zip(told, kinds, strict=True)]
    if rng.random() < 0.3:
        return " ".join(
            sentence(slot.link(leaf, kind))
            for slot, leaf, kind in zip(told, leaves, kinds, strict=True)
        )
    name = rng.choice(NAMES)
    said = [slot.say(leaf, rng.randrange(3)) for slot, leaf in zip(told, leaves, strict=True)]
    scene = rng.choice(_FRAMES).format(o=rng.choice(OPENERS), n=name, a=said[0], b=said[1])
    retold = []
    for slot, kind in zip(told, kinds, strict=True):
        way = rng.randrange(3)
        # Denials show that the kinds of a slot exclude one another.
        if rng.random() < 0.5:
            retold.append(f"{name} {slot.state(kind, way)}.")
        else:
            retold.append(f"{name} {slot.deny(other_kind(slot, kind, rng), way)}.")
    rng.shuffle(retold)
    return f"{scene[0].upper()}{scene[1:]} {' '.join(retold)}"
