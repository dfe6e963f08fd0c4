"""The run explorer: any finished run's training curves, and its answers beside another method's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import (
    Controlled,
    beside,
    controlled,
    offer,
)
from mi_cot_lib.course.widgets.explorer.cards import Student, cards_html, page_html, verdicts_html
from mi_cot_lib.course.widgets.explorer.questions import (
    ALL,
    answered,
    asked,
    words_of,
)
from mi_cot_lib.course.widgets.records import Catalogue, Place, read_runs
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.errors import KitError
from mi_cot_lib.report.cells.curves import training_curves
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure
from mi_cot_lib.report.pictures.levels import CURVES
from mi_cot_lib.report.runs import Run

_A_PAGE = 3
_NONE = ""
# Colour, line and mark each tell the run from the one beside it.
_LOOKS = (
    {"color": BLUE, "ls": "-", "marker": "o"},
    {"color": ORANGE, "ls": "--", "marker": "s"},
)
# What a run is usually compared with, by short titles: the paper's two methods.
_USUAL = ("DSS", "MI")


def draw_runs(runs: Mapping[str, Run]) -> Figure:
    """Draw each loss term and validation accuracy of one run or two, by what they are called.

    A thin line stands at the step whose student was kept.
    """
    curves = {name: training_curves([run]) for name, run in runs.items()}
    logged = {name for frame in curves.values() for name in frame["name"]}
    wanted = [name for name in CURVES if name in logged]
    figure = new_figure(2.9 * len(wanted), 2.9)
    panels = figure.subplots(1, len(wanted), squeeze=False)[0]
    handles: dict[str, Any] = {}
    for (title, frame), look in zip(curves.items(), _LOOKS, strict=False):
        kept = runs[title].record["metrics"]["selected_step"]
        for axes, name in zip(panels, wanted, strict=True):
            mine = frame[frame["name"] == name]
            every = max(1, len(mine) // 6)
            (handles[title],) = axes.plot(
                mine["step"], mine["value"], **look, lw=1.6, ms=4, markevery=every
            )
            axes.axvline(kept, color=look["color"], ls=look["ls"], lw=0.8, alpha=0.7)
            label_panel(axes, CURVES[name][0], "training step", CURVES[name][1])
    handles["step that was kept"] = Line2D([], [], color="0.4", lw=0.8)
    legend_below(figure, handles)
    return figure


def told(name: str, run: Run) -> str:
    """Say in words what the curves of a run show."""
    curve, metrics = run.record["curves"]["validation"], run.record["metrics"]
    return (
        f"{name}: validation accuracy from {100 * curve['accuracy'][0]:.1f}% at step {curve['step'][0]:,} to "
        f"{100 * metrics['valid_accuracy']:.1f}% at step {metrics['selected_step']:,}, which was kept; "
        f"training ended at step {metrics['steps']:,}."
    )


def run_explorer(runs: Path | str | None = None) -> Controlled:
    """Show how a student was trained and what it answered, beside another method's student.

    The runs are those that came with the kit, or a folder's. Questions can be chosen by whether they were
    answered rightly, and by which of two methods answered them so, at one data set and seed. A rationale
    stands beside the teacher's and the gold one, with the words that differ marked.

        from mi_cot_lib.course.widgets import run_explorer
        run_explorer()  # or run_explorer(runs="../runs/reproduce")

    Raises:
        DataError: There is no finished run; the message says what trains some.
    """
    catalogue = Catalogue.of(read_runs(runs))
    controls = _controls(catalogue)
    shown_before: list[Any] = []

    def narrow() -> None:
        _narrow(controls, catalogue)
        now = [control.value for name, control in controls.items() if name != "page"]
        if now != shown_before:
            controls["page"].value = 1
            shown_before[:] = now

    # Drawing takes the longest, and only another run has other curves.
    @cache
    def curves(*places: Place) -> str:
        both = {name: catalogue.runs[dataset, name, seed] for dataset, name, seed in places}
        return Picture(draw_runs(both), " ".join(told(*one) for one in both.items())).html

    def show(dataset: str, method: str, seed: int, other: str, which: str, page: int) -> str:
        places = [(dataset, name, seed) for name in (method, other) if name != _NONE]
        both = [catalogue.runs[place] for place in places]
        students = [
            Student(name, run, words_of(run, runs))
            for (_, name, _), run in zip(places, both, strict=True)
        ]
        at = answered(*both)[which]
        # What a student wrote tells more than whether it was right.
        ordered = sorted(at, key=lambda place: [place not in one.words for one in students])
        listed = ordered[_A_PAGE * (page - 1) : _A_PAGE * page]
        try:
            cards = cards_html(listed, asked(both[0], listed, runs), students)
        except KitError as error:
            cards = verdicts_html(listed, students, str(error))
        names = " beside ".join(one.name for one in students)
        return page_html(
            f"{dataset_spec(dataset).title}, seed {seed}: {names}",
            curves(*places),
            students,
            f"{len(at):,} test questions: {which}. Page {page} of {_pages(len(at)):,}; those whose words are "
            "kept come first.",
            cards,
        )

    return controlled(show, narrow=narrow, **controls)


def _controls(catalogue: Catalogue) -> dict[str, Any]:
    """Make the controls by name; what limits each other gets its choices from `_narrow`."""
    dataset, method, seed = catalogue.first
    titles = [(dataset_spec(name).title, name) for name in catalogue.datasets()]
    return {
        "dataset": widgets.Dropdown(options=titles, value=dataset, **beside("data set")),
        "method": widgets.Dropdown(options=[method], **beside("method")),
        "seed": widgets.Dropdown(options=[seed], **beside("seed")),
        # No run stands beside itself, so that the usual one is taken at first.
        "other": widgets.Dropdown(options=[method], **beside("beside it")),
        "which": widgets.Dropdown(options=[ALL], **beside("test questions")),
        # A slider has too few places for thousands of pages, and cannot be drawn for one.
        "page": widgets.BoundedIntText(1, min=1, max=1, **beside("page")),
    }


def _narrow(controls: Mapping[str, Any], catalogue: Catalogue) -> None:
    dataset = controls["dataset"].value
    offer(controls["method"], [(name, name) for name in catalogue.names(dataset)])
    method = controls["method"].value
    seeds = catalogue.seeds(dataset, method)
    offer(controls["seed"], [(str(seed), seed) for seed in seeds])
    seed = controls["seed"].value
    others = catalogue.others((dataset, method, seed))
    usual = next((name for name in (*_USUAL, *others) if name in others), _NONE)
    offer(controls["other"], [("none", _NONE), *((name, name) for name in others)], usual)
    sides = [name for name in (method, controls["other"].value) if name != _NONE]
    groups = answered(*(catalogue.runs[dataset, name, seed] for name in sides))
    offer(controls["which"], [(f"{name} ({len(at):,})", name) for name, at in groups.items()])
    controls["page"].max = _pages(len(groups[controls["which"].value]))


def _pages(questions: int) -> int:
    return max(1, -(-questions // _A_PAGE))
