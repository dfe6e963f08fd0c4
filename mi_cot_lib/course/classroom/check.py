"""A whole class judged: every notebook of every learner, one after the other, each apart."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm.auto import tqdm

from mi_cot_lib.course.classroom.apart import Limits, has_walls, run_apart
from mi_cot_lib.course.classroom.handout import exercises_of, handed_out
from mi_cot_lib.course.classroom.submissions import Submission, read_class
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.machine import PACKAGE_ROOT, address_space


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one exercise of one learner, or of a file.

    Attributes:
        learner: Name of the folder.
        chapter: The notebook, without its ending, or another file's name.
        exercise: Name of the exercise, empty where the file is spoken of.
        passed: Whether it is right; None where nothing was judged.
        message: What the check says, or why there was nothing to judge.
    """

    learner: str
    chapter: str
    exercise: str
    passed: bool | None
    message: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A class's results.

    Attributes:
        learners: All of them, in the order of their names.
        exercises: Names by chapter, of chapters that anybody handed in.
        rows: In the order of learners and exercises.
        limits: What each notebook's run was allowed.
        walled: Whether each ran without a network and without sight of the others.
        memory_limited: Whether the limit on memory was in force.
    """

    learners: tuple[str, ...]
    exercises: dict[str, tuple[str, ...]]
    rows: tuple[Row, ...]
    limits: Limits
    walled: bool
    memory_limited: bool


def judge_class(folder: Path, limits: Limits, hidden: Sequence[Path] = ()) -> Judged:
    """Run and judge copies of what lies in a class's folder, with a progress bar.

    `hidden` are further folders or files that no notebook may see, such as earlier results.

    Raises:
        ConfigError: The folder holds the kit itself, which cannot be hidden from those who run it.
        DataError: The folder holds no folder of a learner.
        KitError: Nothing can be run here.
    """
    for own in (PACKAGE_ROOT, Path(sys.prefix)):
        if own.resolve().is_relative_to(folder.resolve()):
            raise ConfigError(
                f"{folder} holds the kit itself ({own}); move what was handed in to a folder of its own."
            )
    asked = {name: exercises_of(one) for name, one in handed_out(with_book=False).items()}
    submissions = read_class(folder, asked)
    asked = {
        name: exercises
        for name, exercises in asked.items()
        if any(name in one.notebooks for one in submissions)
    }
    covered = [folder, *hidden]
    walled = has_walls(covered)
    count = sum(len(one.notebooks) for one in submissions)
    with tqdm(total=count, unit="notebook") as bar:
        rows = [
            row
            for submission in submissions
            for row in _rows(submission, asked, limits, covered if walled else None, bar)
        ]
    return Judged(
        tuple(one.learner for one in submissions),
        {Path(name).stem: exercises for name, exercises in asked.items()},
        tuple(rows),
        limits,
        walled,
        address_space() is not None,
    )


def _rows(
    submission: Submission,
    asked: dict[str, tuple[str, ...]],
    limits: Limits,
    hidden: Sequence[Path] | None,
    bar: tqdm,
) -> Iterable[Row]:
    for name, exercises in asked.items():
        chapter = Path(name).stem
        if name not in submission.notebooks:
            for exercise in exercises:
                yield Row(submission.learner, chapter, exercise, None, "It was not handed in.")
            continue
        bar.set_description(f"{printable(submission.learner)} {chapter}")
        try:
            told = run_apart(submission.notebooks[name], exercises, limits, hidden)
        except OSError as error:
            yield Row(submission.learner, name, "", None, f"It cannot be read ({error.strerror}).")
            bar.update()
            continue
        for exercise, (passed, message) in told.verdicts.items():
            yield Row(submission.learner, chapter, exercise, passed, message)
        for note in told.notes:
            yield Row(submission.learner, chapter, "", None, note)
        bar.update()
    for name, note in submission.notes.items():
        yield Row(submission.learner, name, "", None, note)


def printable(text: str) -> str:
    """Return a text without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
