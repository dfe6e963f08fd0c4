"""Nonsense words, as experiments on the learning of words have had since Berko (1958) asked for two wugs."""

import random
from collections.abc import Collection, Iterator

_ONSETS = [
    "b",
    "d",
    "f",
    "g",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
    "bl",
    "br",
    "dr",
    "fl",
    "gl",
    "kr",
    "pl",
    "tr",
]
_VOWELS = "aeiou"
_CODAS = "bdgklmnprt"


def nonsense_words(known: Collection[str]) -> Iterator[str]:
    """Yield words of two syllables, each once and none of the known ones, always in the same order."""
    rng = random.Random("wug")
    given = {*known}
    while True:
        word = "".join(map(rng.choice, (_ONSETS, _VOWELS, _CODAS, _VOWELS, _CODAS)))
        if word not in given:
            given.add(word)
            yield word
