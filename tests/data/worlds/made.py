"""Questions of the four worlds, drawn once for all tests."""

import random
from functools import cache

from mi_cot_lib.data.worlds import anli, cqa, esnli, facts, svamp

EVERY_WORD = r"(?u)\b\w+\b"
WORLDS = {"svamp": svamp, "cqa": cqa, "esnli": esnli, "anli1": anli}


@cache
def made(family, new=None):
    """Questions of the common splits, or those of `unseen` that are new in one respect."""
    count = 1000 if new else 4000 if family == "svamp" else 6000
    return WORLDS[family].items(count, random.Random(new or "train"), new)


def leaves(place):
    """All leaves that are read, unread or held out."""
    graph = facts.read_facts().categories.values()
    return {leaf for kinds in graph for own in kinds.values() for leaf in getattr(own, place)}
