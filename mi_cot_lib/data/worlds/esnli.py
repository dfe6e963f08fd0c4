"""Sentence pairs in the manner of e-SNLI: one thing is told of a person, another one claimed."""

import random

from mi_cot_lib.data.worlds.facts import draw_read, sentence
from mi_cot_lib.data.worlds.item import New, WorldItem, read_frames
from mi_cot_lib.data.worlds.nli import SLOTS, pairs, retold_scene

FRAMES = read_frames("esnli")


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    return pairs(count, rng, new, FRAMES, "explanation_1", things=1)


def plain_text(rng: random.Random) -> str:
    """Draw a scene and what follows from it, or of what kind a thing is and of what kind not; see `World`."""
    if rng.random() < 0.75:
        return retold_scene(rng, FRAMES, 1)
    slot = rng.choice(SLOTS)
    kind = rng.choice(slot.kinds)
    leaf = draw_read(kind, rng)
    return sentence(slot.exclude(leaf, kind, slot.other_kind(kind, rng)))
