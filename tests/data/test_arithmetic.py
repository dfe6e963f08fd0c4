"""The arithmetic reader against exact fractions, and against text that is no arithmetic."""

import math
import operator
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_cot_lib.data.arithmetic import MAX_LENGTH, equation_value, same_value

numbers = st.one_of(
    st.integers(0, 9999).map(str),
    st.decimals(0, 9999, places=2).map(str),
    st.integers(1000, 9_999_999).map("{:,}".format),
)
plain = numbers.map(lambda text: (text, Fraction(text.replace(",", ""))))
WORK_OUT = {
    **{"+": operator.add, **dict.fromkeys("-−–", operator.sub)},
    **{**dict.fromkeys("*×", operator.mul), **dict.fromkeys("/÷", operator.truediv)},
}


@st.composite
def joined(draw, parts, signs):
    """Draw (text, value) of parts that signs of one precedence join; None where it divides by zero."""
    text, value = draw(parts)
    for sign in draw(st.lists(st.sampled_from(signs), max_size=3)):
        blank, (more, other) = draw(st.sampled_from(["", " ", "  "])), draw(parts)
        text += f"{blank}{sign}{blank}{more}"
        is_known = None not in (value, other) and (sign not in "/÷" or other != 0)
        value = WORK_OUT[sign](value, other) if is_known else None
    return text, value


def bracketed(equation):
    text, value = equation
    return f"( {text})", value


def negated(equation):
    text, value = equation
    return f"-{text}", None if value is None else -value


def deeper(inner):
    parts = plain | inner.map(bracketed)
    return joined(joined(parts | parts.map(negated), "*/×÷"), "+-−–")


@given(st.recursive(plain, deeper, max_leaves=8))
def test_value_equals_exact_fraction(equation):
    text, value = equation
    if len(text) <= MAX_LENGTH:
        assert equation_value(text) == (None if value is None else float(value))


@given(st.one_of(st.text(), st.text("0123456789.,+-*/×÷−–()xX \n\t"), st.text("()-", max_size=600)))
def test_no_text_raises_and_every_value_is_finite(text):
    value = equation_value(text)
    assert value is None or (type(value) is float and math.isfinite(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("( 84.0 / 2.0 )", 42.0),
        ("(16 * 17) * 4", 1088.0),
        ("10 - (3 + 6)", 1.0),
        ("(7 - (-2))", 9.0),
        ("- -3", 3.0),
        ("2 × 3 ÷ 4 − 1", 0.5),
        ("6 x 7", 42.0),
        ("1,200 + .5", 1200.5),
        ("84 / 2.", 42.0),
        ("0.1 + 0.2", 0.3),
        ("\n 5\t", 5.0),
    ],
)
def test_forms_that_occur(text, value):
    assert equation_value(text) == value


UNBALANCED = ["", " ", "()", "1 2", "3 +", "* 3", "(3", "3)", "(3)(4)"]
ALMOST_NUMBERS = ["1,2345", "0,123", "(9, 9)", "1e5", "9x", "0x10", "42.0.1", "٣ + ٤", "inf"]
PYTHON = ["2 ** 3", "7 // 2", "84 / 2 = 42", "2 * x", "__import__('os').getcwd()"]
OUT_OF_RANGE = ["1 / 0", "1 / (2 - 2)", "9" * 400, "1" + " " * MAX_LENGTH]


@pytest.mark.parametrize("text", UNBALANCED + ALMOST_NUMBERS + PYTHON + OUT_OF_RANGE)
def test_everything_else_is_none(text):
    assert equation_value(text) is None


def test_nesting_to_the_length_limit_is_read_and_beyond_it_refused_quickly():
    depth = (MAX_LENGTH - 1) // 2
    assert equation_value("(" * depth + "7" + ")" * depth) == 7.0
    # The process's own time: another may have the core.
    start = time.process_time()
    assert equation_value("(" * 10**6) is None
    assert equation_value(" " * MAX_LENGTH + "x") is None
    assert time.process_time() - start < 1.0


def test_same_value_forgives_rounding_but_not_an_answer():
    assert same_value(1 / 3, 0.33333333)
    assert not same_value(1 / 3, 0.333)
    assert same_value(0.0, 0.0)
    assert not same_value(0.0, 1e-9)
    assert not same_value(None, None)
    assert not same_value(None, 1.0)
