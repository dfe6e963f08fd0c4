"""Reads the label behind an announcement: an equation, a choice, or one of NLI's three."""

import re
import string
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from mi_cot_lib.data.arithmetic import RELATIVE_TOLERANCE, equation_value, same_value
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.teacher_marks import OPENING, Span


class Problem(Enum):
    """Why no label could be read: its names are those of the counts of `mi-cot data check`."""

    AMBIGUOUS = "ambiguous"
    OUTSIDE = "outside"
    UNPARSED = "unparsed"


class Label(NamedTuple):
    """A label that was read.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        meaning: What it says, comparable with other labels: a value, a choice, an NLI label.
        marked: Whether it names a choice by its letter.
    """

    start: int
    end: int
    meaning: float | str
    marked: bool = False

    def differs(self, other: "Label | Problem") -> bool:
        """Say whether another answer to the question is not the same one."""
        if isinstance(other, Problem):
            return True
        if isinstance(self.meaning, float) and isinstance(other.meaning, float):
            return not same_value(self.meaning, other.meaning)
        return self.meaning != other.meaning


_LABELS = "|".join(NLI_LABELS)
# "neutral-ish" is none of them; "entailment-neutral" is two.
_ONE_OF_NLI = rf"({_LABELS})(?!\w|-(?!(?:{_LABELS})\b)\w)"
_NLI = re.compile(
    rf"{OPENING}(?:either\s+{OPENING})?(?:[A-Za-z0-9][).:\]]\s*{OPENING})?{_ONE_OF_NLI}",
    re.IGNORECASE,
)
_NLI_NAMED = re.compile(
    rf"(?P<denied>\b(?:not|nor|neither|no|than|instead of)\s+(?:an?\s+)?)?{OPENING}\b{_ONE_OF_NLI}",
    re.IGNORECASE,
)

_NLI_SENTENCE = re.compile(r"[^.\n]*")

# Opening signs of an equation: its own brackets are not among them.
_EQUATION_OPENING = re.compile(
    r"""(?:[\s"'“”‘’*_`€£:=]|\[|\\?\$|\\[(\[]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{|\{)*"""
)
_EQUATION_RUN = re.compile(
    r"(?:[0-9.,+\-*/×÷−–·⋅() \t\u00a0]|\{,\}|\\(?:times|cdot|div)(?![a-zA-Z])|[xX](?![^\W\d_]))*"
)
_CLOSING = r"""(?:["'”’*_`$\]}]|\\[)\]$]|</?\w+>)*"""
_UNIT = r"(?:\\(?:text|mathrm|textrm|mbox)\s*\{)?"
_WORD_OF_A_NUMBER = (
    r"and|or|to|plus|minus|times|divided|multiplied|over|percent|per\s?cent|squared|cubed|dozens?|"
    r"hundreds?|thousands?|millions?|billions?|trillions?|gross|score|half|halves|thirds?|quarters?|"
    r"fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?|thousandths?|"
    r"o['’]clock|[ap]\.?m\b\.?|(?:more|less|fewer)\s+than|to\s+the|mod|choose|factorial"
)
_BEFORE_A_REASON = "because|since|as|for|after|of|from|in|on|at|by|with|if|when|so"
# What may stand behind a number for it to be the whole answer: an end, a stop, a unit. A sign that
# would go on with the number ("10^2", "12:30", "5 million", "5 feet 3 inches") may not.
_WHOLE = re.compile(
    rf"""{_CLOSING}{_UNIT}(?:$|(?=\s)|[.,;:!?](?![ \t]*\d|\.\.|[ \t]*[=+*/])|[—"'”’)]|(?=[=≈])|(?<=\{{))
    (?![ \t\u00a0(]*(?:(?:{_WORD_OF_A_NUMBER})(?!\w)|[\d%‰°^²³½¼¾⅓⅔\\+*/×÷·⋅√!<>≤≥:]))
    (?![ \t]+(?:[^\W\d_]+[ \t]+){{1,3}}(?:and|or|plus|minus|times|to|[+\-−–*/×÷&])[ \t]+\$?\d)
    (?![ \t]+(?!(?:{_BEFORE_A_REASON})\b)[^\W\d_]+[ \t]+\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_RIGHT_SIDE = re.compile(rf"{_CLOSING}[ \t]*=[ \t]*\$?(-?[\d,]*\d(?:\.\d{{1,15}})?)")
_OR_ANOTHER = re.compile(r"[ \t]*(?:or|to)[ \t]+\$?\d", re.IGNORECASE)
_RANGE = re.compile(r"([\d.,]+)[ \t]*[-−–][ \t]*([\d.,]+)")
_OF = re.compile(r"[ \t]+of\b", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}([/-])\d{1,2}\1\d{1,4}")
_FULL_STOP = re.compile(r"\.(?=\s)")
_EMPHASIS = re.compile(r"(?<=[\d).])\*+$")
_UNFINISHED = re.compile(r"[\s(]+$")

_MARKER = re.compile(r"[(\[]([A-Za-z])[)\]]")
_FIRST_MARKER = re.compile(
    r"(?:(?:option|choice)\s+)?([A-Za-z])(?:\)|[.:](?=\s|[*_]|$)|$)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3})\.\s+(?=[A-Z])")
_DENIED = re.compile(r"\b(?:not|never|neither|nor|except)\b|n['’]t\b", re.IGNORECASE)
_NO_CHOICE = re.compile(r"(?:one|none|any|some|all|either|both|neither) of\b", re.IGNORECASE)
_CHOICE_OPENING = re.compile(r"""(?:[\s"'“”‘’*_`${]|\\[(\[]|\\(?:boxed|fbox|text|textbf)\s*\{)*""")
_BEFORE_CHOICE = re.compile(r"""[\s"'“”‘’*_`:\-–—]*""")
_BEHIND_CHOICE = re.compile(
    r"""(?:[\s"'”’*_`$}]|\\[)\]]|</\w+>)*(?:\.[\s"'”’*_`$}]*)?(?:</\w+>|\\[)\]])?\Z"""
)
_BARE_LETTER = re.compile(r"[(\[]?([A-Za-z])[)\].]?")
_ARTICLE = re.compile(r"(?:an?|the) ")


def read_nli(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read entailment, neutral or contradiction between two positions."""
    match = _NLI.match(text, start, limit)
    if match is None:
        return Problem.OUTSIDE if text[start:limit].strip() else Problem.UNPARSED
    label = match[1].lower()
    sentence = _NLI_SENTENCE.match(text, match.end(), limit)
    for named in _NLI_NAMED.finditer(text, match.end(), sentence.end() if sentence else limit):
        if not named["denied"] and named[2].lower() != label:
            return Problem.AMBIGUOUS
    return Label(*match.span(1), label)


def read_equation(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read a number or an arithmetic expression between two positions.

    A number that what follows would change, such as the 10 of "10^2" or the 5 of "5 million", is not
    read; neither is a range.
    """
    start = _end_of(_EQUATION_OPENING, text, start, limit)
    stop = _end_of(_EQUATION_RUN, text, start, limit)
    full_stop = _FULL_STOP.search(text, start, stop)
    # Points and blanks behind the last digit belong to the sentence, and so do the stars of emphasis.
    written = _UNFINISHED.sub("", text[start:stop]).rstrip(" \t\u00a0.,")
    tail = start + len(_EMPHASIS.sub("", written).rstrip("."))
    whole = _WHOLE.match(text, tail, limit)
    ends = ([tail] if whole else []) + ([full_stop.start()] if full_stop else [])
    for end in ends:
        value = equation_value(text[start:end])
        if value is None or ("/" in text[start:end] and _OF.match(text, end, limit)):
            continue
        if _is_range_or_date(text[start:end]) or _other_right_side(text, end, limit, value):
            return Problem.AMBIGUOUS
        return Label(start, end, value)
    either = start < tail and _OR_ANOTHER.match(text, tail, limit)
    return Problem.AMBIGUOUS if either else Problem.UNPARSED


def read_choice(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read an answer choice, by its letter, its text or both, between two positions.

    Args:
        text: The teacher's.
        start: Where the announcement ends.
        limit: Where the next one begins.
        choices: The question's, in their order; empty where they are not known, and then any text is
            taken as written.
    """
    start = _end_of(_CHOICE_OPENING, text, start, limit)
    line_end = text.find("\n", start, limit)
    end = limit if line_end < 0 else line_end
    sentence_end = _SENTENCE_END.search(text, start, end)
    end = sentence_end.start() if sentence_end else end
    markers = list(_MARKER.finditer(text, start, end))
    if len({match[1].lower() for match in markers}) > 1:
        return Problem.AMBIGUOUS
    marker = markers[0] if markers else None
    if marker and _DENIED.search(text, start, marker.start()):
        return Problem.OUTSIDE
    first, last = _trimmed(text, start, end)
    if marker is None and match_choice(text[first:last], choices) is None:
        marker = _FIRST_MARKER.match(text, first, last)
    first, last = _trimmed(text, marker.end() if marker else start, end)
    written = text[first:last]
    if not written and marker is None:
        return Problem.UNPARSED
    if not choices:
        if marker is None and _NO_CHOICE.match(written):
            return Problem.OUTSIDE
        span = (first, last) if written else marker.span()
        return Label(*span, text[slice(*span)], marker is not None)
    chosen = _chosen(written, marker[1] if marker else None, choices)
    ends = marker and text[marker.end() : marker.end() + 1] in (".", ",", ";")
    if chosen is Problem.OUTSIDE and ends:
        # "(b). Paper is kept there": the letter is the answer.
        chosen = _chosen("", marker[1], choices)
    if isinstance(chosen, Problem):
        return chosen
    return Label(first if written else marker.start(), last, chosen, True)


def match_choice(label: str, choices: Sequence[str]) -> str | None:
    """Return the choice that an answer means, in the choice's own spelling; None where it means none.

    Compared are the texts, then the texts without regard to case, white space, an article in front and
    final stops, then a bare letter such as "(d)", "d)" or "D".
    """
    if label in choices:
        return label
    plain = _plain(label)
    for spelling in (_plain, lambda text: _ARTICLE.sub("", _plain(text), count=1)):
        for choice in choices:
            if plain and spelling(choice) == spelling(label):
                return choice
    letter = _BARE_LETTER.fullmatch(label)
    return _choice_at(letter[1], choices) if letter else None


def _chosen(written: str, letter: str | None, choices: Sequence[str]) -> str | Problem:
    by_text = match_choice(written, choices) if written else None
    by_letter = _choice_at(letter, choices) if letter else None
    if by_text and by_letter:
        return by_text if by_text == by_letter else Problem.AMBIGUOUS
    if by_text and not letter:
        return by_text
    named = [choice for choice in choices if _names(written, choice)]
    if len(set(named) | {by_letter} - {None}) > 1:
        return Problem.AMBIGUOUS
    # "(a) learning about the world" for "learning about world"; a text of other words is no choice.
    said, words = (set(re.findall(r"\w+", _plain(each))) for each in (written, by_letter or ""))
    return by_letter if by_letter and (said <= words or words <= said) else Problem.OUTSIDE


def _choice_at(letter: str, choices: Sequence[str]) -> str | None:
    index = string.ascii_lowercase.index(letter.lower())
    return choices[index] if index < len(choices) else None


def _names(text: str, choice: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(choice))}(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split()).rstrip(".! ")


def _trimmed(text: str, start: int, end: int) -> Span:
    start = _end_of(_BEFORE_CHOICE, text, start, end)
    return start, start + len(_BEHIND_CHOICE.sub("", text[start:end]))


def _end_of(pattern: re.Pattern[str], text: str, start: int, limit: int) -> int:
    match = pattern.match(text, start, limit)
    return match.end() if match else start


def _is_range_or_date(written: str) -> bool:
    if _DATE.fullmatch(written):
        return True
    ends = _RANGE.fullmatch(written)
    if ends is None:
        return False
    first, last = (equation_value(end) for end in ends.groups())
    return first is not None and last is not None and first < last


def _other_right_side(text: str, end: int, limit: int, value: float) -> bool:
    equals = _RIGHT_SIDE.match(text, end, limit)
    right = equation_value(equals[1]) if equals else None
    if equals is None or right is None:
        return False
    # "10 / 3 = 3.33" is rounded, not another answer.
    decimals = len(equals[1].partition(".")[2])
    return abs(right - value) > 0.5 * 10**-decimals * (1 + RELATIVE_TOLERANCE)
