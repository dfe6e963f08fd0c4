"""Try a learner's function, say what is right, and name the misconception that explains what is not."""

import copy
import html
import inspect
import os
import re
import sysconfig
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from mi_cot_lib.course.checks.alike import difference, shown
from mi_cot_lib.course.checks.limit import OutOfTime, limited
from mi_cot_lib.machine import PACKAGE_ROOT

Answer = Callable[..., Any]
# Where code lies that is nobody's answer.
_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    f"{PACKAGE_ROOT}{os.sep}",
)
# Longest text of an input that is shown.
_MOST = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of an answer; in a notebook it shows itself.

    Attributes:
        exercise: Name of the check.
        passed: Whether the answer is right.
        message: What is right, or what went wrong and what it looks like.
    """

    exercise: str
    passed: bool
    message: str

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '✗'} {self.exercise}: {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        # A mark beside the colour, for those who do not see it.
        colour, mark = ("#1b7837", "✓ right") if self.passed else ("#b2182b", "✗ not yet")
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.8em; white-space: pre-wrap">'
            f"<b>{mark}</b>\n{_with_code(self.message)}</div>"
        )


def _with_code(text: str) -> str:
    """Escape a text; what stands in backticks is shown as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text.strip()))


@dataclass(frozen=True, slots=True)
class Misconception:
    """A wrong way that learners take: an answer that computes or fails so is told `message`.

    Attributes:
        answer: One that takes it.
        message: What is said of it.
        also: Further answers of the same mistake.
    """

    answer: Answer
    message: str
    also: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Check:
    """An exercise's check: call it with the learner's function.

    Attributes:
        name: Of the check, and of the learner's function.
        solution: A right answer.
        cases: Makes the arguments of each trial, drawn from fixed seeds.
        right: What is said of a right answer.
        misconceptions: Known wrong ways; the first that gives what the learner's does is named.
        forbidden: What is not to be used, by its place such as `builtins.eval`, and what is said of it.
        judge: For answers that can be right in many ways: takes what was returned, then the trial's
            arguments, and says what is wrong, or nothing. Without it the solution's is the right one.
        tolerance: Largest relative difference of numbers that counts as equal.
        seconds: How long all trials may take.
    """

    name: str
    solution: Answer
    cases: Callable[[], Sequence[tuple[Any, ...]]]
    right: str
    misconceptions: tuple[Misconception, ...] = ()
    forbidden: Mapping[str, str] = field(default_factory=dict)
    judge: Callable[..., str] | None = None
    tolerance: float = 1e-4
    seconds: float = 10.0

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return f"Check your `{self.name}`; see the exercise of that name."

    def __call__(self, answer: Answer) -> Verdict:
        """Try an answer, and say what is right or wrong about it; whatever it does, nothing is raised."""
        try:
            with limited(self.seconds):
                problem = self._problem(answer)
        except OutOfTime:
            problem = f"It had not come to an end after {self.seconds:g} seconds. Is there an endless loop?"
        except Exception as error:  # What it gave is so odd that it cannot be looked at.
            problem = f"What it gives cannot be compared with what is wanted: {error}."
        return Verdict(self.name, not problem, problem or self.right)

    def _problem(self, answer: Answer) -> str:
        if not callable(answer):
            return f"Give the function itself, {self.name}, without calling it; this is {shown(answer)}."
        trials: list[tuple[tuple[Any, ...], Any]] = []
        for case in self.cases():
            if not _takes(answer, len(case)):
                return f"It must take {len(case)} arguments, in the order in which the exercise names them."
            given = copy.deepcopy(case)
            try:
                with _without(self.forbidden):
                    returned = answer(*given)
            except _ForbiddenError as error:
                return str(error)
            except NotImplementedError:
                return (
                    "It is not written yet: put your code in place of `raise NotImplementedError`."
                )
            except (Exception, SystemExit) as error:  # Whatever is raised is told to the learner.
                failed = [*trials, (case, repr(error))]
                return self._wrong(trials) or self._named(failed) or _raised(error, case)
            if why := difference(case, given):
                return f"It changes what it was given ({why}). Work on a copy."
            trials.append((case, returned))
        return self._wrong(trials)

    def _wrong(self, trials: list[tuple[tuple[Any, ...], Any]]) -> str:
        """Say what is wrong with what came back, in the words of a misconception where one explains it."""
        wrong = [
            (case, returned, why) for case, returned in trials if (why := self._why(case, returned))
        ]
        if not wrong:
            return ""
        if named := self._named(trials):
            return named
        case, returned, why = wrong[0]
        if returned is None and _quietly(self.solution, case) is not None:
            return (
                f"It returned nothing. Does every way through it end in `return`?\n{_given(case)}"
            )
        return f"{why}\n{_given(case)}"

    def _named(self, trials: list[tuple[tuple[Any, ...], Any]]) -> str:
        def explains(way: Answer) -> bool:
            return not any(
                difference(_quietly(way, case), got, self.tolerance) for case, got in trials
            )

        known = (one for one in self.misconceptions if any(map(explains, (one.answer, *one.also))))
        return next((one.message for one in known), "")

    def _why(self, case: tuple[Any, ...], returned: Any) -> str:
        if self.judge is not None:
            return self.judge(returned, *copy.deepcopy(case))
        return difference(self.solution(*copy.deepcopy(case)), returned, self.tolerance)


class _ForbiddenError(BaseException):
    """The answer used what it was not to use."""


@contextmanager
def _without(forbidden: Mapping[str, str]) -> Iterator[None]:
    """Let what is forbidden stop whoever calls it; a bare `except` of a learner's code hides nothing."""
    with ExitStack() as stack:
        stopping = {
            place: stack.enter_context(patch(place, side_effect=_ForbiddenError))
            for place in forbidden
        }
        try:
            yield
        finally:
            if used := [place for place, one in stopping.items() if one.called]:
                raise _ForbiddenError(forbidden[used[0]])


def _takes(answer: Answer, count: int) -> bool:
    try:
        inspect.signature(answer).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # Built in, without a signature.
        pass
    return True


def _quietly(answer: Answer, case: tuple[Any, ...]) -> Any:
    try:
        return answer(*copy.deepcopy(case))
    except Exception as error:  # A wrong way may have no answer to some trial.
        return repr(error)


def _given(case: tuple[Any, ...]) -> str:
    if not case:
        return ""
    return "It was given: " + textwrap.shorten(", ".join(map(shown, case)), _MOST, placeholder=" …")


def _raised(error: BaseException, case: tuple[Any, ...]) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    # The last line of the learner's own, where the error came from a library.
    own = [one for one in frames if not one.filename.startswith(_LIBRARIES)]
    line = f", at `{own[-1].line}`" if own and own[-1].line else ""
    return f"It raised {type(error).__name__}: {error}{line}.\n{_given(case)}"
