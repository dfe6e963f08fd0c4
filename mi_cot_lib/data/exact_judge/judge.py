"""An exact judge of rationales on the built-in data sets: the paper's five ranks without a model.

The paper has a large language model rank rationales from 1 to 5. In the built-in world the truth
about each question is known, so that every statement of a rationale can be looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.exact_judge.statements import FAULTS, STOPS, Found, Question, Sort, sentences
from mi_cot_lib.data.specs import DATASETS, Example, dataset_spec
from mi_cot_lib.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rationale is worth."""

    # From 1, incoherent and irrelevant, to 5, helpful and complete.
    score: int
    # What is wrong or missing, in plain words; empty for a score of 5.
    reasons: tuple[str, ...]


def judge_rationale(dataset: str, example: Example, rationale: str) -> Verdict:
    """Score a rationale, given without the announced answer, on a question of a built-in data set.

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
    the pairs, of what kind that is which the premise tells, and what follows, or, for neutral, that the
    premise does not say it. ConfigError where the data set is not built in; DataError where the example is
    no question of its world.
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
    heard: list[tuple[str, Found]] = []
    reasons = []
    parts = sentences(rationale)
    for number, part in enumerate(parts, start=1):
        statements = question.statements(part, [statement for statement, _ in heard])
        heard += [(statement, question.find(statement)) for statement in statements]
        if number == len(parts) and heard and not part.rstrip().endswith(tuple(STOPS)):
            last, found = heard[-1]
            if found.sort in FAULTS and question.begins(last):
                reasons.append(f'breaks off: "{last}"')
                heard.pop()
    return _verdict(question.needed, heard, reasons)


def _verdict(
    needed: tuple[str, ...], heard: Sequence[tuple[str, Found]], breaks: list[str]
) -> Verdict:
    sorts = {found.sort for _, found in heard}
    taken = {step for _, found in heard for step in found.steps}
    said = [statement for statement, _ in heard]
    reasons = [
        f'{FAULTS[found.sort]}: "{statement}"' for statement, found in heard if found.sort in FAULTS
    ]
    twice = sorted({statement for statement in said if said.count(statement) > 1})
    reasons += [f'said twice: "{statement}"' for statement in twice]
    reasons += breaks
    reasons += [f"missing: {step}" for step in needed if step not in taken]
    off: set[Sort] = {"unreadable", "foreign"}
    if not sorts - off:
        score = 1
    elif sorts & off:
        score = 2
    elif "false" in sorts or not ("explains" in sorts or {"given", "concludes"} <= sorts):
        score = 3
    else:
        score = 4 if reasons else 5
    return Verdict(score, tuple(reasons))


@cache
def _question(dataset: str, text: str, label: str) -> Question | None:
    # Each reads all its world's words when it is loaded.
    from mi_cot_lib.data.exact_judge import cqa, nli, svamp

    find = {"svamp": svamp.story_question, "cqa": cqa.choice_question}
    return find.get(dataset_spec(dataset).family, nli.pair_question)(text, label)
