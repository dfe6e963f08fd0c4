"""Reads what is announced, if it is a label as a whole: a number, an expression, a choice, one of NLI's."""

import re
import string
import unicodedata
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from mi_cot_lib.data.arithmetic import RELATIVE_TOLERANCE, equation_value, same_value
from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.teacher.marks import OPENING, Span, end_of


class Problem(Enum):
    """Why no label could be read: its names are those of the counts of `mi-cot data check`."""

    AMBIGUOUS = "ambiguous"
    OUTSIDE = "outside"
    UNPARSED = "unparsed"


class Label(NamedTuple):
    """A label that was read, and where in the text."""

    start: int
    end: int
    # Comparable with other labels: a value, a choice, an NLI label.
    meaning: float | str
    # Whether it names a choice by its letter.
    marked: bool = False

    def differs(self, other: "Label | Problem") -> bool:
        """Say whether another answer to the question is not the same one."""
        if isinstance(other, Problem):
            return True
        if isinstance(self.meaning, float) and isinstance(other.meaning, float):
            return not same_value(self.meaning, other.meaning)
        return self.meaning != other.meaning


# Opening signs of an equation: its own brackets are not among them.
_BEFORE_EQUATION = re.compile(
    r"""(?:[\s"'“”‘’*_`€£:=]|\[|\\?\$|\\[(\[]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{|\{|<\w+>)*"""
    # "x = 7" says what x is.
    r"(?:[a-z]\s*=(?!=)[\s$]*)?",
    re.IGNORECASE,
)
_RUN = re.compile(
    r"(?:[0-9.,+\-*/×÷−–·⋅() \t\u00a0]|\{,\}|\\(?:times|cdot|div)(?![a-zA-Z])|[xX](?![^\W\d_]))*"
)
_EMPHASIS = re.compile(r"(?<=[\d).])\*+$")
_UNFINISHED = re.compile(r"[\s(]+$")
# "42. 3 were left" ends at the point; "7. 5" is one number, badly written.
_FULL_STOP = re.compile(
    r"\.(?=\s)(?!\s+\d(?![\d.,]*(?<=\d)[ \t]+(?!(?:because|since|as)\b)[^\W\d_]))", re.IGNORECASE
)
_CLOSING = r"""(?:["'”’*_`$\]}]|\\[)\]$]|</?\w+>)*"""
# Behind a number an end, a blank, a stop or a closing sign; "12:30", "3.33..." and "5,\n000" go on.
_BORDER = re.compile(
    rf"""{_CLOSING}(?:\s*\\(?:text|mathrm|textrm|mbox)\s*\{{)?
    (?:$|(?<=\{{)|(?=\s)|[.;:!?](?![ \t]*[\d=+*/]|\.\.)|,(?!\s*\d)|[—"'”’)])""",
    re.VERBOSE,
)
# The sentence goes on up to a reason; figures in a reason are not the answer's.
_REASON = re.compile(r"\b(?:because|since|as|so|given|if|when|where)\b", re.IGNORECASE)
_NEXT_KEY = re.compile(r"""[\s,]*"\w+"\s*:""")
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=\w)){0,300}")
_REMARK = re.compile(r"\s*\([^)\d]*\)")
_SIGN = re.compile(r"[\s(]*[%‰°^\\+*/×÷·⋅√<>≤≥:±~∼≈=@&|→¢∗∙•∕⁄]")
_LINE_GOES_ON = re.compile(r"[ \t]*\n[ \t]*[+*/×÷][ \t]*\d")
# A number with such a word is another one, or a part of one; a lone letter may be anything.
_NUMBER_WORD = re.compile(
    r"""\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|
    dozens?|tens|hundreds?|thousands?|millions?|billions?|trillions?|lakhs?|crores?|bn|mln|mil|mio|
    gross|hal[fv]\w*|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|
    hundredths?|thousandths?|per\s?cent|pct|squared|cubed|factorial|o['’]clock)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FIRST_WORD = re.compile(
    r"[\s(]*(?:and|or|to|plus|minus|times|divided|multiplied|over|mod|choose|score|[ap]\.?m\b|"
    r"(?:more|less|fewer|greater)\s+than|[b-zB-Z]\b(?!['’]))",
    re.IGNORECASE,
)
_RIGHT_SIDE = re.compile(rf"{_CLOSING}[ \t]*[=≈][ \t]*\$?(-?[\d,]*\d(?:\.\d{{1,15}})?)")
_OR_ANOTHER = re.compile(r"[ \t]*(?:or|to)[ \t]+\$?\d", re.IGNORECASE)
_FROM_TO = re.compile(r"([\d.,]+)[ \t]*[-−–][ \t]*([\d.,]+)")
_DATE_OR_MIXED = re.compile(r"\d{1,4}([/-])\d{1,2}\1\d{1,4}|\d+-\d+/\d+")
_OF = re.compile(r"[ \t]+of\b", re.IGNORECASE)


def read_equation(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read a number or an arithmetic expression between two positions.

    A number that what follows would change, such as the 10 of "10^2" or the 5 of "5 million", is not
    read; neither is a range, nor a sentence with another number before its reason.
    """
    start = end_of(_BEFORE_EQUATION, text, start, limit)
    stop = end_of(_RUN, text, start, limit)
    full_stop = _FULL_STOP.search(text, start, limit)
    if full_stop and full_stop.start() >= stop:
        full_stop = None
    # Points and blanks behind the last digit belong to the sentence, and so do the stars of emphasis.
    written = _UNFINISHED.sub("", text[start:stop]).rstrip(" \t\u00a0.,")
    tail = start + len(_EMPHASIS.sub("", written).rstrip("."))
    for end in (tail, full_stop.start()) if full_stop else (tail,):
        value = equation_value(text[start:end])
        if value is None or ("/" in text[start:end] and _OF.match(text, end, limit)):
            continue
        right = _RIGHT_SIDE.match(text, end, limit)
        if _is_range(text[start:end]) or (right and _is_other(right[1], value)):
            return Problem.AMBIGUOUS
        if end != tail or _is_whole(text, right.end() if right else end, limit):
            return Label(start, end, value)
    either = start < tail and _OR_ANOTHER.match(text, tail, limit)
    return Problem.AMBIGUOUS if either else Problem.UNPARSED


def _is_whole(text: str, end: int, limit: int) -> bool:
    border = _BORDER.match(text, end, limit)
    if border is None or _LINE_GOES_ON.match(text, border.end(), limit):
        return False
    if _NEXT_KEY.match(text, border.end(), limit):
        return True
    if border[0][-1:] in (".", ";", "!", "?"):
        return True
    sentence = text[border.end() : end_of(_SENTENCE, text, border.end(), limit)]
    rest = _REASON.split(_REMARK.sub("", sentence, count=1), maxsplit=1)[0]
    if _SIGN.match(rest) or _FIRST_WORD.match(rest) or _NUMBER_WORD.search(rest):
        return False
    return not any(unicodedata.numeric(letter, None) is not None for letter in rest)


def _is_range(written: str) -> bool:
    if _DATE_OR_MIXED.fullmatch(written):
        return True
    ends = _FROM_TO.fullmatch(written)
    if ends is None:
        return False
    first, last = (equation_value(end) for end in ends.groups())
    return first is not None and last is not None and first < last


def _is_other(written: str, value: float) -> bool:
    right = equation_value(written)
    # "10 / 3 = 3.33" is rounded, not another answer.
    decimals = len(written.partition(".")[2])
    return right is not None and abs(right - value) > 0.5 * 10**-decimals * (1 + RELATIVE_TOLERANCE)


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
# A label, or a word of one, that stands right behind the answer or opens the next sentence or line.
_NLI_NEXT = re.compile(
    rf"[.!?:;\n]*\s*(?:(?:or|and|no|rather|maybe|perhaps)\b[,.: ]*)*{OPENING}(entail|neutral|contradict)",
    re.IGNORECASE,
)

_MARKER = re.compile(r"[(\[]([A-Za-z])[)\]]")
_FIRST_MARKER = re.compile(
    r"(?:(?:option|choice)\s+)?([A-Za-z])(?:\)|[.:](?=\s|[*_]|$)|(?= [-–—] )|$)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[^\W\d_]{3})\.\s+(?=[A-Z])")
# What may stand before a letter: of any other word ("unlikely (b)") nobody knows what it makes of it.
_BEFORE_LETTER = re.compile(
    r"""(?:[\s"'“”‘’*_`:,\-–—]|(?:the|option|choice|answer|letter|number|either|most|likely|probably|"""
    r"clearly|definitely|therefore|is)\b)*",
    re.IGNORECASE,
)
_NO_CHOICE = re.compile(r"(?:one|none|any|some|all|either|both|neither) of\b", re.IGNORECASE)
_CHOICE_OPENING = re.compile(
    r"""(?:[\s"'“”‘’*_`${]|\\[(\[]|\\(?:boxed|fbox|text\w*|math\w+)\s*\{)*"""
)
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
    end = end_of(_NLI_SENTENCE, text, match.end(), limit)
    for named in _NLI_NAMED.finditer(text, match.end(), end):
        if not named["denied"] and named[2].lower() != label:
            return Problem.AMBIGUOUS
    for at in (match.end(), end):
        following = _NLI_NEXT.match(text, at, limit)
        if following and not label.startswith(following[1].lower()):
            return Problem.AMBIGUOUS
    return Label(*match.span(1), label)


def read_choice(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read an answer choice, by its letter, its text or both, between two positions.

    Where the question's choices are not known, any text is taken as written.
    """
    start = end_of(_CHOICE_OPENING, text, start, limit)
    line_end = text.find("\n", start, limit)
    end = limit if line_end < 0 else line_end
    sentence_end = _SENTENCE_END.search(text, start, end)
    end = sentence_end.start() if sentence_end else end
    markers = list(_MARKER.finditer(text, start, end))
    if len({match[1].lower() for match in markers}) > 1:
        return Problem.AMBIGUOUS
    marker = markers[0] if markers else None
    before = text[start : marker.start()] if marker else ""
    if marker and not _BEFORE_LETTER.fullmatch(before):
        named = match_choice(
            text[slice(*_trimmed(text, start, marker.start()))].rstrip(", "), choices
        )
        if not named or named != _choice_at(marker[1], choices):
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
        if marker and not written:
            first, last = marker.span()
        return Label(first, last, text[first:last], marker is not None)
    chosen = _chosen(written, marker[1] if marker else None, choices)
    ends = marker and text[marker.end() : marker.end() + 1] in (".", ",", ";")
    if chosen is Problem.OUTSIDE and marker and ends:
        # "(b). Paper is kept there": the letter is the answer.
        chosen = _chosen("", marker[1], choices)
    if isinstance(chosen, Problem):
        return chosen
    return Label(marker.start() if marker and not written else first, last, chosen, True)


def match_choice(label: str, choices: Sequence[str]) -> str | None:
    """Return the choice that an answer means, in the choice's own spelling; None where it means none.

    Compared are the texts, then the texts without regard to case, white space, an article in front and
    final stops, then a bare letter such as "(d)", "d)" or "D".
    """
    if label in choices:
        return label
    for spelling in (_plain, lambda text: _ARTICLE.sub("", _plain(text), count=1)):
        for choice in choices:
            if _plain(label) and spelling(choice) == spelling(label):
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
    named = {
        choice
        for choice in choices
        if re.search(rf"(?<!\w){re.escape(_plain(choice))}(?!\w)", _plain(written))
    }
    if len(named | {by_letter} - {None}) > 1:
        return Problem.AMBIGUOUS
    # "(a) learning about the world" for "learning about world"; a text of other words is no choice.
    said, words = (set(re.findall(r"\w+", _plain(each))) for each in (written, by_letter or ""))
    return by_letter if by_letter and (said <= words or words <= said) else Problem.OUTSIDE


def _choice_at(letter: str, choices: Sequence[str]) -> str | None:
    index = string.ascii_lowercase.index(letter.lower())
    return choices[index] if index < len(choices) else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split()).rstrip(".! ")


def _trimmed(text: str, start: int, end: int) -> Span:
    start = end_of(_BEFORE_CHOICE, text, start, end)
    return start, start + len(_BEHIND_CHOICE.sub("", text[start:end]))
