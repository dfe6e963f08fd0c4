"""A playground of students: one question, both prompts, and every token that each of them writes."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

import ipywidgets as widgets

from mi_cot_lib.course.widgets.controls import Controlled, beside
from mi_cot_lib.course.widgets.writing import prepare_writing, writing_html
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example
from mi_cot_lib.errors import KitError
from mi_cot_lib.experiments.running.checkpoint import limits_of, open_checkpoint
from mi_cot_lib.objective.choices import method_named
from mi_cot_lib.student.encode import EXPLAIN_PREFIX, PREDICT_PREFIX
from mi_cot_lib.student.folder import BUILT_IN_WIDTHS
from mi_cot_lib.student.load import Student, load_student
from mi_cot_lib.training.config import RunConfig

# The widest and the narrowest that come with the kit.
_DEFAULT = ("nano", "nano16")
# Questions of the test set to pick from, and letters of each that a list has room for.
_EXAMPLES, _LETTERS = 12, 70
# Tokens that a student may write that was taught no prompt.
_UNTAUGHT = 20
_LEGEND = (
    "Under each token stands its probability, given the prompt and the tokens before it. A dashed frame: "
    "below 50%. Point at a token to see its alternatives; the folded table has all of them."
)
_EMPTY = "Type a question, or pick one from the list; then press <b>Ask</b>."


@dataclass(frozen=True)
class Asked:
    """A student that is asked: what it is called, what it was taught, and its limits in tokens."""

    name: str
    student: Student
    taught: str
    limits: dict[str, int]


def asked(student: str | Path | Student, place: int) -> Asked:
    """Load a student by name or folder, a finished run's too; one that is loaded is called by its place.

    Raises:
        KitError: There is no such student or folder, or it is not whole.
    """
    limits = limits_of(RunConfig(dataset="nano_cqa").to_dict())
    if isinstance(student, Student):
        return Asked(f"your student ({place})", student, "", limits)
    if student in BUILT_IN_WIDTHS:
        loaded = load_student(str(student))
        # It goes on and on; the first words show that.
        limits |= dict.fromkeys(("max_new_tokens", "max_rationale_tokens"), _UNTAUGHT)
        return Asked(str(student), loaded, "as it comes: it was taught neither prompt", limits)
    if not Path(student).is_dir() and not isinstance(student, Path):
        return Asked(student, load_student(student), "", limits)
    opened = open_checkpoint(Path(student))
    loaded = load_student(str(opened.student))
    if opened.config is None:
        return Asked(opened.name, loaded, "", opened.limits)
    method, data = method_named(opened.method), opened.config["dataset"]
    prompts = "both prompts" if method.explains else f"<code>{PREDICT_PREFIX.strip()}</code> only"
    return Asked(
        opened.name, loaded, f"{method.title} on {escape(data)}: taught {prompts}", opened.limits
    )


def playground_html(students: list[Asked], question: str) -> str:
    """Return what each student writes for both prompts of a question, beside each other."""
    if not question.strip():
        return _EMPTY
    columns = []
    for one in students:
        limits = one.limits
        parts = [f"<h4>{escape(one.name)}</h4><i>{one.taught}</i>"]
        for prefix, limit in (
            (PREDICT_PREFIX, limits["max_new_tokens"]),
            (EXPLAIN_PREFIX, limits["max_rationale_tokens"]),
        ):
            written = prepare_writing(
                one.student, prefix + question, limits["max_input_tokens"], limit
            )
            parts.append(f"<p><code>{prefix.strip()}</code></p>{writing_html(written)}")
        columns.append(f'<div style="flex:1 1 24em;min-width:0">{"".join(parts)}</div>')
    return (
        f'<p>{_LEGEND}</p><div style="display:flex;flex-wrap:wrap;gap:1em">{"".join(columns)}</div>'
    )


def student_playground(*students: str | Path | Student, dataset: str = "nano_cqa") -> Controlled:
    """Ask students a question, and look at every token that they write.

        student_playground("nano", training.run_folder)

    Students stand beside each other: names, folders of finished runs or of saved students, or students that
    are loaded; without any, two that come with the kit. The list has questions of the data set's test split.
    """
    loaded = [asked(one, place) for place, one in enumerate(students or _DEFAULT, 1)]
    examples = load_split(dataset, "test")[:_EXAMPLES]
    options = [(_short(n, one), one.input) for n, one in enumerate(examples, 1)]
    pick = widgets.Dropdown(options=options, **beside("a question of the test set"))
    question = widgets.Textarea(examples[0].input, rows=8, **beside("or your own"))
    for control in (pick, question):
        control.layout.width = "auto"
    button, view = widgets.Button(description="Ask"), widgets.HTML()
    box = Controlled([pick, question, button, view])

    def ask(_: object = None) -> None:
        view.value = "The students are writing …"
        try:
            view.value = _gold(question.value, examples) + playground_html(loaded, question.value)
        except KitError as error:
            view.value = f"<b>That did not work:</b> {escape(str(error))}"
        box.still = f"<pre>{escape(question.value)}</pre>{view.value}"

    def take(_: object) -> None:
        question.value = pick.value
        ask()

    pick.observe(take, names="value")
    button.on_click(ask)
    ask()
    return box


def _short(number: int, example: Example) -> str:
    text = " ".join(example.input.split())
    return f"{number}. {text if len(text) <= _LETTERS else text[:_LETTERS] + '…'}"


def _gold(question: str, examples: list[Example]) -> str:
    """Say what is right, where the question is one of the list as it stands there."""
    for one in examples:
        if one.input == question:
            return (
                f"<p>The gold label is <b>{escape(one.label)}</b>. "
                f"The teacher's rationale: {escape(one.rationale or 'none that could be read')}</p>"
            )
    return ""
