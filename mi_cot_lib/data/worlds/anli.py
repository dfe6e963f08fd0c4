"""Sentence pairs in the manner of ANLI: each thing can be of five kinds, not three as in e-SNLI's."""

import random

from mi_cot_lib.data.worlds import nli
from mi_cot_lib.data.worlds.item import New, WorldItem

SLOTS = nli.slots_of("anli")


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    made = nli.pairs(count, rng, new, SLOTS, "reason")
    return [one._replace(row={"uid": f"{rng.getrandbits(128):032x}", **one.row}) for one in made]


def plain_text(rng: random.Random) -> str:
    """Draw a scene and what follows from it, or of what kind a thing is and of what kind not; see `World`."""
    return nli.plain_text(rng, SLOTS)
