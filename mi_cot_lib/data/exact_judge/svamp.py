"""The truth of an arithmetic story: which of its sentences the equation needs, and the answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mi_cot_lib.data.arithmetic import equation_value, same_value
from mi_cot_lib.data.exact_judge.judge import Found, sentences
from mi_cot_lib.data.exact_judge.statements import normal
from mi_cot_lib.data.exact_judge.svamp_forms import (
    ALL_TEMPLATES,
    CALCULATIONS,
    all_forms,
    bound,
    filled,
    named,
    skeleton,
    skeletons,
    united,
)
from mi_cot_lib.data.worlds.equations import Equation, labelled, leaves, read, written
from mi_cot_lib.data.worlds.stories import PEOPLE, Case, Template

_LEAD = re.compile(r"(?:so|therefore),? ")
_PRONOUNS = {name.casefold(): pronoun for name, pronoun in PEOPLE.items()}


@dataclass(frozen=True, slots=True)
class _StoryQuestion:
    needed: tuple[str, ...]
    # Every true statement, with the calculation as it is usually written: `17 - 5 = 12`.
    truths: Mapping[str, Found]
    calculation: str
    # The numbers in it, ascending, and its result.
    numbers: Sequence[int]
    value: float
    # People and things of story and question, and the skeletons of the story's own sentences.
    names: frozenset[str]
    forms: frozenset[str]

    def statements(self, sentence: str, before: Sequence[str]) -> tuple[str, ...]:
        return (_resolved(sentence, before),)

    def find(self, statement: str) -> Found:
        found = self.truths.get(self._with_usual_calculation(statement))
        if found is not None:
            return found
        form = skeleton(statement)
        if form not in skeletons() and form not in self.forms:
            return Found("unreadable")
        return Found("false" if named(statement) <= self.names else "foreign")

    def begins(self, statement: str) -> bool:
        return any(truth.startswith(statement) for truth in self.truths)

    def _with_usual_calculation(self, statement: str) -> str:
        for calc in CALCULATIONS.finditer(statement):
            used = sorted(int(number) for number in re.findall(r"([0-9]+)(?:\.0+)?", calc["left"]))
            results = equation_value(calc["left"]), equation_value(calc["right"])
            if used == self.numbers and all(same_value(r, self.value) for r in results):
                return statement[: calc.start()] + self.calculation + statement[calc.end() :]
        return statement


def story_question(text: str, label: str) -> _StoryQuestion | None:
    """Find the truth about a question from its input and its gold equation.

    None where the text is no story of this world or the equation not its answer.
    """
    value = equation_value(label)
    told: list[str] = []
    for sentence in sentences(text):
        told.append(_resolved(sentence, told))
    *told, question = told or [""]
    numbers = [int(number) for number in re.findall(r"([0-9]+)\.0", label)]
    readings = list(_readings(told, question, label, numbers))
    if not readings or value is None:
        return None
    result = f"{value:g}"
    calculation = f"{written(readings[0].equation, readings[0].numbers)} = {result}"
    truths = {sentence: Found("idle") for sentence in (*told, question)}
    for reading in readings:
        truths |= reading.truths(told, calculation, result)
    return _StoryQuestion(
        needed=(*(_source(number) for number in numbers), _work(calculation)),
        truths=truths,
        calculation=calculation,
        numbers=sorted(numbers),
        value=value,
        names=named(normal(text)),
        forms=frozenset(map(skeleton, told)),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    template: Template
    case: Case
    equation: Equation
    numbers: dict[str, int]
    slots: dict[str, str]

    def truths(self, told: Sequence[str], calculation: str, result: str) -> dict[str, Found]:
        found: dict[str, Found] = {}
        for key, texts in self.template.story.facts.items():
            steps = tuple(_source(self.numbers[k]) for k in key.split() if k in self.numbers)
            for slots in self._fillings(key, told):
                for text in texts:
                    sentence = filled(text, slots)
                    if sentence is not None:
                        found[sentence] = Found("given" if steps else "idle", steps)
        work = Found("explains", (_work(calculation),))
        found[calculation] = work
        for text in self._answers():
            for shown, what in ((calculation, work), (result, Found("concludes"))):
                slots = {**self.slots, "calc": shown, self.case.target: shown}
                # The question has said already where it was; an answer may leave that out.
                for less in ({}, {"tail": "", "tail2": ""}):
                    sentence = filled(text, {**slots, **less})
                    if sentence is not None:
                        found[sentence] = what
        return found

    def _fillings(self, key: str, told: Sequence[str]) -> Iterator[dict[str, str]]:
        # The story need not tell all that a sentence for several quantities says: this key's own
        # sentences, and what the needed quantities already fill in.
        yield self.slots
        for text in self.template.story.facts[key]:
            for sentence in told:
                slots = bound(text, self.template, sentence)
                whole = None if slots is None else united(self.slots, slots)
                if whole is not None:
                    yield whole

    def _answers(self) -> Iterator[str]:
        for text in (self.case.answer, *self.template.story.facts.get(self.case.target, ())):
            yield text
            for first, second in (("{A}", "{B}"), ("{k1}", "{k2}")):
                yield text.replace(f"{first} and {second}", f"{second} and {first}")


def _readings(
    told: Sequence[str], question: str, label: str, values: Sequence[int]
) -> Iterator[_Reading]:
    for template, case, equation in _cases():
        names = leaves(equation)
        if len(names) != len(values):
            continue
        numbers = dict(zip(names, values, strict=True))
        if labelled(equation, numbers) != label:
            continue
        start = {**template.words, **{name: str(number) for name, number in numbers.items()}}
        for asked in case.questions:
            asking = bound(asked, template, question)
            if asking is None:
                continue
            found = [united(start, asking)]
            for name in names:
                found = [
                    whole
                    for slots in found
                    if slots is not None
                    for key, texts in template.story.facts.items()
                    if name in key.split()
                    for text in texts
                    for sentence in told
                    if (more := bound(text, template, sentence)) is not None
                    and (whole := united(slots, more)) is not None
                ]
            for slots in found:
                if slots is not None:
                    known = _without_untold(slots, template, (*told, question))
                    yield _Reading(template, case, equation, numbers, known)


def _without_untold(
    slots: dict[str, str], template: Template, told: Sequence[str]
) -> dict[str, str]:
    """Leave out the template's words that the story never uses: several templates can fit it."""
    words = all_forms(re.findall(r"[a-z]+", " ".join(told)))
    return {
        name: word
        for name, word in slots.items()
        if name not in template.words or set((filled(word, slots) or "").split()) <= words
    }


@cache
def _cases() -> list[tuple[Template, Case, Equation]]:
    return [
        (template, case, read(case.equation))
        for template in ALL_TEMPLATES
        for case in template.story.cases
    ]


def _resolved(sentence: str, before: Sequence[str]) -> str:
    text = normal(sentence)
    statement = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    pronoun, _, rest = statement.partition(" ")
    # A pronoun goes on with the last sentence; in the answer it can also mean whom all began with.
    meant = (before[0], before[-1]) if before and statement != text else before[-1:]
    for earlier in meant:
        name = next((word for word in re.findall(r"\w+", earlier) if word in _PRONOUNS), None)
        if name is not None and _PRONOUNS[name] == pronoun:
            return f"{name} {rest}"
    return statement


def _source(number: int) -> str:
    return f"what the story says of {number}"


def _work(calculation: str) -> str:
    return f"the calculation {calculation} and what it answers"
