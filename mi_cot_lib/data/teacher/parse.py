"""Finds the rationale and the label in a teacher's raw text, whatever shape the text is in."""

import json
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mi_cot_lib.data.specs import AnswerType, dataset_spec
from mi_cot_lib.data.teacher.label_readers import (
    Label,
    Problem,
    read_choice,
    read_equation,
    read_nli,
)
from mi_cot_lib.data.teacher.marks import Span, announcements, bounds, is_weak, paragraph_end


class TeacherOutput(NamedTuple):
    """The reasoning before the announced answer, trimmed, and the answer in the gold label's form."""

    rationale: str | None
    label: str | None


class TeacherSegments(NamedTuple):
    """A teacher's text cut in five; joined in this order the segments are the text again.

    Attributes:
        lead: What stands before the reasoning: an echo of the question, thoughts, a heading.
        rationale: Everything before the announcement, white space included.
        announcement: From "So the answer is" to where the label starts; "" where there is none.
        label: The label as written; "" where none could be read.
        rest: What follows: full stop, blank lines and the invented further questions.
    """

    lead: str
    rationale: str
    announcement: str
    label: str
    rest: str


class Reading(NamedTuple):
    """A teacher's text as it was read.

    Its problem says why a part is missing: AMBIGUOUS where two labels are announced, OUTSIDE where what
    is announced is no label, UNPARSED for everything else; None where both parts could be read.
    """

    segments: TeacherSegments
    output: TeacherOutput
    problem: Problem | None


_READERS: dict[AnswerType, Callable[[str, int, int, tuple[str, ...]], Label | Problem]] = {
    "equation": read_equation,
    "choice": read_choice,
    "nli": read_nli,
}
# The end of a sentence that is the last one.
_LAST = re.compile(r"(?:[^\n.!?]|\.(?=\d))*[.!]?(?:[\s\"'*_`$)\]}]|</?\w+>|\[/\w+\])*\Z")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n|,?\s(?:because|since|as)\b")
# Words of the sentence of an announcement, up to which they are an answer and not reasoning.
_SHORT = 6
_LONGEST_SHORT = 100
_RATIONALE_KEYS = ("rationale", "reasoning", "explanation", "reason", "thought", "thoughts")


def parse_teacher_output(
    dataset: str, text: str, choices: Sequence[str] = (), question: str | None = None
) -> TeacherOutput:
    """Read the rationale and the label from a teacher's raw text.

    The first complete answer counts: an announcement ("So the answer is", "Answer:", "####", a box, a
    JSON key) that a label follows. Reading stops where the teacher runs on into an invented question
    (`Q:`, `Premise:`, `Example 2`, `### Instruction`, a special token and the like). A second answer
    before that which says something else leaves the label None; so do a label that names two answers,
    an equation without a value, and a number that is a part of another one ("10^2", "12:30"). Without
    an announcement neither part can be told from an unfinished text, and both are None.

    Labels: an equation's text for the svamp family; for cqa one of the `choices` (the text as written,
    or a marker such as "(d)", where they are not given); entailment, neutral or contradiction for NLI.

    `choices` are the question's, in their order; `question` is what the teacher was asked: a text that
    opens with another question is not read. No text makes it raise.
    """
    return read_teacher(dataset, text, choices, question).output


def split_teacher_output(
    dataset: str, text: str, choices: Sequence[str] = (), question: str | None = None
) -> TeacherSegments:
    """Cut a teacher's raw text in five without losing a character; see `parse_teacher_output`."""
    return read_teacher(dataset, text, choices, question).segments


def read_teacher(
    dataset: str, text: str, choices: Sequence[str] = (), question: str | None = None
) -> Reading:
    """Read a teacher's text and say why a part is missing; see `parse_teacher_output`."""
    spec = dataset_spec(dataset)
    # A text that is no answer to the question holds nothing of its own.
    start, end, thought = bounds(text, question) or (0, 0, (0, 0))
    found = announcements(text, start, end)
    if not found:
        segments = TeacherSegments(text[:start], text[start:end], "", "", text[end:])
        return Reading(segments, TeacherOutput(None, None), Problem.UNPARSED)

    read = _READERS[spec.answer_type]
    # A label is looked for up to the next announcement only, which keeps the whole search linear.
    borders = [begin for begin, _ in found[1:]] + [end]
    answers = [
        (span, read(text, span[1], border, tuple(choices)))
        for span, border in zip(found, borders, strict=True)
    ]
    (begin, stop), answer = _decide(answers, text, end)
    label = answer if isinstance(answer, Label) else None
    if found[0][0] == start < begin and text[slice(*found[0])].rstrip().endswith(":"):
        # "Answer: …" in front of the reasoning is a heading.
        start = found[0][1]
    if thought[1] > thought[0] and not text[start:begin].strip():
        start, begin = thought
    first, last = (label.start, label.end) if label else (stop, stop)
    segments = TeacherSegments(
        text[:start], text[start:begin], text[begin:first], text[first:last], text[last:]
    )
    written = label.meaning if label and isinstance(label.meaning, str) else segments.label
    output = TeacherOutput(_rationale(segments.rationale, text[start:]), written or None)
    unread = Problem.UNPARSED if output.rationale is None else None
    return Reading(segments, output, answer if isinstance(answer, Problem) else unread)


def _decide(
    answers: Sequence[tuple[Span, Label | Problem]], text: str, end: int
) -> tuple[Span, Label | Problem]:
    """Choose the first complete answer and its announcement.

    Another one before an invented question that says something else makes it ambiguous; without any, the
    last announcement ends the rationale. A weak one is an answer only at the end of the text.
    """
    # Where choices are not known, only a letter tells a choice from reasoning ("the answer is a place").
    marked = any(isinstance(each, Label) and each.marked for _, each in answers)
    told = {
        span: each is Problem.AMBIGUOUS or (isinstance(each, Label) and each.marked >= marked)
        for span, each in answers
    }
    strong = [(span, each) for span, each in answers if not is_weak(text, span)]

    def stop(of: Sequence[tuple[Span, Label | Problem]]) -> int:
        for span, each in of:
            if told[span] or _is_short(text, span[1], end):
                return paragraph_end(text, each.end if isinstance(each, Label) else span[1], end)
        return end

    until = stop(answers)
    if strong and strong[0][0][0] < until:
        until = stop(strong)
    complete = [(span, each) for span, each in answers if told[span] and span[0] < until]
    if not complete:
        outside = any(each is Problem.OUTSIDE for _, each in answers)
        return answers[-1][0], Problem.OUTSIDE if outside else Problem.UNPARSED
    (span, first), *others = sorted(complete, key=lambda answer: is_weak(text, answer[0]))
    if any(isinstance(other, Problem) or other.differs(first) for _, other in others):
        return span, Problem.AMBIGUOUS
    final = complete[-1][1]
    if is_weak(text, span) and isinstance(final, Label) and not _LAST.match(text, final.end, end):
        return span, Problem.UNPARSED
    return span, first


def _is_short(text: str, start: int, end: int) -> bool:
    """Say whether what is announced is an answer, though none that can be read, and not reasoning."""
    sentence = _SENTENCE_END.split(
        text[start : min(end, start + _LONGEST_SHORT)].strip(), maxsplit=1
    )
    return bool(sentence[0]) and len(re.findall(r"[^\W\d_]+", sentence[0])) <= _SHORT


def _rationale(written: str, text: str) -> str | None:
    if text.lstrip().removeprefix("```json").lstrip().startswith("{"):
        try:
            values, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        except (ValueError, RecursionError):
            values = {}
        if values:
            texts = (values.get(key) for key in _RATIONALE_KEYS)
            written = next((value for value in texts if isinstance(value, str)), "")
    return written.strip() or None
