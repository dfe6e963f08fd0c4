"""Reads the score out of a judge's reply; a number that was not given as the score is never one."""

import re

# What a model thinks before it answers. Its opening mark may stand in the prompt, unseen here.
_THOUGHT = r"think|thinking|thoughts?|reasoning|analysis|scratchpad"
_THINKING = re.compile(
    rf"(?P<open>[<\[◁](?:{_THOUGHT})[>\]▷]|<\|channel\|>analysis<\|message\|>)"
    rf"|[<\[◁]/(?:{_THOUGHT})[>\]▷]|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\[\[([^\[\]]*\d[^\[\]]*)\]\]")
_TAG = re.compile(r"<[/|]?([a-z][a-z _-]{0,30})\|?>", re.IGNORECASE)
_SCALE = re.compile(
    r"\((?:(?:on )?(?:a )?scale:? ?)?(?:of |from )?1 ?(?:[-–]|to) ?5\)"
    r"|(?:on )?(?:a |the )?scale (?:of |from )?1 ?(?:[-–]|to) ?5|\bfrom 1 ?(?:[-–]|to) ?5\b"
)
_PLAIN = {ord(mark): None for mark in "*`\"'“”‘’$#[]\\"} | {ord(mark): "\n" for mark in "{}"}
_PLAIN |= {ord("_"): " ", 0xFEFF: None, 0x200B: None}
# The wide forms of ASCII, which stand in one block in its order.
_WIDE = {0xFF01 + place: 0x21 + place for place in range(94)}
_BULLET = re.compile(r"(?:> )?(?:[-–—+•] (?=[a-z]))?")
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
# "One" is a pronoun, unless it ends its line or is one of five.
_WORD = re.compile(
    r"\b(?:two|three|four|five)\b"
    r"|\b(?<!this )(?<!that )(?<!the )one(?=[.!)]?(?:\n|$)| out of | stars?\b| to )"
)

_FIVE = r"(?: ?/ ?5(?:\.0+)?| (?:points? |stars? )?(?:out )?of (?:5|five))(?: points?\b| stars?\b)?"
_TWICE = re.compile(rf"\b([1-5]) \(\1({_FIVE})?\)")
_NUMBER = re.compile(rf"\d[\d.,]*(?:{_FIVE})?")
_SCORE = re.compile(rf"([1-5])(?:\.0+)?(?:{_FIVE}| points?| stars?)?")
# Any number with what belongs to it, so that 10, 4.5, -4 and 4/10 are seen as what they are.
_VALUE = (
    rf"(?P<value>(?<![\w.,/+−-])[-+−–]?\d(?:[\d.,/]*\d)?"
    rf"(?:{_FIVE}| ?/ ?\d+| (?:out )?of \d+| ?%| points?\b| stars?\b)?)(?!\w)"
)
# After a score its sentence ends or says why; another number after it makes a range or a choice, and a
# condition takes it back.
_END = (
    r"(?!,? (?:if|unless|were|had|provided)\b)"
    r"(?! ?[-–—/,(&+]? ?(?:or|to|and|maybe|perhaps|possibly)? ?(?:maybe |perhaps |even )?"
    r"(?:\d|one\b|(?:an? )?half\b))"
    r"(?= ?(?:$|[\n!;,()]|\.(?!\d)|: |[-–—] |(?:because|since|as)\b))"
)
_OPENING = r"(?:^|[\n.!?:;,(] ?|\b(?:so|thus|therefore|hence|and) )"
_OBJECT = r"(?:rationale|chain[ -]of[ -]thought|cot|example|explanation|reasoning)"
_ANNOUNCED = [
    re.compile(_OPENING + form + _VALUE + _END)
    for form in (
        rf"(?:(?:the|this|my|a|an|i|final|overall|total|quality|{_OBJECT}) )*"
        rf"(?:score|rating|grade)(?: (?:for|of) (?:this|the|it)(?: {_OBJECT})?)?"
        r"(?: ?(?:[:=→]|->) ?\n?| ?\n| [-–—] "
        r"| (?:is|would be|will be|should be)(?: ?:)?[ \n]?(?:an? |therefore )?)",
        r"i(?: would| will|d|ll)? (?:rate|give|score|grade|assign|award)"
        rf"(?: (?:it|this|that|one|the|an?|as|score|rating|of|with|at|{_OBJECT}))* ?:? ",
        rf"(?:it|this|(?:the|this) {_OBJECT}) (?:would )?"
        r"(?:deserves?|gets?|merits?|earns?|receives?|scores?|rates?)"
        r" (?:an? )?(?:score of |rating of )?",
    )
]
# What people say of a score, and of other numbers too.
_IT_IS = r"(?:it|this|that)(?: i)?s an? "
_SAID = re.compile(
    rf"{_OPENING}(?:i(?: would| will|d|ll)? (?:say|think|go with|choose|pick) (?:an? |{_IT_IS})?"
    rf"|{_IT_IS}|overall,? ){_VALUE}{_END}"
)
_FINAL = re.compile(r"\b(?:final|overall|total)\b")
_SUPPOSED = re.compile(r"\b(?:if|unless|were|had|until|when)\b")
# Letters in which a condition is looked for, so that a long reply is read in no time.
_LOOK_BACK = 200
_KEYS = (
    r"(?:(?:the|my|final|overall|total) )*(?:score|rating|grade|answer|judge?ment|verdict|evaluation"
    r"|assessment|response|reply|output|result|assistant|final|overall)"
)
_LINE = re.compile(rf"(?:(?P<other>{_KEYS}) ?[:=] ?|(?:score|rating|grade) |\()?{_VALUE}\)?[.!]?")
_FIRST = re.compile(
    rf"{_VALUE}(?: ?\(| [-–—] |: |,? (?:because|since|as) )"
    r"(?!.*(?:\d|\bone\b))"
)
_SENTENCE = re.compile(rf"(?:^|[.!?\n] ?)([1-5](?:\.0+)?{_FIVE})(?=[.!] |[.!]?(?:\n|$))")


def parse_score(text: str) -> int | None:
    """Read the score out of a judge's reply; what stands in the model's thoughts does not count.

    A number counts where the reply is nothing but a score, begins or ends with a line that is one, or
    announces it: "Score: 4/5", "I give it a 4.", "[[4]]", {"score": 4}; one that is only said ("I'd
    say 4.") where it is the only number. A final or overall score stands above others.

    Args:
        text: The reply.

    Returns:
        1 to 5, the paper's whole numbers; None where none is given, where several are, and for one
        between two (4.5) or out of range.
    """
    spoken = _spoken(text).translate(_WIDE)
    found = {_score(value) for value in _MARKED.findall(spoken)} or _given(_plain(spoken))
    return found.pop() if len(found) == 1 else None


def _spoken(text: str) -> str:
    spoken, thinking, start = [], False, 0
    for mark in _THINKING.finditer(text):
        if mark["open"]:
            spoken += [] if thinking else [text[start : mark.start()]]
        elif not thinking:
            spoken.clear()
        thinking, start = bool(mark["open"]), mark.end()
    return "" if thinking else "\n".join([*spoken, text[start:]])


def _plain(text: str) -> str:
    """Return lower-case lines without markup, each with single spaces; a tag <score> is a heading."""
    text = _TAG.sub(
        lambda tag: (
            f"\n{tag[1]}: " if re.fullmatch(_KEYS, tag[1].lower()) and tag[0][1] != "/" else " "
        ),
        text,
    )
    text = text.lower().replace("\\boxed", "").translate(_PLAIN)
    lines = (_BULLET.sub("", " ".join(line.split()), count=1) for line in text.split("\n"))
    text = _WORD.sub(lambda word: _WORDS[word[0]], "\n".join(line for line in lines if line))
    # "Four (4)" and "4 (four out of five)" give one score.
    return _TWICE.sub(r"\1\2", _SCALE.sub("", text)).strip()


def _given(text: str) -> set[int | None]:
    """Return every score that a text gives, None for a number given as a score that is none."""
    announced = [
        found
        for form in (*_ANNOUNCED, *([_SAID] if len(_NUMBER.findall(text)) == 1 else []))
        for found in form.finditer(text)
        if not _SUPPOSED.search(_sentence_before(text, found.start()))
    ]
    final = [found for found in announced if _FINAL.search(found[0])]
    values = [found["value"] for found in final or announced]
    lines = text.split("\n")
    others = [line for line in lines if re.search(r"[a-z]", line)]
    for line in {lines[0], lines[-1]}:
        whole = _LINE.fullmatch(line)
        # Beside an announced score, "Answer: 7" is the question's.
        if not whole or (announced and whole["other"]):
            continue
        if len(lines) == 1 or [other for other in others if other != line]:
            values.append(whole["value"])
    first = _FIRST.match(lines[0])
    if first and not any(line[:1].isdigit() for line in lines[1:]):
        values.append(first["value"])
    values += _SENTENCE.findall(text)
    return {_score(value) for value in values}


def _sentence_before(text: str, end: int) -> str:
    return re.split(r"[.!?\n]", text[max(0, end - _LOOK_BACK) : end])[-1]


def _score(value: str) -> int | None:
    found = _SCORE.fullmatch(" ".join(value.lower().split()))
    return int(found[1]) if found else None
