"""The calibration bench: bins, temperature and number of answers moved, and what chance alone would show."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.answers import (
    Answers,
    made_answers,
    recorded_answers,
)
from mi_cot_lib.course.widgets.controls import (
    Controlled,
    beside,
    controlled,
    named_slider,
    offer,
)
from mi_cot_lib.course.widgets.records import Catalogue, read_runs
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.measure.calibration import (
    chance_errors,
    equal_mass_error,
    expected_calibration_error,
    reliability_bins,
)
from mi_cot_lib.measure.power import accuracy_interval
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure

# Test items of SVAMP are 200.
_ITEMS = (100, 200, 1_000)
_DRAWS = 500
# Of so few answers a bin's accuracy says next to nothing.
_FEW = 10
# Narrower bins have no room for their count in figures.
_NUMBERED = 0.07
_GREY = "#666666"


@dataclass(frozen=True)
class Bench:
    """One student's calibration, beside what a perfect one shows by chance.

    Attributes:
        bins: As `reliability_bins`, and Wilson's 95% interval of each accuracy: `least`, `most`.
        empty: Edges of the bins of equal width that hold no answer.
        error: The ECE over these bins, 0 to 1.
        by_chance: The ECE of as many perfectly calibrated students of the same confidences, (draws,).
        accuracy: 0 to 1, as is the mean `confidence`.
        items: How many answers they are of.
    """

    bins: pd.DataFrame
    empty: list[tuple[float, float]]
    error: float
    by_chance: np.ndarray
    accuracy: float
    confidence: float
    items: int

    @property
    def range(self) -> tuple[float, float]:
        """Where 95% of the perfectly calibrated students lie."""
        low, high = np.quantile(self.by_chance, (0.025, 0.975))
        return float(low), float(high)


def prepare_bench(
    confidence: np.ndarray, correct: np.ndarray, n_bins: int = 10, *, equal_mass: bool = False
) -> Bench:
    """Compute bins, ECE and noise floor of some answers, (items,) each."""
    bins = reliability_bins(confidence, correct, n_bins, equal_mass=equal_mass)
    ends = [
        accuracy_interval(n, share)
        for n, share in zip(bins["count"], bins["accuracy"], strict=True)
    ]
    bins[["least", "most"]] = ends
    filled = set(bins["low"])
    edges = [] if equal_mass else [(k / n_bins, (k + 1) / n_bins) for k in range(n_bins)]
    error = equal_mass_error if equal_mass else expected_calibration_error
    return Bench(
        bins=bins,
        empty=[(low, high) for low, high in edges if low not in filled],
        error=error(confidence, correct, n_bins),
        by_chance=chance_errors(confidence, n_bins, equal_mass=equal_mass, draws=_DRAWS),
        accuracy=float(correct.mean()),
        confidence=float(confidence.mean()),
        items=len(correct),
    )


def draw_bench(bench: Bench) -> Figure:
    """Draw the reliability diagram over its counts, and the ECE among those of perfect students."""
    figure = new_figure(9.4, 4.6)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1), height_ratios=(3, 1))
    above = figure.add_subplot(grid[0, 0])
    _draw_reliability(above, bench)
    _draw_counts(figure.add_subplot(grid[1, 0], sharex=above), bench)
    _draw_errors(figure.add_subplot(grid[:, 1]), bench)
    few = bench.bins["count"] < _FEW
    handles: dict[str, Any] = {
        "calibrated": Line2D([], [], color=_GREY, ls="--"),
        "bin, Wilson's 95% interval": Line2D([], [], color=BLUE, marker="o"),
    }
    if few.any():
        handles[f"of fewer than {_FEW} answers"] = Line2D(
            [], [], color=BLUE, marker="o", mfc="white"
        )
    if bench.empty:
        handles["bin without answers"] = Patch(fc="white", ec="0.7", hatch="///")
    handles["this student"] = Line2D([], [], color=ORANGE, lw=2.4)
    handles["95% of perfect students"] = Patch(fc=BLUE, alpha=0.2)
    legend_below(figure, handles)
    return figure


def _draw_reliability(axes: Axes, bench: Bench) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY, lw=1, ls="--")
    for low, high in bench.empty:
        axes.axvspan(low, high, fc="white", ec="0.85", hatch="///", lw=0, zorder=0)
    for one in bench.bins.itertuples():
        face = "white" if one.count < _FEW else BLUE
        axes.hlines(one.accuracy, one.low, one.high, color=BLUE, lw=1.2)
        axes.vlines(one.confidence, one.least, one.most, color=BLUE, lw=1.8)
        axes.plot(one.confidence, one.accuracy, "o", color=BLUE, mfc=face, ms=6, clip_on=False)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.tick_params(labelbottom=False)
    label_panel(axes, "Reliability", y="accuracy (share right)")


def _draw_counts(axes: Axes, bench: Bench) -> None:
    bins = bench.bins
    # A bin of one confidence has no width of its own.
    widths = np.maximum(bins["high"] - bins["low"], 0.004)
    axes.bar(bins["low"], bins["count"], widths, align="edge", color=BLUE, ec="white", lw=0.5)
    filled = bins[["low", "high", "count"]].itertuples(index=False)
    for low, high, count in (*filled, *((*edges, 0) for edges in bench.empty)):
        if high - low > _NUMBERED:
            look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 7, "color": _GREY}
            axes.text((low + high) / 2, count, f"{count:,}", **look)
    axes.margins(y=0.3)
    axes.set(xlim=(0, 1))
    label_panel(axes, "", "confidence (0 to 1)", "answers", grid="y")


def _draw_errors(axes: Axes, bench: Bench) -> None:
    low, high = (100 * end for end in bench.range)
    axes.axvspan(low, high, color=BLUE, alpha=0.2, lw=0)
    axes.hist(100 * bench.by_chance, 25, color="white", ec=BLUE, hatch="...", lw=0.8)
    axes.axvline(100 * bench.by_chance.mean(), color=BLUE, ls=":", lw=1.8)
    axes.axvline(100 * bench.error, color=ORANGE, lw=2.4)
    axes.margins(x=0.1)
    axes.set_xlim(left=0)
    label_panel(
        axes,
        f"ECE {100 * bench.error:.1f} points; by chance {100 * bench.by_chance.mean():.1f} (dotted)",
        "ECE (points)",
        f"perfect students (of {len(bench.by_chance)})",
        grid="x",
    )


def told(bench: Bench) -> str:
    """Say in words what the picture shows."""
    low, high = bench.range
    if bench.error > high:
        verdict = "A calibrated student hardly ever shows so much by chance."
    elif bench.error < low:
        verdict = "That is less than chance makes of nearly all calibrated students."
    else:
        verdict = "A calibrated student would show as much by chance: no miscalibration is shown."
    return (
        f"ECE {100 * bench.error:.1f} points on {bench.items:,} answers: accuracy "
        f"{100 * bench.accuracy:.1f}%, mean confidence {100 * bench.confidence:.1f}%. Perfectly calibrated "
        f"students of these confidences: {100 * bench.by_chance.mean():.1f} points on average, 95% of them "
        f"{100 * low:.1f} to {100 * high:.1f}. {verdict}"
    )


def calibration_bench(runs: Path | str | None = None) -> Controlled:
    """Show the calibration of a student whose bins, temperature and number of answers can be moved.

    The first student is made, for its truth is known: it is twice as sure as it should be, so a temperature
    of 2 makes it a perfect one. The others are the recorded ones: those of the kit, or of a folder of runs.

        from mi_cot_lib.course.widgets import calibration_bench
        calibration_bench()  # or calibration_bench(runs="../runs/reproduce")
    """
    recorded = {
        f"{dataset_spec(dataset).title}: {name}, seed {seed}": run
        for (dataset, name, seed), run in Catalogue.of(read_runs(runs)).runs.items()
        if "calibration" in run.record
    }
    made = "made, twice as sure as it should be"

    def answers_of(student: str) -> Answers:
        return made_answers() if student == made else recorded_answers(recorded[student], runs)

    def narrow() -> None:
        answers = answers_of(controls["student"].value)
        names = {answers.fitted: f"{answers.fitted:.2f}, by validation"}
        offer(
            controls["temperature"],
            [(names.get(one, f"{one:g}"), one) for one in answers.temperatures],
            1.0,
        )
        total = len(answers.correct)
        counts = [(f"{n:,}", n) for n in _ITEMS if n < total]
        offer(controls["items"], [*counts, (f"all {total:,}", total)], total)

    def show(student: str, bins: int, equal_mass: bool, temperature: float, items: int) -> str:
        answers = answers_of(student)
        confidence = answers.confidence(temperature)[:items]
        bench = prepare_bench(confidence, answers.correct[:items], bins, equal_mass=equal_mass)
        words = told(bench)
        head = f"{student}; {bins} bins of equal {'mass' if equal_mass else 'width'}; T = {temperature:g}"
        limited = (
            "<p>Its record keeps no scores of the labels, so two temperatures are known. Scores stand in "
            "the folder of a run.</p>"
            if answers.kept
            else ""
        )
        return f"<p><b>{escape(head)}</b></p>{Picture(draw_bench(bench), words).html}<p>{words}</p>{limited}"

    controls = {
        "student": widgets.Dropdown(options=[made, *recorded], **beside("student")),
        "bins": named_slider("bins", 10, 1, 50),
        "equal_mass": widgets.Dropdown(
            options=[("equal width", False), ("equal mass (as many answers each)", True)],
            **beside("bins are of"),
        ),
        "temperature": widgets.SelectionSlider(options=[("1", 1.0)], **beside("temperature")),
        "items": widgets.SelectionSlider(options=[("all", 0)], **beside("answers, the first")),
    }
    return controlled(show, narrow=narrow, **controls)
