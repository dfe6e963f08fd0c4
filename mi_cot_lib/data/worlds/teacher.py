"""The simulated teacher: raw text as a large language model writes it, right at a chosen rate.

Like the real one it copies the form of its prompt: it argues, announces the answer, and runs on
into an invented further question until its length is spent.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mi_cot_lib.data.specs import Family
from mi_cot_lib.data.worlds.item import Argument, WorldItem
from mi_cot_lib.errors import ConfigError, unknown_name

CUT_SHARE = 0.015
SLIP_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the teacher writes for one family.

    Attributes:
        answer: Row and label to the answer as it is announced.
        announce: What stands between the rationale and the answer.
        end: What closes the answer.
        slips: Harmless departures: rationale and answer to the text up to the run-on.
        question: Row to the next question, up to where its rationale begins.
    """

    answer: Callable[[WorldItem, str], str]
    announce: str
    end: str
    slips: tuple[Callable[[str, str], str], ...]
    question: Callable[[WorldItem], str]


def raw_outputs(
    family: str, items: Sequence[WorldItem], accuracy: float, rng: random.Random
) -> list[str]:
    """Write the teacher's raw text for every item.

    Exactly `round(len(items) * accuracy)` of them announce the right label. About 1.5% of all are
    cut off before any answer, all of them among the wrong ones, and about 3% of the right ones
    depart from the usual form without harm.

    Args:
        family: Whose manner of writing: svamp, cqa, esnli or anli1.
        items: The questions with the arguments to choose from.
        accuracy: Share of right labels, 0 to 1.
        rng: Source of every choice.

    Returns:
        One text for each item, in their order.

    Raises:
        ConfigError: The family is unknown or the accuracy lies outside 0 to 1.
    """
    if family not in _MANNERS:
        raise unknown_name("family of data sets", family, _MANNERS)
    if not 0 <= accuracy <= 1:
        raise ConfigError(f"teacher_accuracy is {accuracy}; give a share from 0 to 1.")
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
            slip = rng.choice(manner.slips) if row in slipped else None
            said = _said(manner, item, argument, slip)
            texts.append(said + _run_on(manner, following, rng))
    return texts


def teacher_equation(label: str) -> str:
    """Write a gold equation as the teacher does: `( 84.0 / 2.0 )` becomes `(84 / 2)`."""
    return label.replace(".0", "").replace("( ", "(").replace(" )", ")")


def _said(
    manner: _Manner,
    item: WorldItem,
    argument: Argument,
    slip: Callable[[str, str], str] | None = None,
) -> str:
    answer = manner.answer(item, argument.label)
    if slip is not None:
        return slip(argument.rationale, answer)
    return f"{argument.rationale}{manner.announce}{answer}{manner.end}"


def _run_on(manner: _Manner, following: WorldItem, rng: random.Random) -> str:
    reasoning = _said(manner, following, following.right).split(" ")
    kept = " ".join(reasoning[: rng.randint(1, len(reasoning))])
    return f"\n\n{manner.question(following)} {kept}"


def _cut_off(rationale: str, rng: random.Random) -> str:
    """Repeat the rationale until the length is spent, as a model caught in a loop does."""
    words = (f"{rationale} " * rng.randint(1, 3)).split()
    return " ".join(words[: rng.randint(len(words) // 2 + 1, len(words))])


def _letter(item: WorldItem, label: str) -> str:
    return f"({'abcde'[item.row['choices'].index(label)]}) {label}"


def _pair(item: WorldItem, last: str) -> str:
    return f"Premise: {item.row['premise']}\nHypothesis: {item.row['hypothesis']}\n{last}:"


def _choices(item: WorldItem) -> str:
    listed = "\n".join(_letter(item, choice) for choice in item.row["choices"])
    return f"Q: {item.row['question']}\nAnswer Choices:\n{listed}\nA:"


def _story(item: WorldItem) -> str:
    return f"Q: {item.row['input']}".replace("\n", " ") + "\nA:"


def _same(item: WorldItem, label: str) -> str:
    return label


def _run_together(rationale: str, answer: str) -> str:
    return f"{rationale.removesuffix('.')}, so the answer is {answer}."


def _no_stop(rationale: str, answer: str) -> str:
    return f"{rationale} So the answer is {answer}"


_MANNERS: dict[Family, _Manner] = {
    "svamp": _Manner(
        answer=lambda item, label: teacher_equation(label),
        announce=" The answer is ",
        end=".",
        slips=(_run_together, lambda rationale, answer: f"{rationale} The answer is {answer}"),
        question=_story,
    ),
    "cqa": _Manner(_letter, " So the answer is ", ".", (_run_together, _no_stop), _choices),
    "anli1": _Manner(
        answer=_same,
        announce=" So the answer is ",
        end=".",
        slips=(_run_together, _no_stop),
        question=lambda item: _pair(item, "Answer"),
    ),
    "esnli": _Manner(
        answer=_same,
        announce="\nAnswer: ",
        end="",
        slips=(
            lambda rationale, answer: f"{rationale.removesuffix('.')}\nAnswer: {answer}",
            lambda rationale, answer: f"{rationale}\nAnswer: {answer}.",
        ),
        question=lambda item: _pair(item, "Reasonings"),
    ),
}
