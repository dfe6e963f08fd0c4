"""Equations of the arithmetic world as small trees, how they are written, and mistakes in them."""

import ast
import operator
import random
from collections.abc import Iterator, Mapping
from fractions import Fraction

# A quantity's name, or a sign with its two sides.
Equation = str | tuple[str, "Equation", "Equation"]

_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_WORKED_OUT = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


def read(text: str) -> Equation:
    """Read an equation over quantities' names, such as `had - (count * price)`; ValueError if it is none."""
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
    """List the quantities from left to right, or only those that multiply or divide directly."""
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


def steps(equation: Equation, numbers: Mapping[str, int]) -> list[Fraction]:
    """Work the equation out exactly and list the result of every step, the final one last."""
    if isinstance(equation, str):
        return [Fraction(numbers[equation])]
    sign, left, right = equation
    first, second = steps(left, numbers), steps(right, numbers)
    return [*first, *second, _WORKED_OUT[sign](first[-1], second[-1])]


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
    left, right = (
        written(side, numbers) if isinstance(side, str) else f"({written(side, numbers)})"
        for side in sides
    )
    return f"{left} {sign} {right}"


def mistakes(
    equation: Equation, numbers: Mapping[str, int], noise: tuple[str, ...], rng: random.Random
) -> list[Equation]:
    """Choose two to four equations with another result, those with a whole positive one first.

    `numbers` holds every quantity of the story; `noise` names those of them that do not matter.
    """
    gold = steps(equation, numbers)[-1]
    plausible: dict[str, Equation] = {}
    careless: dict[str, Equation] = {}
    for tree in _slips(equation, noise):
        result = steps(tree, numbers)[-1]
        if result != gold and (result * 100).denominator == 1:
            whole = result > 0 and result.denominator == 1
            (plausible if whole else careless).setdefault(written(tree, numbers), tree)
    found = rng.sample(list(plausible.values()), min(len(plausible), rng.randint(2, 4)))
    missing = max(0, 2 - len(found))
    return found + rng.sample(list(careless.values()), min(missing, len(careless)))


def _slips(equation: Equation, noise: tuple[str, ...]) -> Iterator[Equation]:
    assert not isinstance(equation, str)
    sign, left, right = equation
    for other in "+-*/":
        yield other, left, right
    if sign in "-/":
        yield sign, right, left
    for name in noise:
        if isinstance(right, str):
            yield sign, left, name
        if isinstance(left, str):
            yield sign, name, right
        yield "+", equation, name
    for part, rest in ((left, right), (right, left)):
        if not isinstance(part, str):
            yield part
            inner, first, second = part
            yield sign, first, rest
            yield sign, second, rest
            for other in "+-*/":
                if part is left:
                    yield sign, (other, first, second), rest
                else:
                    yield sign, rest, (other, first, second)
