"""The equations that a careless reader of an arithmetic story could arrive at."""

import random
from collections.abc import Iterator, Mapping

from mi_cot_lib.data.worlds.stories.equations import Equation, value, written


def mistakes(
    equation: Equation, numbers: Mapping[str, int], noise: tuple[str, ...], rng: random.Random
) -> list[Equation]:
    """Choose two to four wrong equations, those with a whole positive result first.

    Args:
        equation: The right one.
        numbers: Every quantity of the story, those that do not matter included.
        noise: Names of the quantities that do not matter.
        rng: Source of every choice.

    Returns:
        Equations whose results differ from the right one's.
    """
    gold = value(equation, numbers)
    plausible: dict[str, Equation] = {}
    careless: dict[str, Equation] = {}
    for tree in _slips(equation, noise):
        result = value(tree, numbers)
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
