"""A class's results as a table for other programs, and as one page with nothing beside it."""

import csv
import io
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from mi_cot_lib.course.classroom.check import Judged, Row
from mi_cot_lib.course.classroom.pages import PAGES
from mi_cot_lib.files import write_atomically

CSV, HTML = "results.csv", "results.html"
# With these a cell is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SAID = {True: "true", False: "false", None: ""}


def write_results(judged: Judged, folder: Path) -> list[Path]:
    """Write both files, each in one move, and return them; those of an earlier check are replaced."""
    made = {CSV: to_csv(judged), HTML: to_html(judged)}
    for name, text in made.items():
        # A name or a message may hold half of a letter, which no file can.
        whole = text.encode(errors="backslashreplace").decode()
        write_atomically(folder / name, whole)
    return [folder / name for name in made]


def to_csv(judged: Judged) -> str:
    """Return learner, chapter, exercise, passed (true, false, empty) and message, a row each."""
    names = [one.name for one in fields(Row)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in judged.rows:
        values = {name: getattr(row, name) for name in names} | {"passed": _SAID[row.passed]}
        writer.writerow([_harmless(value) for value in values.values()])
    return text.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def to_html(judged: Judged) -> str:
    """Return the page: a mark for each learner and exercise, and the messages to be unfolded; all escaped."""
    return PAGES.get_template("results.html.jinja").render(
        judged=judged,
        found={(row.learner, row.exercise): row for row in judged.rows if row.exercise},
        rows={
            learner: [row for row in judged.rows if row.learner == learner]
            for learner in judged.learners
        },
        right=right_of(judged),
        reasons=_reasons(judged),
    )


def right_of(judged: Judged) -> dict[str, Counter[str]]:
    """Return how many are right by learner, and by exercise."""
    right = [row for row in judged.rows if row.passed]
    return {
        "learner": Counter(row.learner for row in right),
        "exercise": Counter(row.exercise for row in right),
    }


def _reasons(judged: Judged) -> list[dict[str, Any]]:
    """Return what was said of wrong answers most often: exercise, first line, and how many learners."""
    counts = Counter(
        (row.exercise, row.message.partition("\n")[0]) for row in judged.rows if row.passed is False
    )
    return [
        {"exercise": exercise, "message": message, "learners": count}
        for (exercise, message), count in counts.most_common(10)
    ]
