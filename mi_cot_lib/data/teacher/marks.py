"""Where the parts of a teacher's text begin: its own reasoning, announced answers, invented questions."""

import re
from typing import NamedTuple

Span = tuple[int, int]

# What stands around an answer without being part of it: white space, quotes, Markdown, brackets, LaTeX.
OPENING = r"""(?:[\s"'“”‘’*_`$(\[{]|\\[(\[]|\\(?:boxed|fbox|text|textbf|mathbf|mathrm)\s*\{)*"""

_SPECIAL_TOKEN = (
    r"<\|[^|\n]{1,40}\|>|</?s>|</?(?:bos|eos|pad|endoftext|start_of_turn|end_of_turn)>|\[/?INST\]"
)
_QUESTION_WORD = (
    r"(?:(?:next|new|another|following|math|word)[ \t]+)?(?:q|questions?|problem|example|exercise|task|"
    r"premise|hypothesis|context|passage|sentence|statement|claim|text|story|puzzle|prompt|instructions?|"
    r"input|query|user|human|system|student)"
)
# At the start of a line or of a sentence; inside a sentence such words belong to the reasoning.
_AT_START = r"""(?:^[ \t>*_\#-]*|(?<=[.!?"')\]*])\s+[*_]*)"""
_QUESTION = re.compile(
    rf"""(?-i:(?<!\w)(?:Q|Question|Premise|User|Human):)
    | {_AT_START}{_QUESTION_WORD}[ \t]*(?:no\.?[ \t]*)?\#?[ \t]?\d*[*_]*[ \t]*:
    | {_AT_START}(?:question|problem|example|exercise|task)[ \t]*(?:no\.?[ \t]*)?\#?[ \t]?\d+\b
    | {_AT_START}q[ \t]?\d*[*_]*[.)](?=[\s*_])
    | (?<=\n)[ \t>*_\#-]*{_QUESTION_WORD}[ \t]*\#?\d*[*_]*[ \t]*$
    | ^[ \t>*_\#-]*\[{_QUESTION_WORD}[ \t]*\#?\d*\]
    | <{_QUESTION_WORD}[ \t]*\#?\d*>
    | ^\#{{1,6}}[ \t]*{_QUESTION_WORD}\b
    | {_SPECIAL_TOKEN}""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# Where a heading opens: a line, a sentence, or with a capital letter.
_OPENS = r"(?:^[ \t>*_\#-]*|(?<=[.!?]\s)[*_]*|\b(?-i:(?=[A-Z])))"
_ANSWER = rf"""(?:\b(?:so|thus|hence|therefore),?\s+)?\b(?:the|my|our)\s+
        (?:(?:final|correct)\s+)?answer\s+is\b:?
    | (?:\b(?:so|thus|hence|therefore),?\s+|^|(?<=[.!?]\s))(?:final\s+)?answer\s+is\b:?
    | (?:\b(?:so|thus|hence|therefore),?\s+)?\bthe\s+
        (?:(?:final|correct|right)\s+(?:choice|option|label)|label)\s+is\b:?
    | (?:^[ \t]*[-•][ \t]+)?(?:\b(?:the|my|our)[ \t]+)?(?<!\w)["'*_`]{{0,6}}
        (?:(?:final|correct)[ _])?answer["'*_`]*[ \t]*(?:[:=]>?|->|→)
    | {_OPENS}(?:final[ ])?(?:answer|ans\b\.?)[*_]*[ \t]+[-–—](?=[ \t])
    | {_OPENS}ans[*_]*(?:\.[*_]*(?=[ \t:])|(?=[ \t]*[:=]))(?:[ \t]*[:=])?
    | {_OPENS}final[ _](?:result|label|choice|option|prediction|verdict)[*_]*[ \t]*[:=]
    | "(?:label|prediction)"[ \t]*:
    | ^[ \t*_\#]*(?:final[ ])?answer[*_]*[ \t]*:?[ \t]*$
    | ^[ \t]*\#{{4}}(?=[ \t]|[-(\d$])
    | (?:(?<!\S)(?:\$\$?|\\[(\[])[ \t]*)?\\(?:boxed|fbox)[ \t]*(?=\{{)
    | [<\[](?:final[ _])?answer[>\]]:?"""
# Steps have results and choices too: these announce an answer only where nothing follows.
_WEAK = rf"""{_OPENS}(?:correct[ ])?(?:result|label|prediction|choice|option|verdict|relationship)
        [*_]*[ \t]*[:=]"""
_WEAK_ALONE = re.compile(_WEAK, re.IGNORECASE | re.VERBOSE)
_ANNOUNCEMENT = re.compile(rf"{_ANSWER}|{_WEAK}", re.IGNORECASE | re.MULTILINE | re.VERBOSE)
_OPENING = re.compile(OPENING)
_NEW_PARAGRAPH = re.compile(
    rf"""\n[ \t*_]*\(?(?!1\b)\d{{1,3}}[.):](?=[^\n]*\?[ \t*_]*$)
    | \n[ \t]*(?:[-=*]{{3,}}[ \t]*)?\n
    (?!\s*(?:wait|actually|however|but|no|hmm+|correction|sorry|on\ second|rather|instead|
    alternatively|let\ me|so|thus|hence|therefore|in\ conclusion|finally)\b|\s*{OPENING}(?:{_ANSWER}))""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_SKIPPED = re.compile(
    rf"(?:\s+|{_SPECIAL_TOKEN})*(?:assistant\s*:?\s*\n|assistant:)?\s*", re.IGNORECASE
)
_REASONING = re.compile(
    r"^[ \t*_#]*(?:a|reasonings?|rationale|explanation|solution|response)[*_]*[ \t]*:[*_]*"
    r"|^[ \t*_#]*(?=answer[*_]*[ \t]*:)"
    rf"|</{_QUESTION_WORD}>|^[ \t]*[<\[](?:reasonings?|rationale|explanation|solution|response)[>\]]",
    re.IGNORECASE | re.MULTILINE,
)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


_HEADINGS = _words(
    "q question problem example exercise task premise hypothesis context passage instruction input user "
    "human answer choices options story puzzle prompt"
)


class Bounds(NamedTuple):
    """Where a teacher's own reasoning and answer lie in its text."""

    # Behind an echo of the question and thoughts.
    start: int
    # Where an invented question begins, or the text ends.
    end: int
    # The inside of `<think>…</think>`; empty where there is none.
    thought: Span


def end_of(pattern: re.Pattern[str], text: str, start: int, limit: int) -> int:
    """Return where a pattern that begins at `start` ends; `start` where it does not."""
    match = pattern.match(text, start, limit)
    return match.end() if match else start


def bounds(text: str, question: str | None) -> Bounds | None:
    """Find where a teacher's own reasoning begins and where it runs on into an invented question.

    None for a text that opens with another question than was asked, or whose thoughts never end; where
    `question` is None, any opening question is taken for the one that was asked.
    """
    thought = _thought(text)
    if thought is None:
        return None
    start = thought[1]
    if start:
        start = text.index(">", start) + 1
    start = end_of(_SKIPPED, text, start, len(text))
    opening = _QUESTION.match(text, start)
    if opening:
        reasoning = _REASONING.search(text, opening.end())
        # "Premise: … Answer: neutral" alone may be a question of the teacher's own.
        answers_at_once = reasoning is not None and not reasoning[0].strip()
        if reasoning is None or (answers_at_once and question is None):
            return None
        if question is not None and _is_other_question(text[start : reasoning.start()], question):
            return None
        start = reasoning.end()
    else:
        start = end_of(_REASONING, text, start, len(text))
    found = _QUESTION.search(text, start)
    return Bounds(start, found.start() if found else len(text), thought)


def announcements(text: str, start: int, end: int) -> list[Span]:
    """Find what announces an answer: "So the answer is", "Answer:", "####", a box and the like.

    Announcements with nothing between them ("The answer is \\boxed{7}") are one.
    """
    found: list[Span] = []
    for match in _ANNOUNCEMENT.finditer(text, start, end):
        first, last = match.span()
        if found and _OPENING.fullmatch(text, found[-1][1], first):
            first = found.pop()[0]
        found.append((first, last))
    return found


def is_weak(text: str, span: Span) -> bool:
    """Say whether an announcement may be that of a step: "Result:", "Choice:"."""
    return _WEAK_ALONE.fullmatch(text[slice(*span)]) is not None


def paragraph_end(text: str, start: int, end: int) -> int:
    """Return where the paragraph of an answer ends, with those that take the answer up again.

    An invented question is often set off by a blank line alone, or by the next number of a list.
    """
    found = _NEW_PARAGRAPH.search(text, start, end)
    return found.start() if found else end


def _thought(text: str) -> Span | None:
    tag = _THOUGHT.search(text)
    if tag is None:
        return 0, 0
    if tag[1]:
        # Some servers strip the opening tag, which the prompt had written already.
        return 0, tag.start()
    if text[: tag.start()].strip():
        return 0, 0
    for closing in _THOUGHT.finditer(text, tag.end()):
        if closing[1]:
            return tag.end(), closing.start()
    return None


def _is_other_question(echo: str, question: str) -> bool:
    echoed = re.sub(r"(?m)^\W*(?:[a-z]+[ \t]*#?\d*[ \t]*:|\(?[a-z]\))", " ", echo.casefold())
    return not _words(echoed) - _HEADINGS <= _words(question.casefold())
