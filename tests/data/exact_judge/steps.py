"""A right rationale taken apart, and the judge asked for a score."""

import re

from mi_cot_lib.data.exact_judge.judge import judge_rationale
from mi_cot_lib.data.example import Example
from mi_cot_lib.data.worlds import facts


def scores(example: Example, rationale: str) -> int:
    return judge_rationale(example.id.split("/")[0], example, rationale).score


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def cut(text: str) -> list[str]:
    return [f"{part.rstrip('.,')}." for part in re.split(r"(?<=\.)\s", text)]


def parts(example: Example) -> list[str]:
    """The steps of a right rationale, each as a sentence of its own with a name for each pronoun."""
    sentences = cut(example.rationale)
    if example.id.startswith("nano_svamp"):
        for index, sentence in enumerate(sentences):
            earlier = sentences[0 if sentence.startswith("So ") else index - 1].split()[0]
            sentences[index] = re.sub(r"^(So )?(?:[Hh]e|[Ss]he) ", rf"\1{earlier} ", sentence)
        return sentences
    split = [part for each in sentences for part in re.split(r",? (?:and|so) ", each)]
    return [facts.sentence(part.rstrip(".")) for part in split]
