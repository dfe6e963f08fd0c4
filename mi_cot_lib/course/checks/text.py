"""Checks of what reads texts: an equation without running it, and what a teacher wrote."""

import re

from mi_cot_lib.course.checks.check import Check, Misconception
from mi_cot_lib.data.arithmetic import equation_value as value_of

# What Python makes of texts that are no arithmetic, if it is let.
_RUN = {"len('abc')": 3, "2 ** 3": 8, "abs(4 - 9)": 5, "7 // 2": 3, "True": True}
_READ_IT = "Let `ast.parse` read it, and accept only the kinds of node that arithmetic has."
_HUGE = "9" * 400 + " / 1"
_EQUATIONS = (
    "12", "( 12.0 - 4.0 )", "2 + 3 * 4", "(2 + 3) * 4", "10 - 4 - 3", "-( 3 + 4 )", "8 / 2 / 2", "3 / 0",
    "( 1 +", "", "twelve", "'a'", "1j", _HUGE, *_RUN,
)  # fmt: skip


def _left_to_right(text: str) -> float | None:
    """Take operations in the order in which they are written."""
    if value_of(text) is None:
        return None
    parts = re.findall(r"\d+(?:\.\d+)?|[-+*/]", text)
    if not parts or not parts[0][0].isdigit():
        return value_of(text)
    total = float(parts[0])
    for sign, number in zip(parts[1::2], map(float, parts[2::2]), strict=True):
        by = {"+": total + number, "-": total - number, "*": total * number}
        total = total / number if sign == "/" else by[sign]
    return total


equation_value = Check(
    name="equation_value",
    solution=value_of,
    cases=lambda: [(text,) for text in _EQUATIONS],
    right="Arithmetic is read, all else is no number, and nothing was run.",
    forbidden={
        f"builtins.{name}": f"It calls `{name}`, which runs what the student wrote. A guard is hard "
        f"to get right: `9**9**9**9` has no letter, and would not come to an end. {_READ_IT}"
        for name in ("eval", "exec")
    },
    misconceptions=(
        Misconception(
            lambda text: _RUN.get(text, value_of(text)),
            "It runs what the student wrote: `len('abc')` has the value 3. A text with `__import__('os')` "
            f"would run as well. {_READ_IT}",
        ),
        Misconception(
            lambda text: {"2 ** 3": 8, "7 // 2": 3}.get(text, value_of(text)),
            "It also takes powers or whole division. `9 ** 9 ** 9 ** 9` would not come to an end: accept the "
            "four operations by name, not all of `ast.BinOp`.",
        ),
        Misconception(
            lambda text: 1 if text == "True" else value_of(text),
            "`True` is no number here. In Python it is an `int`, so `isinstance(value, int)` lets it pass.",
        ),
        Misconception(
            lambda text: float("inf") if text == "3 / 0" else value_of(text),
            "Division by zero has no value: return None.",
        ),
        Misconception(
            lambda text: float("inf") if text == _HUGE else value_of(text),
            "A value too large for a float has none: `inf` is no number here. Ask `math.isfinite`.",
        ),
        Misconception(
            lambda text: 0.0 if value_of(text) is None else value_of(text),
            "What cannot be read is no number: None, not 0. Else a wrong text is right where the answer is "
            "0.",
        ),
        Misconception(
            _left_to_right,
            "It takes operations from left to right: 2 + 3 * 4 is 14, not 20, and brackets come first.",
        ),
    ),
)

_ANNOUNCED = re.compile(r"(?:so )?the answer is ", re.IGNORECASE)


def _read(text: str) -> tuple[str, str] | None:
    found = _ANNOUNCED.search(text)
    if found is None:
        return None
    label = text[found.end() :].split("\n")[0].strip()
    return text[: found.start()].strip(), label.removesuffix(".").strip()


def _last(text: str) -> tuple[str, str] | None:
    found = list(_ANNOUNCED.finditer(text))
    if not found:
        return None
    label = text[found[-1].end() :].split("\n")[0].strip().removesuffix(".")
    return text[: found[-1].start()].strip(), label


def _to_the_end(text: str) -> tuple[str, str] | None:
    found = _ANNOUNCED.search(text)
    return found and (text[: found.start()].strip(), text[found.end() :].strip().removesuffix("."))


def _as_written(text: str) -> tuple[str, str] | None:
    found = _ANNOUNCED.search(text)
    return found and (text[: found.start()].strip(), text[found.end() :].split("\n")[0].strip())


def _without_last(text: str) -> tuple[str, str] | None:
    read = _as_written(text)
    return read and (read[0], read[1][:-1])


read_teacher = Check(
    name="read_teacher",
    solution=_read,
    cases=lambda: [
        ("A terrier is a dog. The answer is entailment.",),
        (
            "Tom had 12 pears.\nHe gave 4 away. So the answer is (12 - 4).\n\nQ: Ann had 3. A: The answer "
            "is (3).",
        ),
        ("Cooks give us meals, so the answer is grocer",),
        ("It does not say so. The answer is neutral\n\nQ: Is it?",),
        ("I do not know.",),
        ("",),
    ],
    right="The first answer counts, what was invented after it does not, and no letter of a label is lost.",
    misconceptions=(
        Misconception(
            _last,
            "It takes the last answer of the text. A teacher that is not stopped goes on and invents a next "
            "question; the first announcement is the one that answers ours.",
        ),
        Misconception(
            _to_the_end,
            "The label runs on to the end of the text. It ends with its line; what follows is an invented "
            "question.",
        ),
        Misconception(
            _without_last,
            "It takes the last character off whatever it is: 'neutra'. That is what the released code does "
            "on ANLI. Only a full stop has to go.",
        ),
        Misconception(
            _as_written,
            "The full stop stays: 'entailment.' equals no label. `str.removesuffix('.')` takes it off.",
        ),
        Misconception(
            lambda text: (
                None
                if "so the answer is " in text and "The answer is " not in text
                else _read(text)
            ),
            "It does not find 'so the answer is' in lower case. On CQA the released code fails there.",
        ),
        Misconception(
            lambda text: _read(text) or (text.strip(), ""),
            "A text that announces nothing has no label: return None. An empty label would be learned as an "
            "answer; the released code keeps such rows.",
        ),
    ),
)
