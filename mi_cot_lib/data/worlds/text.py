"""Unlabelled text of the whole built-in world, for the built-in student to read before any task."""

import random

from mi_cot_lib.data.worlds import anli, cqa, esnli, svamp
from mi_cot_lib.data.worlds.item import World


def world_text(count: int, seed: int) -> list[str]:
    """Draw a shuffled mix of the four worlds' plain text, in equal parts.

    Args:
        count: How many texts.
        seed: Same seed, same texts, on every machine.

    Returns:
        Texts of a few sentences, without labels, rationales or answers.
    """
    texts = []
    worlds: dict[str, World] = {"svamp": svamp, "cqa": cqa, "esnli": esnli, "anli": anli}
    for place, (name, world) in enumerate(worlds.items()):
        share = count // len(worlds) + (place < count % len(worlds))
        rng = random.Random(f"text/{name}/{seed}")
        texts += [world.plain_text(rng) for _ in range(share)]
    random.Random(f"text/{seed}").shuffle(texts)
    return texts
