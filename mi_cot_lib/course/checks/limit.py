"""A limit on how long a learner's code may take."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds from one alarm to the next.
_AGAIN = 0.2


class OutOfTime(BaseException):
    """The time was up; no `except Exception` of a learner's code catches it."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in what runs inside when its time is up, until it ends.

    Only the main thread of a system with alarms can be interrupted so; elsewhere there is no limit.
    """
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, stop)
    # Again and again: a bare `except` within a loop catches it once.
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
