"""Sentence pairs in the manner of e-SNLI whose label needs one inference.

The premise fills two of four slots with leaves; the hypothesis names a kind in one slot. The
hypothesis is drawn first and independently of the label, and each word of the premise is equally
frequent under the three labels: only the pairing of the two sides decides.
"""

import random

from mi_cot_lib.data.worlds.facts import KIND_OF, NAMES, sentence
from mi_cot_lib.data.worlds.item import WorldItem, read_frames
from mi_cot_lib.data.worlds.nli import (
    LABEL_NUMBERS,
    OPENERS,
    SLOTS,
    Slot,
    assemble,
    balanced,
    draw_leaf,
    other_kind,
)

FRAMES = read_frames("esnli")


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
    frame, frame_name = FRAMES.draw(unseen, rng)
    ways = [2 if unseen else rng.randrange(2) for _ in range(3)]
    said = [each.say(leaves[each], way) for each, way in zip(told, ways, strict=False)]
    opener = rng.choice(OPENERS)
    premise = frame.format(o=opener, n=name, a=said[0], b=said[1])
    claim = f"{name} {slot.state(kind, ways[2])}"
    rationales = _rationales(slot, kind, leaves, name, claim, rng)
    row = {
        "premise": premise[0].upper() + premise[1:],
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        "explanation_1": rationales[label],
    }
    slots = "+".join(each.name for each in told)
    return assemble(row, label, rationales, f"{slots}/{frame_name}/{slot.name}{ways[2]}")


def _rationales(
    slot: Slot,
    kind: str,
    leaves: dict[Slot, str],
    name: str,
    claim: str,
    rng: random.Random,
) -> dict[str, str]:
    if slot not in leaves:
        # Wrong arguments for what was not said take a value out of the air.
        leaf = draw_leaf(slot, kind, rng)
        against = draw_leaf(slot, other_kind(slot, kind, rng), rng)
    else:
        leaf = against = leaves[slot]
    theirs = KIND_OF[against]
    if theirs == kind:
        theirs = other_kind(slot, kind, rng)
    cannot = f"{name} cannot be {slot.state(kind, 0).removeprefix('is ')}"
    return {
        "entailment": slot.argue(name, leaf, kind, claim),
        "neutral": f"The premise does not say {slot.topic.format(n=name)}.",
        "contradiction": slot.argue(name, against, theirs, cannot),
    }


def items(split: str, count: int, rng: random.Random) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    return balanced(count, rng, lambda label: _draw(label, split == "unseen", rng))


def plain_text(rng: random.Random) -> str:
    """Draw a scene retold in more general words, or facts of the slots; see `World`."""
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
    scene = rng.choice(FRAMES.common).format(o=rng.choice(OPENERS), n=name, a=said[0], b=said[1])
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
