"""Finds the rationale and the label in a teacher's raw text, whatever shape the text is in."""

import re
from collections.abc import Callable
from typing import NamedTuple

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.specs import Family, dataset_spec


class TeacherOutput(NamedTuple):
    """What could be read from a teacher's text.

    Attributes:
        rationale: The reasoning before the announced answer, without surrounding white space.
        label: The announced answer in the gold label's form, as far as the text alone allows.
    """

    rationale: str | None
    label: str | None


class TeacherSegments(NamedTuple):
    """A teacher's text cut in four; joined in this order the segments are the text again.

    Attributes:
        rationale: Everything before the announcement, white space included.
        announcement: From "So the answer is" to where the label starts; "" where there is none.
        label: The label as written; "" where none could be read.
        rest: What follows: full stop, blank lines and the invented further questions.
    """

    rationale: str
    announcement: str
    label: str
    rest: str


Span = tuple[int, int]

_RUN_ON = {
    "svamp": re.compile(r"(?<!\w)Q:"),
    "cqa": re.compile(r"(?<!\w)Q:"),
    "anli1": re.compile(r"(?<!\w)Premise:"),
    "esnli": re.compile(r"(?<!\w)Premise:"),
}
_SENTENCE = r"(?:\b(?:so|thus|hence|therefore),?\s+)?\bthe\s+answer\s+is\b:?"
_ANNOUNCEMENT = re.compile(rf"{_SENTENCE}|\banswer:", re.IGNORECASE)
_BLANKS = re.compile(r"\s*")
_NLI_LABEL = re.compile(r"[\s\"'“(*]*(entailment|neutral|contradiction)\b", re.IGNORECASE)
_CHOICE_MARKER = re.compile(r"\([A-Za-z]\)")
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3})\.\s+(?=[A-Z])")
_NO_CHOICE = re.compile(r"(?:one|none|any|some|all|either|both|neither) of\b", re.IGNORECASE)
_EQUATION_RUN = re.compile(r"(?:[0-9.,+\-*/×÷−–() \t\u00a0]|[xX](?![^\W\d_]))*")
_NOT_THE_END = re.compile(
    r"(?<=\S)[\w%]|\s*(?:and|or|plus|minus|times|divided|percent)\b", re.IGNORECASE
)
_FULL_STOP = re.compile(r"\.(?=\s)")


def parse_teacher_output(dataset: str, text: str) -> TeacherOutput:
    """Read the rationale and the label from a teacher's raw text.

    The text is cut where the teacher runs on into an invented question (`Q:` or `Premise:`). The
    last announcement ("So the answer is", "The answer is", "Answer:", in any case) that a label
    follows is the one that counts. Without an announcement neither part can be told from an
    unfinished text, and both are None. A label that names two answers, or an equation without a
    value, is None while its rationale is kept.

    Labels: an equation's text for the svamp family; a choice's text for cqa (its marker, such as
    "(d)", where the text holds nothing else); entailment, neutral or contradiction for NLI.

    Args:
        dataset: Any data set's name; it says which teacher format to expect.
        text: Any string.

    Raises:
        ConfigError: No data set has that name. No text makes it raise.
    """
    segments = split_teacher_output(dataset, text)
    if not segments.announcement:
        return TeacherOutput(None, None)
    label = segments.label
    if dataset_spec(dataset).answer_type == "nli":
        label = label.lower()
    return TeacherOutput(segments.rationale.strip() or None, label or None)


def split_teacher_output(dataset: str, text: str) -> TeacherSegments:
    """Cut a teacher's raw text into four segments without losing a character.

    Args:
        dataset: Any data set's name.
        text: Any string.

    Raises:
        ConfigError: No data set has that name.
    """
    family = dataset_spec(dataset).family
    run_on = _RUN_ON[family].search(text)
    end = run_on.start() if run_on else len(text)
    found = [match.span() for match in _ANNOUNCEMENT.finditer(text, 0, end)]
    if not found:
        return TeacherSegments(text[:end], "", "", text[end:])

    read = _LABEL_READERS[family]
    # A label is looked for up to the next announcement only, which keeps the whole search linear.
    limits = [start for start, _ in found[1:]] + [end]
    for (start, stop), limit in zip(reversed(found), reversed(limits), strict=True):
        span = read(text, stop, limit)
        if span is not None:
            return TeacherSegments(
                text[:start], text[start : span[0]], text[span[0] : span[1]], text[span[1] :]
            )
    start, stop = found[-1]
    return TeacherSegments(text[:start], text[start:stop], "", text[stop:])


def _nli_span(text: str, start: int, limit: int) -> Span | None:
    match = _NLI_LABEL.match(text, start, limit)
    return match.span(1) if match else None


def _choice_span(text: str, start: int, limit: int) -> Span | None:
    start = _skip_blanks(text, start, limit)
    line_end = text.find("\n", start, limit)
    end = limit if line_end < 0 else line_end
    sentence_end = _SENTENCE_END.search(text, start, end)
    if sentence_end:
        end = sentence_end.start()
    markers = [match.span() for match in _CHOICE_MARKER.finditer(text, start, end)]
    if len(markers) > 1:
        return None
    first, last = _trimmed(text, markers[0][1] if markers else start, end)
    if first < last:
        undecided = not markers and _NO_CHOICE.match(text, first, last)
        return None if undecided else (first, last)
    return markers[0] if markers else None


def _equation_span(text: str, start: int, limit: int) -> Span | None:
    start = _skip_blanks(text, start, limit)
    if text[start:limit].startswith("$"):
        start += 1
    run = _EQUATION_RUN.match(text, start, limit)
    if run is None:
        return None
    whole = _NOT_THE_END.match(text, run.end(), limit) is None
    full_stop = _FULL_STOP.search(text, start, run.end())
    ends = ([run.end()] if whole else []) + ([full_stop.start()] if full_stop else [])
    for end in ends:
        first, last = _trimmed(text, start, end, ".,")
        if equation_value(text[first:last]) is not None:
            return first, last
    return None


def _skip_blanks(text: str, start: int, limit: int) -> int:
    match = _BLANKS.match(text, start, limit)
    return match.end() if match else start


def _trimmed(text: str, start: int, end: int, marks: str = ".") -> Span:
    start = _skip_blanks(text, start, end)
    end = start + len(text[start:end].rstrip())
    if end > start and text[end - 1] in marks:
        end = start + len(text[start : end - 1].rstrip())
    return start, end


_LABEL_READERS: dict[Family, Callable[[str, int, int], Span | None]] = {
    "svamp": _equation_span,
    "cqa": _choice_span,
    "anli1": _nli_span,
    "esnli": _nli_span,
}
