"""Sentence pairs in the manner of ANLI: harder than e-SNLI's, for two things are told of the person."""

import random

from mi_cot_lib.data.worlds.item import New, WorldItem, read_frames
from mi_cot_lib.data.worlds.nli import pairs, retold_scene

FRAMES = read_frames("anli")


def items(count: int, rng: random.Random, new: New | None = None) -> list[WorldItem]:
    """Draw pairs, balanced over the three labels; see `World`."""
    made = pairs(count, rng, new, FRAMES, "reason", things=2)
    return [one._replace(row={"uid": f"{rng.getrandbits(128):032x}", **one.row}) for one in made]


def plain_text(rng: random.Random) -> str:
    """Draw a scene and what follows from it; see `World`."""
    return retold_scene(rng, FRAMES, 2)
