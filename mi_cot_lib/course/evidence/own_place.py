"""Where the learner's own run lies among the recorded seeds of its setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML, display
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import stats

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.records import asks_the_same, read_runs, short_title
from mi_cot_lib.measure.power import accuracy_interval
from mi_cot_lib.report.pictures.canvas import (
    LOOKS,
    PINK,
    label_panel,
    legend_below,
    new_figure,
    put_title,
)
from mi_cot_lib.report.runs import Record, Run
from mi_cot_lib.report.setting import title

# Fewer recorded seeds say nothing of where a further one would lie.
_LEAST_SEEDS = 3
_INK = "#000000"


@dataclass(frozen=True)
class OwnPlace:
    """A run's test accuracy beside recorded ones, all in percent.

    Attributes:
        name: The run's setting and seed.
        value: Its accuracy; `low` and `high` are Wilson's 95% interval over test items.
        recorded: Columns `name`, `method`, `seed`, `value`: recorded runs of the same data set and as many
            training examples, those of the same setting first; none where there is none of this setting.
        further: Where 95% of further seeds of the setting are to be expected; None with few recorded ones.
        differing: On how many test questions the recorded run of the same seed answers otherwise; None
            where that seed is not recorded.
        nearest: What the recorded setting nearest to it is called, or none of its data set.
    """

    name: str
    value: float
    low: float
    high: float
    recorded: pd.DataFrame
    further: tuple[float, float] | None
    differing: int | None
    nearest: str | None

    @property
    def same(self) -> pd.Series:
        """Accuracies of the recorded runs of its setting, by seed."""
        mine = self.recorded[self.recorded["name"] == self.name]
        return mine.set_index("seed")["value"]


def prepare_own_place(record: Record, recorded: Sequence[Run] | None = None) -> OwnPlace:
    """Compare a run, by its `run.json`, with recorded ones; None are those that came with the kit."""
    mine = Run.of(record)
    of_data = [
        run
        for run in (read_runs(None) if recorded is None else recorded)
        if run.setting.dataset == mine.setting.dataset and asks_the_same(run, mine)
    ]
    same = [run for run in of_data if _is_trained_alike(run, mine)]
    others = [run for run in of_data if _is_usual(run) and run.setting.size == mine.setting.size]
    shown = [*same, *(run for run in others if run.setting != mine.setting)] if same else []
    twins = [run for run in same if run.seed == mine.seed]
    items = len(mine.outcomes())
    low, high = accuracy_interval(items, mine.accuracy() / 100)
    rows = [(short_title(r.setting), r.setting.method, r.seed, r.accuracy()) for r in shown]
    return OwnPlace(
        name=short_title(mine.setting),
        value=mine.accuracy(),
        low=100 * low,
        high=100 * high,
        recorded=pd.DataFrame(rows, columns=["name", "method", "seed", "value"]),
        further=_further([run.accuracy() for run in same]),
        differing=int((twins[0].outcomes() != mine.outcomes()).sum()) if twins else None,
        nearest=_nearest(of_data, mine),
    )


def _is_trained_alike(run: Run, mine: Run) -> bool:
    """Tell whether two runs differ in seed only: a setting has no rate, batch or patience."""
    ours, theirs = (
        {**one.record["config"], "seed": None, "data_root": None} for one in (run, mine)
    )
    return ours == theirs


def _is_usual(run: Run) -> bool:
    """Tell whether a run is of a method as it is usually trained, but for the number of examples."""
    usual = [title(run.setting, fields) for fields in (("method",), ("method", "size"))]
    return short_title(run.setting) in usual


def _further(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95% prediction interval of one more value."""
    n = len(values)
    if n < _LEAST_SEEDS:
        return None
    half = stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) * np.sqrt(1 + 1 / n)
    return float(np.mean(values) - half), float(np.mean(values) + half)


def _nearest(runs: Sequence[Run], mine: Run) -> str | None:
    """Name the setting that differs least: in method, then in anything unusual, then in examples."""

    def distance(run: Run) -> tuple[bool, bool, float]:
        sizes = [one.record["data"]["train_used"] for one in (run, mine)]
        other_method = run.setting.method != mine.setting.method
        return other_method, not _is_usual(run), abs(float(np.log(sizes[0] / sizes[1])))

    found = min(runs, key=distance, default=None)
    return None if found is None else short_title(found.setting)


def draw_own_place(prepared: OwnPlace) -> Figure:
    """Draw a line a setting with a mark a recorded seed, and the own run with its interval over items."""
    rows = list(dict.fromkeys(prepared.recorded["name"]))
    figure = new_figure(8.2, 1.7 + 0.42 * len(rows))
    axes = figure.subplots()
    handles: dict[str, Any] = {}
    if prepared.further is not None:
        band: dict[str, Any] = {"fc": PINK, "alpha": 0.25, "lw": 0}
        axes.axvspan(*prepared.further, **band)
        handles["95% of further seeds of your setting"] = Patch(**band)
    for name, of_setting in prepared.recorded.groupby("name", sort=False):
        look = {**LOOKS[of_setting["method"].iloc[0]], "ls": ""}
        axes.plot(of_setting["value"], [rows.index(name)] * len(of_setting), **look, ms=8)
    axes.plot([prepared.low, prepared.high], [0, 0], color=_INK, lw=1.4)
    mine: dict[str, Any] = {"color": _INK, "marker": "*", "ms": 19, "mfc": "none", "mew": 1.4}
    axes.plot(prepared.value, 0, **mine)
    handles |= {
        "your run, 95% interval over test items": Line2D([], [], **{**mine, "ms": 11}),
        "recorded, a mark a seed": Line2D([], [], color="0.4", marker="o", ls="", ms=7),
    }
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.margins(x=0.1)
    put_title(figure, "Your run among recorded ones")
    label_panel(axes, "", "test accuracy (%)", grid="x")
    legend_below(figure, handles)
    return figure


def told(prepared: OwnPlace) -> str:
    """Say in words where the run lies, or that there is nothing that it may be compared with."""
    said = [
        f"Your run ({prepared.name}) has {prepared.value:.1f}% of the test questions right; its 95% interval "
        f"over test items is {prepared.low:.1f} to {prepared.high:.1f}."
    ]
    same = prepared.same
    if same.empty:
        nearest = prepared.nearest or "none: no record is of the same test questions"
        return (
            f"{said[0]} No record is of this setting, so nothing is compared. Nearest: {nearest}."
        )
    if len(same) == 1:
        said.append(f"One seed of its setting is recorded: {same.iloc[0]:.1f}%.")
    else:
        said.append(
            f"{len(same)} seeds of its setting are recorded: {same.min():.1f} to {same.max():.1f}%, mean "
            f"{same.mean():.1f}%."
        )
    if prepared.further is not None:
        inside = prepared.further[0] <= prepared.value <= prepared.further[1]
        said.append(f"It lies {'inside' if inside else 'outside'} where 95% of further seeds lie.")
    if prepared.differing is not None:
        said.append(
            "The recorded run of your seed answers every question as yours does, right or wrong."
            if prepared.differing == 0
            else f"The recorded run of your seed answers {prepared.differing:,} questions otherwise."
        )
    return " ".join(said)


def show_own_place(record: Mapping[str, Any]) -> None:
    """Show where a run, by its `run.json`, lies among the records of its setting, as a picture and in words.

    Where its setting has no record the nearest one is named, and nothing is compared.
    """
    prepared = prepare_own_place(record)
    said = told(prepared)
    if len(prepared.recorded):
        display(Picture(draw_own_place(prepared), said))
    display(HTML(f"<p>{escape(said)}</p>"))
