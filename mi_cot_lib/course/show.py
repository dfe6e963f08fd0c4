"""How chapters show an item (its answer, a picture, a small table; all else folded) and a teacher's text."""

import re
from html import escape

import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.figure import Figure

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.data.layout import RawRow
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.data.teacher.parse import split_teacher_output
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.cells.accuracy import accuracy_cells
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.runs import Record, Result, Run
from mi_cot_lib.report.setting import WORDING
from mi_cot_lib.report.tables import folded_tables, main_table

# Of each segment of a teacher's text what it is called, and how it is marked. Light backgrounds under dark
# text; the border's style tells the segments apart without colour.
_OUTSIDE = "background:#ffffff;color:#777777;border-bottom:2px dashed #bbbbbb"
_SEGMENTS = {
    "lead": ("question, thoughts", _OUTSIDE),
    "rationale": ("rationale", "background:#fde4c8;border-bottom:2px solid #b35806"),
    "announcement": ("announcement", "background:#eeeeee;border-bottom:2px dotted #555555"),
    "label": ("label", "background:#cfe5f5;border-bottom:4px double #0173b2;font-weight:bold"),
    "rest": ("run-on, cut off", _OUTSIDE),
}


def show(result: Result) -> None:
    """Show an item's question, answer, first picture and small table, and its further tables folded."""
    text = [f"**{result.kind}. {result.question}** {' '.join(answer_of(result))}"]
    if result.missing:
        text.append(
            f"{len(result.missing)} runs are missing: "
            f"`mi-cot paper {result.id} --preset {result.preset}` trains them."
        )
    display(Markdown("\n\n".join(text)))
    for name, figure in list(draw(result).items())[:1]:
        display(_picture(result, name, figure))
    folded = [
        f"<details><summary>{heading}</summary>{_html(frame)}</details>"
        for heading, frame in folded_tables(result).items()
    ]
    display(HTML("".join([_html(main_table(result)), *folded])))


def show_picture(result: Result, name: str) -> None:
    """Show one of an item's pictures."""
    display(_picture(result, name, draw(result)[name]))


def show_table(result: Result, heading: str) -> None:
    """Show one of an item's folded tables."""
    display(HTML(_html(folded_tables(result)[heading])))


def show_answers(*results: Result) -> None:
    """Show the questions of several items with their answers, numbered."""
    said = [f"**{result.question}** {' '.join(answer_of(result))}" for result in results]
    display(Markdown("\n\n".join(f"{number}. {one}" for number, one in enumerate(said, 1))))


def show_curves(record: Record) -> None:
    """Show how the losses and the accuracy of a single run, by its `run.json`, went."""
    show_picture(_one_run(record), "curves")


def _one_run(record: Record) -> Result:
    run = Run.of(record)
    return Result(
        id="run",
        title=record["run"],
        question="",
        measure="accuracy",
        margin=0.0,
        fields=("method",),
        built_in=dataset_spec(run.setting.dataset).built_in,
        preset="",
        cells=accuracy_cells([run]),
        compared=pd.DataFrame(),
        runs=[run],
        pictures=("curves",),
    )


def example_html(dataset: str, row: RawRow) -> str:
    """Return a row's input, gold label and teacher's raw text as HTML, escaped, its segments marked."""
    read = split_teacher_output(dataset, row.teacher_text, row.choices, row.input)
    segments = {name: part for name, part in read._asdict().items() if part}
    marked = "".join(_span(part, _SEGMENTS[name][1]) for name, part in segments.items())
    legend = " ".join(_span(*said) for name, said in _SEGMENTS.items() if name in segments)
    return (
        '<div style="background:#ffffff;color:#1f1f1f;padding:8px;line-height:1.6">'
        f"<b>input</b>{_block(escape(row.input))}<b>gold label</b>{_block(escape(row.label))}"
        f'<b>teacher</b> <span style="font-size:85%">({legend})</span>{_block(marked)}</div>'
    )


def _picture(result: Result, name: str, figure: Figure) -> Picture:
    return Picture(figure, f"{result.kind}, {result.title}: {WORDING['pictures'][name]}")


def _html(frame: pd.DataFrame) -> str:
    # Escaped, since students wrote some of it; without line breaks, of which a notebook would keep thousands.
    return re.sub(r">\s+<", "><", str(frame.to_html(index=False, border=0)))


def _block(html: str) -> str:
    return f'<div style="white-space:pre-wrap;margin:2px 0 8px 14px">{html}</div>'


def _span(text: str, style: str) -> str:
    return f'<span style="{style}">{escape(text)}</span>'
