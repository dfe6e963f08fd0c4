"""Questions of the four worlds, drawn once for all tests."""

import random
from functools import cache

from mi_cot_lib.data.worlds import anli, cqa, esnli, svamp

EVERY_WORD = r"(?u)\b\w+\b"
WORLDS = {"svamp": svamp, "cqa": cqa, "esnli": esnli, "anli1": anli}


@cache
def made(family, split):
    count = {"train": 4000 if family == "svamp" else 6000, "unseen": 1000}[split]
    return WORLDS[family].items(split, count, random.Random(split))
