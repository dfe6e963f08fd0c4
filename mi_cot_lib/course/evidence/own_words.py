"""The rationales of the learner's own run, scored by the exact judge, beside right and wrong answers."""

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.explorer.questions import asked, words_of
from mi_cot_lib.data.exact_judge.judge import judge_rationale
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure
from mi_cot_lib.report.runs import Run
from mi_cot_lib.training.record import read_record

_SCORES = range(1, 6)
_COLUMNS = ["question", "gold", "answer", "right", "score", "rationale", "why"]
_LOOKS: dict[bool, tuple[str, dict[str, Any]]] = {
    True: ("answer right", {"color": BLUE}),
    False: ("answer wrong", {"color": ORANGE, "hatch": "///"}),
}


def judged_words(folder: Path) -> pd.DataFrame:
    """Judge what a run of a built-in data set wrote when it was asked to explain.

    Returns:
        A row a question that it was asked for a rationale: `question`, `gold`, `answer`, `right`, `score`
        (1 to 5), `rationale`, `why` (what is wrong or missing); no row where the run wrote none.

    Raises:
        KitError: The data are not built in, or are others than the run's.
    """
    run = Run.of(read_record(folder))
    dataset, right = run.setting.dataset, run.outcomes().astype(bool)
    written = {place: one for place, one in words_of(run, folder.parent).items() if one.rationale}
    rows = []
    for place, question in zip(written, asked(run, list(written), folder.parent), strict=True):
        said = written[place]
        example = Example(question.id, question.input, question.label, question.teacher, None)
        verdict = judge_rationale(dataset, example, said.rationale)
        why = "; ".join(verdict.reasons)
        rows.append(
            (" ".join(question.input.split()), question.label, said.label, bool(right[place]), verdict.score,
             said.rationale, why)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def draw_judged(judged: pd.DataFrame) -> Figure:
    """Draw how many rationales got each score, of right answers beside wrong ones."""
    figure = new_figure(7.4, 3.0)
    axes = figure.subplots()
    handles = {}
    for right, (name, look) in _LOOKS.items():
        scores = judged.loc[judged["right"] == right, "score"]
        counts = [int((scores == score).sum()) for score in _SCORES]
        places = np.array(_SCORES) + (-0.2 if right else 0.2)
        handles[name] = axes.bar(places, counts, 0.38, ec="white", **look)
        axes.bar_label(handles[name], fontsize=8)
    axes.set_xticks(_SCORES)
    axes.margins(y=0.15)
    label_panel(axes, "", "judged quality (1 to 5)", "rationales", grid="y")
    legend_below(figure, handles)
    return figure


def told(judged: pd.DataFrame) -> str:
    """Say in words what the picture shows."""
    said = [f"{len(judged)} rationales, mean score {judged['score'].mean():.2f}"]
    for right, (name, _) in _LOOKS.items():
        scores = judged.loc[judged["right"] == right, "score"]
        mean = f", mean score {scores.mean():.2f}" if len(scores) else ""
        said.append(f"{name}: {len(scores)}{mean}")
    return "; ".join(said) + "."


def show_own_words(folder: Path) -> None:
    """Show the scores of a run's rationales; where it wrote none, or no one knows the truth, say so."""
    config = read_record(folder)["config"]
    spec = dataset_spec(config["dataset"])
    if not spec.built_in:
        said = f"No exact judge knows the truth in {spec.title}."
    elif (judged := judged_words(folder)).empty:
        said = (
            f"Your run learned by {config['method']}, which writes no rationales. Train one with dss or mi "
            "in chapter 03, and come back."
        )
    else:
        said = told(judged)
        display(Picture(draw_judged(judged), said))
    display(HTML(f"<p>{escape(said)}</p>"))
