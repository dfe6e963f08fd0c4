"""Reads the value of an equation such as `( 84.0 / 2.0 )` without ever executing text."""

import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction

MAX_LENGTH = 500
RELATIVE_TOLERANCE = 1e-6

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>
            [1-9][0-9]{0,2}(?:(?:,|\{,\})[0-9]{3})+(?:\.[0-9]+)?(?![0-9,{])
          | [0-9]+(?:\.[0-9]*)?
          | \.[0-9]+
        )
      | (?P<sign>[-+*/×÷−–·⋅()]|\\(?:times|cdot|div)(?![a-zA-Z]))
      | (?P<times>(?<=\s)[xX](?=\s))
    )""",
    re.VERBOSE,
)
_SPELLING = {
    **{"×": "*", "·": "*", "⋅": "*", "\\times": "*", "\\cdot": "*"},
    **{"÷": "/", "\\div": "/", "−": "-", "–": "-"},
}
_MARKS = re.compile(r"[,{}]")
_UNARY: dict[str, Callable[[Fraction], Fraction]] = {"plus": operator.pos, "minus": operator.neg}
_BINARY: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "plus": 3, "minus": 3}


def equation_value(text: str) -> float | None:
    """Return the value of an arithmetic expression, or None where the text is not one.

    Understood: decimal numbers (`84`, `84.0`, `.5`, thousands as in `1,200` or `1{,}200`), `+ - * /`
    and their typographic forms `− – × · ÷` and LaTeX's `\\times`, `\\cdot`, `\\div`, an `x` between
    blanks as a multiplication, signs, and round brackets nested to any depth. The value is
    computed exactly and rounded once.

    None stands for everything else: other characters, missing or adjacent operands, unbalanced
    brackets, a division by zero, a value beyond the range of a float, more than 500 characters.
    No string makes it raise, and its time is bounded by the length limit.
    """
    tokens = _tokens(text) if len(text) <= MAX_LENGTH else None
    value = None if tokens is None else _evaluate(tokens)
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


def same_value(first: float | None, second: float | None) -> bool:
    """Say whether two values agree within one part in a million; None agrees with nothing.

    The released code compares exactly. The tolerance forgives only decimals that were rounded for
    writing; two different answers to a word problem never lie that close.
    """
    if first is None or second is None:
        return False
    return math.isclose(first, second, rel_tol=RELATIVE_TOLERANCE)


def _tokens(text: str) -> list[str | Fraction] | None:
    tokens: list[str | Fraction] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        if match["number"]:
            tokens.append(Fraction(_MARKS.sub("", match["number"]).rstrip(".")))
        elif match["sign"]:
            tokens.append(_SPELLING.get(match["sign"], match["sign"]))
        else:
            tokens.append("*")
    return tokens


def _evaluate(tokens: list[str | Fraction]) -> Fraction | None:
    # Shunting-yard with explicit stacks: no recursion, so that nesting cannot exhaust Python's.
    values: list[Fraction] = []
    operators: list[str] = []
    wants_operand = True
    for token in tokens:
        if isinstance(token, Fraction):
            if not wants_operand:
                return None
            values.append(token)
            wants_operand = False
        elif wants_operand:
            if token == "(":
                operators.append(token)
            elif token in "+-":
                operators.append("plus" if token == "+" else "minus")
            else:
                return None
        elif token == ")":
            while operators and operators[-1] != "(":
                if not _apply(operators.pop(), values):
                    return None
            if not operators:
                return None
            operators.pop()
        elif token == "(":
            return None
        else:
            while operators and _PRECEDENCE.get(operators[-1], 0) >= _PRECEDENCE[token]:
                if not _apply(operators.pop(), values):
                    return None
            operators.append(token)
            wants_operand = True
    if wants_operand:
        return None
    while operators:
        if operators[-1] == "(" or not _apply(operators.pop(), values):
            return None
    return values[0]


def _apply(sign: str, values: list[Fraction]) -> bool:
    right = values.pop()
    if sign in _UNARY:
        values.append(_UNARY[sign](right))
    elif sign == "/" and right == 0:
        return False
    else:
        values.append(_BINARY[sign](values.pop(), right))
    return True
