"""Sentence pairs in the manner of e-SNLI: one thing is told of a person, another one claimed."""

import random

from mi_cot_lib.data.worlds import nli
from mi_cot_lib.data.worlds.item import New, WorldItem

SLOTS = nli.slots_of("esnli")


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    return nli.pairs(count, rng, new, SLOTS, "explanation_1")


def plain_text(rng: random.Random) -> str:
    """Draw a scene and what follows from it, or of what kind a thing is and of what kind not; see `World`."""
    return nli.plain_text(rng, SLOTS)
