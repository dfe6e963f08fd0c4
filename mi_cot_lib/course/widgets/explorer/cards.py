"""Test questions as HTML: what students answered, and their rationales with the words that differ marked."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mi_cot_lib.course.widgets.explorer.questions import Asked, Words
from mi_cot_lib.report.runs import Run

# Light backgrounds under dark text. Bold and underlined, or struck out: it shows without colour, too.
_ADDED = "background:#cfe5f5;font-weight:bold;text-decoration:underline"
_LEFT_OUT = "background:#fde4c8;text-decoration:line-through"
_INDENT = "margin:2px 0 6px 14px"


@dataclass(frozen=True)
class Student:
    """A run by its short name, with what it wrote, by the question's place in the test set."""

    name: str
    run: Run
    words: Mapping[int, Words]

    @property
    def right(self) -> str:
        """Of each test question 1 or 0: whether it was answered rightly."""
        return str(self.run.record["correct"]["test"])


def marked(written: str, other: str) -> str:
    """Return another text as HTML, escaped, marked where its words differ from what was written.

    Words that only it has are inserted (`<ins>`), those that only the written text has deleted (`<del>`).
    """
    ours, its = written.split(), other.split()
    parts = []
    matcher = difflib.SequenceMatcher(None, ours, its, autojunk=False)
    for kind, start, end, its_start, its_end in matcher.get_opcodes():
        if kind == "equal":
            parts.append(escape(" ".join(its[its_start:its_end])))
            continue
        if start < end:
            parts.append(f'<del style="{_LEFT_OUT}">{escape(" ".join(ours[start:end]))}</del>')
        if its_start < its_end:
            parts.append(f'<ins style="{_ADDED}">{escape(" ".join(its[its_start:its_end]))}</ins>')
    return " ".join(parts)


def cards_html(places: Sequence[int], asked: Sequence[Asked], students: Sequence[Student]) -> str:
    """Return some test questions, by place and what was asked, each with every student's answer."""
    return "".join(_card(place, one, students) for place, one in zip(places, asked, strict=True))


def verdicts_html(places: Sequence[int], students: Sequence[Student], why: str) -> str:
    """Return how students answered some questions whose texts cannot be shown, and why they cannot."""
    rows = "".join(
        f"<li>question {place}: {'; '.join(_verdict(place, one) for one in students)}</li>"
        for place in places
    )
    return f"<p><b>Without the questions' texts.</b> {escape(why)}</p><ul>{rows}</ul>"


def page_html(head: str, curves: str, students: Sequence[Student], listed: str, cards: str) -> str:
    """Return what the explorer shows as HTML: curves, what is kept of each student, and questions.

    `head` and `listed`, which say what is shown, are texts; curves and cards are HTML.
    """
    kept = "".join(f"<li>{_kept(one)}</li>" for one in students)
    legend = (
        f'In the teacher\'s and the gold rationale, <ins style="{_ADDED}">so</ins> are words that the '
        f'student did not write, and <del style="{_LEFT_OUT}">so</del> those that only the student wrote.'
    )
    return (
        '<div style="background:#ffffff;color:#1f1f1f;padding:8px;line-height:1.5">'
        f"<p><b>{escape(head)}</b></p>{curves}<ul>{kept}</ul><p><b>{escape(listed)}</b></p><p>{legend}</p>{cards}</div>"
    )


def _kept(one: Student) -> str:
    accuracy = f"{100 * one.run.record['metrics']['test_accuracy']:.1f}%"
    explained = sum(bool(words.rationale) for words in one.words.values())
    words = (
        f"its words for {len(one.words):,}, {explained:,} of them with a rationale"
        if one.words
        else "none of its words, which only the folder of a run keeps (<code>runs=</code>)"
    )
    return (
        f"<b>{escape(one.name)}</b>: {accuracy} of {len(one.right):,} test questions right. "
        f"Kept are which, and {words}."
    )


def _card(place: int, asked: Asked, students: Sequence[Student]) -> str:
    answers = "".join(f"<li>{_verdict(place, one)}</li>" for one in students)
    explained = {
        one.name: one.words[place].rationale
        for one in students
        if place in one.words and one.words[place].rationale
    }
    rationales = "".join(
        _block(f"{name}'s rationale", escape(text)) + _beside(asked, text)
        for name, text in explained.items()
    )
    return (
        '<div style="border-top:1px solid #767676;padding-top:4px">'
        f"<code>{escape(asked.id)}</code>"
        f'<div style="white-space:pre-wrap;{_INDENT}">{escape(asked.input)}</div>'
        f"Gold label: <b>{escape(asked.label)}</b><ul>{answers}</ul>"
        f"{rationales or _beside(asked, None)}</div>"
    )


def _verdict(place: int, one: Student) -> str:
    mark = "✓ right" if one.right[place] == "1" else "✗ wrong"
    words = one.words.get(place)
    said = "its words are not kept" if words is None else f"“{escape(words.label)}”"
    return f"{escape(one.name)}: <b>{mark}</b>, {said}"


def _beside(asked: Asked, written: str | None) -> str:
    """Return the teacher's and the gold rationale, marked where they differ from what a student wrote."""
    teacher, gold = asked.teacher, asked.gold
    if teacher is not None and teacher == gold:
        return _block("the teacher's, which is the gold one", _compared(written, teacher))
    return _block("the teacher's", _compared(written, teacher)) + _block(
        "the gold one", _compared(written, gold)
    )


def _compared(written: str | None, text: str | None) -> str:
    if text is None:
        return "<i>none is known</i>"
    if written is None:
        return escape(text)
    return "<i>the same words</i>" if text.split() == written.split() else marked(written, text)


def _block(what: str, html: str) -> str:
    return f'<div style="{_INDENT}"><b>{escape(what)}</b>: {html}</div>'
