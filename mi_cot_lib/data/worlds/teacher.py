"""The simulated teacher: raw text as a large language model writes it, right at a chosen rate.

Like the real one it copies the form of its prompt: it argues, announces the answer, and runs on
into an invented further question until its length is spent.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mi_cot_lib.data.specs import Family
from mi_cot_lib.data.worlds.item import Argument, WorldItem

CUT_SHARE = 0.015
SLIP_SHARE = 0.03


class _Manner(NamedTuple):
    """How the teacher writes for one family.

    In its texts `{said}` is the rationale, `{bare}` the same without its full stop.
    """

    usual: str
    # Harmless departures.
    slips: tuple[str, str]
    # The next question, up to where its rationale begins.
    question: Callable[[WorldItem], str]
    # A label as it is announced.
    answer: Callable[[WorldItem, str], str] = lambda item, label: label

    def says(self, item: WorldItem, argument: Argument, text: str) -> str:
        said, label = argument.rationale, self.answer(item, argument.label)
        return text.format(said=said, bare=said.removesuffix("."), answer=label)


def raw_outputs(
    family: Family, items: Sequence[WorldItem], accuracy: float, rng: random.Random
) -> list[str]:
    """Write the teacher's raw text for every item, in their order.

    Exactly `round(len(items) * accuracy)` of them announce the right label. About 1.5% of all are
    cut off before any answer, all of them among the wrong ones, and about 3% of the right ones
    depart from the usual form without harm.
    """
    manner = _MANNERS[family]
    count = len(items)
    right = rng.sample(range(count), round(count * accuracy))
    wrong = sorted(set(range(count)) - set(right))
    slipped = set(rng.sample(right, round(len(right) * SLIP_SHARE)))
    cut = set(rng.sample(wrong, min(len(wrong), round(count * CUT_SHARE))))
    chosen = set(right)
    texts = []
    for row, item in enumerate(items):
        argument = item.right if row in chosen else rng.choice(item.wrong)
        following = items[rng.randrange(count)]
        if row in cut:
            further = f"\n\n{manner.question(following)}" if rng.random() < 0.5 else ""
            texts.append(_cut_off(argument.rationale, rng) + further)
        else:
            form = rng.choice(manner.slips) if row in slipped else manner.usual
            said = manner.says(item, argument, form)
            texts.append(said + _run_on(manner, following, rng))
    return texts


def teacher_equation(label: str) -> str:
    """Write a gold equation as the teacher does: `( 84.0 / 2.0 )` becomes `(84 / 2)`."""
    return label.replace(".0", "").replace("( ", "(").replace(" )", ")")


def _run_on(manner: _Manner, following: WorldItem, rng: random.Random) -> str:
    reasoning = manner.says(following, following.right, manner.usual).split(" ")
    kept = " ".join(reasoning[: rng.randint(1, len(reasoning))])
    return f"\n\n{manner.question(following)} {kept}"


def _cut_off(rationale: str, rng: random.Random) -> str:
    """Repeat the rationale until the length is spent, as a model caught in a loop does."""
    words = (f"{rationale} " * rng.randint(1, 3)).split()
    return " ".join(words[: rng.randint(len(words) // 2 + 1, len(words))])


def _letter(item: WorldItem, label: str) -> str:
    return f"({'abcde'[item.row['choices'].index(label)]}) {label}"


def _pair(item: WorldItem) -> str:
    return f"Premise: {item.row['premise']}\nHypothesis: {item.row['hypothesis']}"


def _choices(item: WorldItem) -> str:
    listed = "\n".join(_letter(item, choice) for choice in item.row["choices"])
    return f"Q: {item.row['question']}\nAnswer Choices:\n{listed}\nA:"


def _story(item: WorldItem) -> str:
    return f"Q: {item.row['input']}".replace("\n", " ") + "\nA:"


_RUN_TOGETHER = "{bare}, so the answer is {answer}."
_SO = "{said} So the answer is {answer}"
_MANNERS: dict[Family, _Manner] = {
    "svamp": _Manner(
        usual="{said} The answer is {answer}.",
        slips=(_RUN_TOGETHER, "{said} The answer is {answer}"),
        question=_story,
        answer=lambda item, label: teacher_equation(label),
    ),
    "cqa": _Manner(f"{_SO}.", (_RUN_TOGETHER, _SO), _choices, _letter),
    "anli1": _Manner(f"{_SO}.", (_RUN_TOGETHER, _SO), lambda item: f"{_pair(item)}\nAnswer:"),
    "esnli": _Manner(
        usual="{said}\nAnswer: {answer}",
        slips=("{bare}\nAnswer: {answer}", "{said}\nAnswer: {answer}."),
        question=lambda item: f"{_pair(item)}\nReasonings:",
    ),
}
