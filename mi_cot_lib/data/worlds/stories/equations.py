"""Equations of the arithmetic world as small trees, and the two ways in which they are written."""

import ast
import operator
from collections.abc import Mapping
from fractions import Fraction

# A quantity's name, or a sign with its two sides.
Equation = str | tuple[str, "Equation", "Equation"]

_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_WORKED_OUT = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def read(text: str) -> Equation:
    """Read an equation over quantities' names, such as `had - (count * price)`.

    Raises:
        ValueError: It is none.
    """
    try:
        return _tree(ast.parse(text, mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"{text!r} is no equation over quantities.") from error


def _tree(node: ast.expr) -> Equation:
    match node:
        case ast.Name(id=name):
            return name
        case ast.BinOp(left=left, op=sign, right=right):
            return _SIGNS[type(sign)], _tree(left), _tree(right)
    raise ValueError(f"not an equation over quantities: {ast.unparse(node)}")


def leaves(equation: Equation, factors_only: bool = False) -> list[str]:
    """List the quantities from left to right.

    Args:
        equation: The tree.
        factors_only: Leave out those that are neither multiplied nor divide something directly.
    """
    if isinstance(equation, str):
        return [] if factors_only else [equation]
    sign, left, right = equation
    found = []
    for side, counts in ((left, sign == "*"), (right, sign in "*/")):
        if isinstance(side, str):
            found += [side] if counts or not factors_only else []
        else:
            found += leaves(side, factors_only)
    return found


def operations(equation: Equation) -> list[str]:
    """List the signs, the outermost first."""
    if isinstance(equation, str):
        return []
    sign, left, right = equation
    return [sign, *operations(left), *operations(right)]


def value(equation: Equation, numbers: Mapping[str, int]) -> Fraction:
    """Work the equation out exactly."""
    return steps(equation, numbers)[-1]


def steps(equation: Equation, numbers: Mapping[str, int]) -> list[Fraction]:
    """Work the equation out exactly and list the result of every step, the final one last."""
    if isinstance(equation, str):
        return [Fraction(numbers[equation])]
    sign, left, right = equation
    first, second = steps(left, numbers), steps(right, numbers)
    a, b = first[-1], second[-1]
    return [*first, *second, _WORKED_OUT[sign](a, b)]


def labelled(equation: Equation, numbers: Mapping[str, int]) -> str:
    """Write the equation as SVAMP's labels are written: `( 10.0 - ( 6.0 + 3.0 ) )`."""
    if isinstance(equation, str):
        return f"{numbers[equation]}.0"
    sign, left, right = equation
    return f"( {labelled(left, numbers)} {sign} {labelled(right, numbers)} )"


def written(equation: Equation, numbers: Mapping[str, int]) -> str:
    """Write the equation as a rationale does: `10 - (6 + 3)`."""
    if isinstance(equation, str):
        return str(numbers[equation])
    sign, *sides = equation
    texts = [written(side, numbers) for side in sides]
    left, right = (
        text if isinstance(side, str) else f"({text})"
        for side, text in zip(sides, texts, strict=True)
    )
    return f"{left} {sign} {right}"
