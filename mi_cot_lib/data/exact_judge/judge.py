"""An exact judge of rationales on the built-in data sets: the paper's five ranks without a model.

The paper has a large language model rank rationales from 1 to 5. In the built-in world the truth
about each question is known, so that every statement of a rationale can be looked up.
"""

from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.exact_judge.cqa import choice_question
from mi_cot_lib.data.exact_judge.nli import pair_question
from mi_cot_lib.data.exact_judge.reading import Found, Question, Sort, is_stopped, sentences
from mi_cot_lib.data.exact_judge.svamp import story_question
from mi_cot_lib.data.example import Example
from mi_cot_lib.data.specs import DATASETS, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError

_OFF = {"unreadable", "foreign"}
_FAULTS: dict[Sort, str] = {
    "unreadable": "cannot be read",
    "foreign": "is not about this question",
    "false": "is not true here",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rationale is worth.

    Attributes:
        score: From 1, incoherent and irrelevant, to 5, helpful and complete.
        reasons: What is wrong or missing, in plain words; empty for a score of 5.
    """

    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Heard:
    """The statements of a rationale in their order, and whether its last one breaks off."""

    statements: tuple[tuple[str, Found], ...]
    broken: str | None


def judge_rationale(dataset: str, example: Example, rationale: str) -> Verdict:
    """Score a rationale on a question of a built-in data set.

    A statement is looked up in any of the wordings that the world has for it. The paper's ranks are
    read as follows; the first that applies counts:

    1. "completely incoherent and irrelevant": no statement about this question can be read.
    2. "somewhat incoherent and irrelevant": some can, but others cannot be read as a statement of
       the world, or speak of a person or thing that the question does not know.
    3. "coherent, relevant but not helpful": something said is not true (a quantity, a name, a link,
       a calculation, a conclusion that is not the gold answer); or all is true but only repeats
       the question: nothing explains, and nothing is concluded from anything.
    4. "somewhat helpful": all is true and something explains or is concluded, but a needed step is
       missing, a statement comes twice, or the text breaks off.
    5. "helpful and it explains the answer well": all is true and every needed step is there.

    Needed are, for nano_svamp, where each number of the gold equation comes from and the calculation
    with what it answers; for nano_cqa, of what kind the thing is and the fact about the kind; for
    the pairs, who is meant (nano_anli), what the premise tells, of what kind that is and what
    follows, or, for neutral, that the premise does not say it.

    Args:
        dataset: A built-in data set's name.
        example: The question with its gold label.
        rationale: Any text, without the announced answer.

    Raises:
        ConfigError: `dataset` is not built in, or unknown.
        DataError: The example is no question of that data set's world.
    """
    if not dataset_spec(dataset).built_in:
        built_in = ", ".join(spec.name for spec in DATASETS.values() if spec.built_in)
        raise ConfigError(f"nothing is known of the truth in {dataset}. Built in: {built_in}.")
    question = _question(dataset, example.input, example.label)
    if question is None:
        raise DataError(
            f"{example.id}: not a question of {dataset} with its gold label; only examples as "
            "the built-in generator writes them can be judged."
        )
    return _verdict(question, _hear(question, rationale))


def _hear(question: Question, rationale: str) -> _Heard:
    heard: list[tuple[str, Found]] = []
    broken = None
    parts = sentences(rationale)
    for number, part in enumerate(parts, start=1):
        statements = question.statements(part, [statement for statement, _ in heard])
        heard += [(statement, question.find(statement)) for statement in statements]
        if number == len(parts) and heard and not is_stopped(part):
            last, found = heard[-1]
            if found.sort in _FAULTS and question.begins(last):
                broken = last
                heard.pop()
    return _Heard(tuple(heard), broken)


def _verdict(question: Question, heard: _Heard) -> Verdict:
    sorts = {found.sort for _, found in heard.statements}
    taken = {step for _, found in heard.statements for step in found.steps}
    said = [statement for statement, _ in heard.statements]
    twice = sorted({statement for statement in said if said.count(statement) > 1})
    reasons = [
        f'{_FAULTS[found.sort]}: "{statement}"'
        for statement, found in heard.statements
        if found.sort in _FAULTS
    ]
    reasons += [f'said twice: "{statement}"' for statement in twice]
    reasons += [f'breaks off: "{heard.broken}"'] if heard.broken is not None else []
    reasons += [f"missing: {step}" for step in question.needed if step not in taken]
    helps = "explains" in sorts or {"given", "concludes"} <= sorts
    if not sorts - _OFF:
        score = 1
    elif sorts & _OFF:
        score = 2
    elif "false" in sorts or not helps:
        score = 3
    else:
        score = 4 if reasons else 5
    return Verdict(score, tuple(reasons))


@cache
def _question(dataset: str, text: str, label: str) -> Question | None:
    family = dataset_spec(dataset).family
    if family == "svamp":
        return story_question(text, label)
    if family == "cqa":
        return choice_question(text, label)
    return pair_question(text, label)
