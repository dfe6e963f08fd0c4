"""Reads the number or the expression behind an announcement, if it is the whole of what is announced."""

import re
import unicodedata

from mi_cot_lib.data.arithmetic import RELATIVE_TOLERANCE, equation_value
from mi_cot_lib.data.teacher.label import Label, Problem, end_of

# Opening signs of an equation: its own brackets are not among them.
_OPENING = re.compile(
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
_RANGE = re.compile(r"([\d.,]+)[ \t]*[-−–][ \t]*([\d.,]+)")
_DATE_OR_MIXED = re.compile(r"\d{1,4}([/-])\d{1,2}\1\d{1,4}|\d+-\d+/\d+")
_OF = re.compile(r"[ \t]+of\b", re.IGNORECASE)


def read_equation(text: str, start: int, limit: int, choices: tuple[str, ...]) -> Label | Problem:
    """Read a number or an arithmetic expression between two positions.

    A number that what follows would change, such as the 10 of "10^2" or the 5 of "5 million", is not
    read; neither is a range, nor a sentence with another number before its reason.
    """
    start = end_of(_OPENING, text, start, limit)
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
    stopped = border[0][-1:] in (".", ";", "!", "?")
    sentence = _SENTENCE.match(text, border.end(), limit)
    if stopped or sentence is None:
        return True
    rest = _REASON.split(_REMARK.sub("", sentence[0], count=1), maxsplit=1)[0]
    if _SIGN.match(rest) or _FIRST_WORD.match(rest) or _NUMBER_WORD.search(rest):
        return False
    return not any(unicodedata.numeric(letter, None) is not None for letter in rest)


def _is_range(written: str) -> bool:
    if _DATE_OR_MIXED.fullmatch(written):
        return True
    ends = _RANGE.fullmatch(written)
    if ends is None:
        return False
    first, last = (equation_value(end) for end in ends.groups())
    return first is not None and last is not None and first < last


def _is_other(written: str, value: float) -> bool:
    right = equation_value(written)
    # "10 / 3 = 3.33" is rounded, not another answer.
    decimals = len(written.partition(".")[2])
    return right is not None and abs(right - value) > 0.5 * 10**-decimals * (1 + RELATIVE_TOLERANCE)
