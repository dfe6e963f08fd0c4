"""A teacher made worse, or more or less outspoken, on purpose: controls for what students learn from it."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import ConfigError, unknown_name

TeacherChange = Literal[
    "none",
    "wrong_labels",
    "other_rationales",
    "shuffled_words",
    "shuffled_steps",
    "key_words",
    "last_step_missing",
    "truncated",
    "label_named",
    "label_hidden",
]
_STEPS = re.compile(r"(?<=[.!?]) +|, (?=(?:and|so) )")
_SIGNS = ".,:;!?()"
# Without these a reason would say the opposite.
_EMPTY = ENGLISH_STOP_WORDS - {"cannot", "no", "nor", "not"}
# Stands where a rationale named its label.
HIDDEN = "this"


def check_teacher_change(change: str, share: float) -> None:
    """Refuse with a ConfigError an unknown change, or a share that does not go with it."""
    if change not in get_args(TeacherChange):
        raise unknown_name("teacher_change", change, get_args(TeacherChange))
    if not 0 <= share <= 1:
        raise ConfigError(f"change_share must be from 0 to 1, got {share}.")
    if (change == "none") != (share == 0):
        raise ConfigError(
            f"teacher_change {change} with change_share {share}: a change needs a share above 0, and a "
            "share needs a change."
        )


def changed_teacher(
    examples: Sequence[Example], change: TeacherChange, share: float, seed: int
) -> list[Example]:
    """Change what a share of the examples teaches.

    The examples that a smaller share changes are among those that a larger one changes.

    * `wrong_labels`: the label to train on, gold's and the teacher's, is another example's.
    * `other_rationales`: each rationale is that of another example, drawn without regard to what it says;
      a few may still fit by chance, where two are alike or share a label. A gain that survives this does
      not come from reasoning.
    * `shuffled_words`: the words of each rationale in another order.
    * `shuffled_steps`: its steps in another order: sentences, and their parts that begin with "and" or "so".
    * `key_words`: only the words that say something (scikit-learn's English stop words go, but denials stay),
      in their order and without punctuation.
    * `last_step_missing`: all but the last step, which most often concludes; one of one step stays.
    * `truncated`: the first half of each rationale's words.
    * `label_named`: each rationale ends in a sentence that names the gold label.
    * `label_hidden`: the gold label's own words are taken out of each rationale.

    The seed decides which examples, and how. As many come back in the same order; those without a
    rationale keep having none. ConfigError for `wrong_labels` where all labels are the same.
    """
    check_teacher_change(change, share)
    drawn = random.Random(seed)
    order = list(range(len(examples)))
    drawn.shuffle(order)
    chosen = order[: round(share * len(order))]
    having = [index for index in chosen if examples[index].rationale is not None]
    if change == "other_rationales":
        changed = {
            index: replace(examples[index], rationale=examples[other].rationale)
            for index, other in zip(having, having[1:] + having[:1], strict=True)
        }
    elif change == "wrong_labels":
        changed = _relabelled(examples, chosen, drawn)
    else:
        changed = {
            index: replace(examples[index], rationale=_rewritten(change, examples[index], drawn))
            for index in having
        }
    return [changed.get(index, example) for index, example in enumerate(examples)]


def _relabelled(
    examples: Sequence[Example], chosen: Sequence[int], drawn: random.Random
) -> dict[int, Example]:
    labels = [example.label for example in examples]
    if chosen and len(set(labels)) < 2:
        raise ConfigError("wrong_labels needs examples of at least two labels.")
    changed = {}
    for index in chosen:
        other = drawn.choice(labels)
        while other == labels[index]:
            other = drawn.choice(labels)
        changed[index] = replace(examples[index], label=other, teacher_label=other)
    return changed


def _shuffled(parts: Sequence[str], drawn: random.Random) -> list[str]:
    """Put parts into another order, if there is one."""
    order = list(parts)
    while order == list(parts) and len(set(parts)) > 1:
        drawn.shuffle(order)
    return order


def _rewritten(change: TeacherChange, example: Example, drawn: random.Random) -> str:
    rationale = example.rationale or ""
    words = rationale.split()
    match change:
        case "shuffled_words":
            return " ".join(_shuffled(words, drawn))
        case "shuffled_steps":
            return " ".join(_shuffled(_STEPS.split(rationale), drawn))
        case "key_words":
            bare = (word.strip(_SIGNS) for word in words)
            return " ".join(word for word in bare if word and word.casefold() not in _EMPTY)
        case "last_step_missing":
            return " ".join(_STEPS.split(rationale)[:-1]) or rationale
        case "truncated":
            return " ".join(words[: (len(words) + 1) // 2])
        case "label_named":
            return f"{rationale} So the answer is {example.label}."
        case "label_hidden":
            # Look-arounds instead of \b, which does not stand beside a label's brackets.
            named = rf"(?<!\w){re.escape(example.label)}(?!\w)"
            return re.sub(named, HIDDEN, rationale, flags=re.IGNORECASE)
    return rationale
