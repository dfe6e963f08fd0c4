"""How the released code (DSS, and the MI paper after it) reads a teacher's text: for comparison.

Kept because published teacher accuracies and training targets depend on these rules. The kit itself
trains on what `parse.py` reads. Source: `data_utils.py` of google-research/distilling-step-by-step,
retold here: each rule is a few cuts at literal strings, case-sensitive, without a second try.
"""

import re

from mi_cot_lib.data.arithmetic import equation_value
from mi_cot_lib.data.specs import dataset_spec

FAILED = ("", "")

_PYTHON_ARITHMETIC = re.compile(r"[0-9.+\-*/() ]*")


def parse_as_released(dataset: str, text: str) -> tuple[str, str]:
    """Read (rationale, label) as the released code does; "" for what it could not read.

    - cqa: cut at "Q:"; there must be exactly one "So the answer is" (the released code stops with
      an error otherwise); the label follows the first "(x)" up to the next one, less a full stop.
    - svamp: cut at "Q:"; exactly one "The answer is"; the label reaches from the first opening to
      the last closing bracket of that line.
    - anli1: cut at "Premise:"; exactly one "So the answer is"; the label is what follows less its
      last character, whatever that is.
    - esnli: the rationale is everything before "Answer:"; the label reaches from the first
      "Answer: " to "Premise".
    """
    return _RULES[dataset_spec(dataset).family](text)


def value_as_released(equation: str) -> float | None:
    """Return the value that the released code's scoring gives an equation, None where it fails.

    That code hands the text to Python, to which `(34 + 40) and (62 - 17)` means the second value
    (the first where it is zero). Two of SVAMP's 800 training labels count as right for this reason
    alone, so the published teacher accuracy needs it. A comma or a typographic sign is an error
    there.
    """
    parts = _conjuncts(equation.strip())
    if not all(_PYTHON_ARITHMETIC.fullmatch(part) for part in parts):
        return None
    values = [equation_value(part) for part in parts]
    if None in values:
        return None
    return next((value for value in values if value == 0), values[-1])


def _conjuncts(equation: str) -> list[str]:
    parts = re.split(r"\s+and\s+", equation)
    if len(parts) > 1 and parts[0].count("(") == parts[0].count(")") + 1:
        parts = re.split(r"\s+and\s+", equation.removeprefix("(").removesuffix(")"))
    return parts


def _announced(text: str, question: str, announcement: str) -> tuple[str, str]:
    parts = _before(text, question).rstrip().split(announcement)
    return (parts[0].rstrip(), parts[1]) if len(parts) == 2 else FAILED


def _cqa(text: str) -> tuple[str, str]:
    rationale, answer = _announced(text, "Q:", "So the answer is")
    after_marker = re.split(r"\(.\)", answer)[1:]
    return rationale, after_marker[0].strip().removesuffix(".") if after_marker else ""


def _svamp(text: str) -> tuple[str, str]:
    rationale, answer = _announced(text, "Q:", "The answer is")
    bracketed = re.search(r"\(.*\)", answer)
    return rationale, bracketed.group() if bracketed else ""


def _anli(text: str) -> tuple[str, str]:
    rationale, answer = _announced(text, "Premise:", "So the answer is")
    return rationale, answer.lstrip()[:-1]


def _esnli(text: str) -> tuple[str, str]:
    after = text.split("Answer: ")[1:]
    return _before(text, "Answer:").rstrip(), _before(after[0], "Premise").rstrip() if after else ""


def _before(text: str, mark: str) -> str:
    return text.partition(mark)[0]


_RULES = {"cqa": _cqa, "svamp": _svamp, "anli1": _anli, "esnli": _esnli}
