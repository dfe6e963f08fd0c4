"""What a verdict is: an interval against zero and against the margin, to be moved."""

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import stats

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, controlled, named_slider
from mi_cot_lib.errors import ConfigError
from mi_cot_lib.measure.verdicts import decision
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, label_panel, legend_below, new_figure

# Mean difference and its standard error, in points: one example each of what can come out.
EXAMPLES = ((2.4, 0.5), (-1.8, 0.4), (0.1, 0.25), (1.4, 1.1), (0.5, 0.1))
_SEEDS, _MARGIN = 5, 1.0
# Half of the axis, in points.
_WIDEST = 6.0


@dataclass(frozen=True)
class Decided:
    """A difference in points, its intervals of 95% and of 90%, and the verdict that they give."""

    mean: float
    wide: tuple[float, float]
    narrow: tuple[float, float]
    verdict: str


def prepare_decided(
    mean: float, error: float, seeds: int = _SEEDS, margin: float = _MARGIN
) -> Decided:
    """Decide a mean difference over seeds, by its standard error and the margin, both in points above 0.

    It is higher or lower where the 95% interval leaves 0 out; else the same where the 90% interval lies
    within the margin, which is what two one-sided tests at 5% come to.
    """
    if seeds < 2 or error <= 0 or margin <= 0:
        raise ConfigError(
            f"needs two seeds or more, an error and a margin above 0; got {seeds}, {error}, {margin}."
        )
    at = stats.t(seeds - 1)
    p = 2 * at.sf(abs(mean) / error)
    p_same = at.sf((margin - abs(mean)) / error)
    wide, narrow = (at.ppf(share) * error for share in (0.975, 0.95))
    return Decided(
        mean,
        (mean - wide, mean + wide),
        (mean - narrow, mean + narrow),
        decision(mean, float(p), float(p_same)),
    )


def draw_decided(mine: Decided, margin: float = _MARGIN) -> Figure:
    """Draw a difference with both intervals above examples of each verdict, at the same margin."""
    examples = [prepare_decided(*one, margin=margin) for one in EXAMPLES]
    rows = [("yours", mine), *(("example", one) for one in examples)]
    figure = new_figure(8.2, 3.6)
    axes = figure.subplots()
    axes.axvspan(-margin, margin, fc="0.9", ec="0.75", hatch="//", lw=0)
    axes.axvline(0, color="0.4", lw=1, ls=":")
    for place, (whose, one) in enumerate(rows):
        colour = ORANGE if whose == "yours" else BLUE
        mark = "D" if whose == "yours" else "o"
        axes.plot(one.wide, [place, place], "-|", color=colour, lw=1.3, ms=9)
        axes.plot(one.narrow, [place, place], color=colour, lw=4, solid_capstyle="butt")
        axes.plot(one.mean, place, mark, color=colour, mec="white", ms=9)
        axes.text(_WIDEST + 0.2, place, one.verdict, va="center", fontsize=9)
    axes.set_yticks(range(len(rows)), [whose for whose, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(-_WIDEST, _WIDEST)
    label_panel(axes, "", "difference of two methods (points of accuracy)", grid="x")
    legend_below(
        figure,
        {
            "95% interval: does it leave 0 out?": Line2D([], [], color="0.3", marker="|", lw=1.3),
            "90% interval: within the margin?": Line2D([], [], color="0.3", lw=4),
            "margin": Patch(fc="0.9", ec="0.75", hatch="//"),
        },
    )
    return figure


def told(mine: Decided, margin: float) -> str:
    """Say in words what the picture shows."""
    ends = "{:+.1f} to {:+.1f}".format
    return (
        f"A difference of {mine.mean:+.1f} points, 95% interval {ends(*mine.wide)}, 90% interval "
        f"{ends(*mine.narrow)}, margin ±{margin:g}: {mine.verdict}. Below it an example of each verdict."
    )


def verdict_lab() -> Controlled:
    """Show which verdict a difference gets, by its spread over seeds, their number and the margin."""

    def show(difference: float, spread: float, seeds: int, margin: float) -> Picture:
        mine = prepare_decided(difference, spread / np.sqrt(seeds), seeds, margin)
        return Picture(draw_decided(mine, margin), told(mine, margin))

    return controlled(
        show,
        difference=named_slider("mean difference (points)", 1.5, -4.0, 4.0, 0.1),
        spread=named_slider("spread over seeds (points)", 1.5, 0.1, 4.0, 0.1),
        seeds=named_slider("seeds", 5, 2, 30),
        margin=named_slider("margin (points)", 1.0, 0.2, 3.0, 0.1),
    )
