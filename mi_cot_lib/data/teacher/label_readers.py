"""Reads the label behind an announcement: a choice, or one of NLI's three."""

import re
import string
from collections.abc import Sequence

from mi_cot_lib.data.specs import NLI_LABELS
from mi_cot_lib.data.teacher.label import Label, Problem, end_of
from mi_cot_lib.data.teacher.marks import OPENING, Span

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

    Args:
        text: The teacher's.
        start: Where the announcement ends.
        limit: Where the next one begins.
        choices: The question's, in their order; empty where they are not known, and then any text is
            taken as written.
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
    start = end_of(_BEFORE_CHOICE, text, start, end)
    return start, start + len(_BEHIND_CHOICE.sub("", text[start:end]))
