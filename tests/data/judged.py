"""What the tests of the exact judge share: examples of both teachers, and a right rationale taken apart."""

import re
import tempfile
from functools import cache
from pathlib import Path

from mi_cot_lib.data.exact_judge.judge import judge_rationale
from mi_cot_lib.data.layout import read_split
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.worlds import facts
from mi_cot_lib.data.worlds.write import write_dataset

NANO = ("nano_svamp", "nano_cqa", "nano_esnli", "nano_anli")
SIZES = {"test": 150, "unseen": 150}


@cache
def told(name, accuracy):
    """Examples of a data set, each with its teacher's raw text."""
    with tempfile.TemporaryDirectory() as root:
        write_dataset(name, Path(root), teacher_accuracy=accuracy, sizes=SIZES)
        return [
            (example, row.teacher_text)
            for split in SIZES
            for example, row in zip(
                load_split(name, split, root), read_split(Path(root), name, split), strict=True
            )
        ]


def right_of(name):
    """Examples of a teacher that is always right."""
    return [example for example, _ in told(name, 1.0)]


def verdict_on(example, rationale):
    return judge_rationale(example.id.split("/")[0], example, rationale)


def scores(example, rationale):
    return verdict_on(example, rationale).score


def words(text):
    return re.findall(r"\w+", text)


def cut(text):
    return [f"{part.rstrip('.,')}." for part in re.split(r"(?<=\.)\s", text)]


def parts(example):
    """The steps of a right rationale, each as a sentence of its own with a name for each pronoun."""
    sentences = cut(example.rationale)
    if example.id.startswith("nano_svamp"):
        for index, sentence in enumerate(sentences):
            earlier = sentences[0 if sentence.startswith("So ") else index - 1].split()[0]
            sentences[index] = re.sub(r"^(So )?(?:[Hh]e|[Ss]he) ", rf"\1{earlier} ", sentence)
        return sentences
    split = [part for each in sentences for part in re.split(r",? (?:and|so) ", each)]
    return [facts.sentence(part.rstrip(".")) for part in split]
