"""Sentence pairs in the manner of ANLI whose label needs two inferences.

The premise gives two people their work and then says one thing of each: "Tom is a chef and Ann is
a nurse. The chef was seen napping and the nurse was seen munching." The hypothesis asks for one of
them by name (a chain across the two sentences) or by the kind of their work (a second
generalisation). A contradiction states what is true of the other person, so that both labels come
with the same words, and no pair shares more words than another.
"""

import random

from mi_cot_lib.data.worlds.esnli import LABEL_NUMBERS, SLOTS, WHO, Slot, assemble, balanced
from mi_cot_lib.data.worlds.facts import KIND_OF, NAMES, sentence
from mi_cot_lib.data.worlds.item import WorldItem, read_frames

FRAMES = read_frames("anli")
# Work is what people are told apart by.
ASKED = tuple(slot for slot in SLOTS if slot is not WHO)


def _premise(
    frame: str, names: list[str], jobs: list[str], said: list[str], rng: random.Random
) -> str:
    # Each sentence has its own order of the two people, so that position binds nothing.
    i, j = rng.sample((0, 1), 2)
    p, q = rng.sample((0, 1), 2)
    people = {"m": names[i], "n": names[j], "x": f"a {jobs[i]}", "y": f"a {jobs[j]}"}
    return frame.format(**people, p=jobs[p], q=jobs[q], a=said[p], b=said[q])


def _draw(label: str, unseen: bool, rng: random.Random) -> WorldItem:
    slot = rng.choice(ASKED)
    kind = rng.choice(slot.kinds)
    told = (
        rng.choice([other for other in ASKED if other is not slot]) if label == "neutral" else slot
    )
    mine = rng.choice(told.kinds)
    if label == "entailment":
        mine = kind
    theirs = told.other_kind(mine, rng)
    if label == "contradiction":
        mine, theirs = slot.other_kind(kind, rng), kind
    names = rng.sample(NAMES, 2)
    works = rng.sample(WHO.kinds, 2)
    jobs = [WHO.draw_leaf(work, rng) for work in works]
    leaves = [told.draw_leaf(mine, rng), told.draw_leaf(theirs, rng)]
    way, stated = (2, 2) if unseen else (rng.randrange(2), rng.randrange(2))
    frame, frame_name = FRAMES.draw(unseen, rng)
    premise = _premise(frame, names, jobs, [told.say(x, way) for x in leaves], rng)
    by_name = rng.random() < 0.5
    subject = names[0] if by_name else f"the {works[0]}"
    claim = f"{subject} {slot.state(kind, stated)}"
    link = f"{names[0]} is a {jobs[0]}" if by_name else f"The {jobs[0]} is a {works[0]}"
    if slot is not told:
        # Wrong arguments for what was not said take a value out of the air.
        leaves = [slot.draw_leaf(kind, rng), slot.draw_leaf(slot.other_kind(kind, rng), rng)]
    rationales = _rationales(slot, kind, leaves, jobs[0], link, subject, claim)
    row = {
        "uid": f"{rng.getrandbits(128):032x}",
        "premise": premise,
        "hypothesis": sentence(claim),
        "label": LABEL_NUMBERS[label],
        "reason": rationales[label],
    }
    asked = "name" if by_name else "work"
    template = f"{told.name}{way}/{frame_name}/{asked}/{slot.name}{stated}"
    return assemble(row, label, rationales, template)


def _rationales(
    slot: Slot, kind: str, leaves: list[str], job: str, link: str, subject: str, claim: str
) -> dict[str, str]:
    # An argument for a label takes what it needs: the person's own thing or the other person's.
    fits, clashes = leaves if KIND_OF[leaves[0]] == kind else reversed(leaves)
    worker = f"{link} and the {job}"
    denied = f"{subject} is not {slot.state(kind, 0).removeprefix('is ')}"
    return {
        "entailment": slot.argue(worker, fits, kind, claim),
        "neutral": f"{link}. The premise does not say {slot.topic.format(n=f'the {job}')}.",
        "contradiction": slot.argue(worker, clashes, KIND_OF[clashes], denied),
    }


def items(split: str, count: int, rng: random.Random) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    return balanced(count, rng, lambda label: _draw(label, split == "unseen", rng))


def plain_text(rng: random.Random) -> str:
    """Draw a scene of two people, each retold in more general words; see `World`."""
    slot = rng.choice(ASKED)
    kinds = rng.sample(slot.kinds, 2)
    works = rng.sample(WHO.kinds, 2)
    names = rng.sample(NAMES, 2)
    jobs = [WHO.draw_leaf(work, rng) for work in works]
    way = rng.randrange(3)
    said = [slot.say(slot.draw_leaf(kind, rng), way) for kind in kinds]
    scene = _premise(rng.choice(FRAMES.common), names, jobs, said, rng)
    retold = []
    for person in rng.sample((0, 1), 2):
        subject = rng.choice((names[person], f"the {works[person]}"))
        way = rng.randrange(3)
        true = rng.random() < 0.5
        told = slot.state(kinds[person], way) if true else slot.deny(kinds[1 - person], way)
        retold.append(sentence(f"{subject} {told}"))
    return f"{scene} {' '.join(retold)}"
