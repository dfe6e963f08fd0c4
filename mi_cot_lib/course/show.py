"""How chapters show an item: its answer, a picture and a small table; all else is folded."""

import re

import pandas as pd
from IPython.display import HTML, Markdown, display

from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.report.answer import answer_of
from mi_cot_lib.report.cells.accuracy import accuracy_cells
from mi_cot_lib.report.pictures import draw
from mi_cot_lib.report.runs import Record, Result, Run
from mi_cot_lib.report.setting import Setting
from mi_cot_lib.report.tables import folded_tables, main_table


def show(result: Result) -> None:
    """Show an item's question, answer, first picture and small table, and its further tables folded."""
    text = [f"**{result.kind}. {result.question}** {' '.join(answer_of(result))}"]
    if result.missing:
        text.append(
            f"{len(result.missing)} runs are missing: "
            f"`mi-cot paper {result.id} --preset {result.preset}` trains them."
        )
    display(Markdown("\n\n".join(text)))
    for figure in list(draw(result).values())[:1]:
        display(figure)
    folded = [
        f"<details><summary>{heading}</summary>{_html(frame)}</details>"
        for heading, frame in folded_tables(result).items()
    ]
    display(HTML("".join([_html(main_table(result)), *folded])))


def show_table(result: Result, heading: str) -> None:
    """Show one of an item's folded tables."""
    display(HTML(_html(folded_tables(result)[heading])))


def one_run(record: Record) -> Result:
    """Return a single run as an item without comparisons, for its pictures.

    Args:
        record: Its `run.json`.
    """
    run = Run(Setting.of(record["config"]), record["config"]["seed"], record)
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


def _html(frame: pd.DataFrame) -> str:
    # Escaped, since students wrote some of it; without line breaks, of which a notebook would keep thousands.
    return re.sub(r">\s+<", "><", str(frame.to_html(index=False, border=0)))
