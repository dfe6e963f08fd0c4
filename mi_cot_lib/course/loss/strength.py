"""How strong the MI loss is beside the other terms: for one student, and while recorded ones trained."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from mi_cot_lib.course.brief_student import encoded_batches, gradient_of
from mi_cot_lib.data.specs import Example
from mi_cot_lib.objective.choices import TERMS, Objective
from mi_cot_lib.objective.terms import term_counts
from mi_cot_lib.report.cells.curves import gradient_cells
from mi_cot_lib.report.pictures.canvas import (
    BLUE,
    ORANGE,
    draw_banded,
    legend_below,
    new_figure,
    plain_axes,
    put_title,
)
from mi_cot_lib.report.runs import Record, Run, by_setting
from mi_cot_lib.report.setting import title
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.packed_step import term_losses

_CHANGES = {
    "label_hidden": (ORANGE, "--", "label hidden"),
    "none": ("black", "-", "as they are"),
    "label_named": (BLUE, ":", "label named"),
}


def measure_terms(student: Student, examples: Sequence[Example], batch_size: int = 16) -> pd.Series:
    """Measure the norm of each term's gradient by the student's weights, weighted as in the paper.

    `mi with …` are cosines of angles: below 0 one step undoes part of the other. Means over the batches.
    """
    rows = []
    for batch in encoded_batches(student, examples, batch_size):
        losses = term_losses(student.model, Objective(), batch, term_counts(batch))
        gradients = {term: gradient_of(loss, student) for term, loss in losses.items()}
        row = {term: gradients[term].norm().item() for term in TERMS}
        for other in TERMS[:2]:
            cosine = torch.cosine_similarity(gradients["mi"], gradients[other], dim=0)
            row[f"mi with {other}"] = cosine.item()
        rows.append(row)
    return pd.DataFrame(rows).mean()


def prepare_strength(runs: Sequence[Run]) -> pd.DataFrame:
    """Compare the weighted gradient norms of the three terms, a row a setting: medians over logged steps.

    Norms are means over seeds; `mi / generation` is the median of the steps' quotients, and `low` and
    `high` are its least and greatest of the seeds.
    """
    rows = []
    for setting, group in by_setting(runs).items():
        seeds = [_medians([run])["mi / generation"] for run in group.values()]
        rows.append(
            {"data": title(setting, ("dataset",)), "change": setting.change, "seeds": len(group)}
            | _medians(list(group.values()))
            | {"low": min(seeds), "high": max(seeds)}
        )
    return pd.DataFrame(rows)


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    norms = gradient_cells(runs).pivot(index="step", columns="term", values="value")
    quotients = norms["mi"] / norms["generation"]
    return norms.assign(**{"mi / generation": quotients}).median().to_dict()


def prepare_own_pulls(record: Record) -> pd.DataFrame:
    """Take the weighted gradient norm of each term of `TERMS` at a run's logged steps, a row a step.

    A term that its method does not train has no column. With one term alone no norms are logged, since its
    gradient is the whole gradient: the table is empty then.
    """
    logged = record["curves"]["training"]
    found = {term: logged[f"grad_norm_{term}"] for term in TERMS if f"grad_norm_{term}" in logged}
    return pd.DataFrame(found, pd.Index(logged["step"] if found else [], name="step"))


def prepare_changes(runs: Sequence[Run]) -> pd.DataFrame:
    """Collect the MI loss's weighted gradient norms by step, of runs with it under changed teachers.

    `norm` is the mean over seeds, `low` and `high` are the least and greatest.
    """
    found = gradient_cells([run for run in runs if run.setting.method == "mi"])
    found = found[found["term"] == "mi"].drop(columns="term")
    settings = found.pop("setting")
    return found.rename(columns={"value": "norm"}).assign(
        change=[one.change for one in settings],
        data=[title(one, ("dataset",)) for one in settings],
    )


def draw_naming(found: pd.DataFrame, heading: str) -> Figure:
    """Draw what `prepare_changes` found, a panel a data set; one seed has no bands to speak of."""
    held = list(dict.fromkeys(found["data"]))
    figure = new_figure(max(6.5, 2.8 * len(held)), 3.6)
    handles = {}
    panels = np.atleast_1d(figure.subplots(1, len(held)))
    for axes, name in zip(panels, held, strict=True):
        for change, (colour, style, called) in _CHANGES.items():
            mine = found[(found["data"] == name) & (found["change"] == change)]
            if len(mine):
                handles[f"rationales: {called}"] = draw_banded(
                    axes, mine, "step", "norm", color=colour, ls=style, lw=1.8
                )
        axes.set_title(name, fontsize=10, loc="left")
        axes.set_xlabel("training step")
        axes.set_ylim(bottom=0)
        plain_axes(axes, "both")
    panels[0].set_ylabel("MI gradient norm, weighted", fontsize=9)
    banded = bool((found["low"] < found["high"]).any())
    put_title(figure, heading + "\nline: mean over seeds; band: least and greatest" * banded)
    legend_below(figure, handles)
    return figure
