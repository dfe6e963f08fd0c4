"""How sure can one be: seeds, test items and a true difference, and what a comparison could find of it."""

from dataclasses import dataclass

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.course.widgets.controls import Controlled, beside, controlled, named_slider
from mi_cot_lib.data.specs import dataset_spec
from mi_cot_lib.measure.power import chance_found
from mi_cot_lib.report.paper import paper_numbers
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE

# True differences along the axis, in points.
_DIFFERENCES = np.linspace(0, 8, 81)
_LEVEL = 0.05
_SIZES = (100, 200, 500, 1_000, 1_221, 2_000, 5_000, 9_824, 20_000)
_GREY = "#666666"


@dataclass(frozen=True)
class Certainty:
    """What a paired comparison of two methods could find.

    Attributes:
        half_width: Of the 95% interval of the mean difference, in points.
        found: Chance, 0 to 1, that the interval leaves 0 out.
        differences: True differences in points, (places,), and `chances` to find each, (places,).
        paper: Smallest difference in points that one student each finds four times out of five, by data set
            of the paper.
    """

    half_width: float
    found: float
    differences: NDArray[np.float64]
    chances: NDArray[np.float64]
    paper: dict[str, float]


def prepare_certainty(
    seeds: int, items: int, difference: float, spread: float, disagreement: float
) -> Certainty:
    """Compute what `seeds` runs a method on one test set of `items` could find of a true difference.

    `spread` is the standard deviation over seeds of the paired difference in points, beside what the items
    add: of two students just one answers a share `disagreement` of them rightly. The items are drawn once for
    all seeds, so more seeds do not help against a small test set.
    """
    of_seeds, of_items = spread**2 / seeds, _of_items(items, disagreement) ** 2
    error = np.sqrt(of_seeds + of_items)
    # Satterthwaite's, as the kit's own comparisons have them: many where the items say most.
    freedom = error**4 / (of_seeds**2 / (seeds - 1) + of_items**2 / (items - 1))

    def chance(true: float) -> float:
        return chance_found(true / error, _LEVEL, freedom)

    sizes = paper_numbers()["test_items"]
    # One student each: the normal's two sides at 5%, and four out of five.
    factor = stats.norm.isf(_LEVEL / 2) + stats.norm.isf(0.2)
    return Certainty(
        half_width=float(stats.t.isf(_LEVEL / 2, freedom) * error),
        found=chance(difference),
        differences=_DIFFERENCES,
        chances=np.array([chance(true) for true in _DIFFERENCES]),
        paper={name: float(factor * _of_items(size, disagreement)) for name, size in sizes.items()},
    )


def _of_items(items: int, disagreement: float) -> float:
    """Return the standard error, in points, that a paired difference has from its test items."""
    return 100 * np.sqrt(disagreement / items)


def draw_certainty(prepared: Certainty, difference: float) -> Figure:
    """Draw the interval that is to be expected, and the chance to find each true difference."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=(1, 1.6))
    left.errorbar([0], [difference], prepared.half_width, fmt="o", capsize=8, color=BLUE)
    left.axhline(0, color=_GREY, lw=1, ls="--")
    left.set(xlim=(-1, 1), xticks=[], ylabel="difference (points)", title="the interval to expect")
    right.plot(prepared.differences, 100 * prepared.chances, color=BLUE)
    right.plot([difference], [100 * prepared.found], "o", color=ORANGE)
    right.axhline(80, color=_GREY, lw=1, ls="--")
    for place, (name, least) in enumerate(prepared.paper.items()):
        right.axvline(least, color=_GREY, lw=1, ls=":")
        right.text(least, 4 + 9 * place, f" {dataset_spec(name).title}", color=_GREY, fontsize=8)
    right.set(
        xlabel="true difference (points)",
        ylabel="chance to find it (%)",
        title=f"found in {100 * prepared.found:.0f}% of repetitions",
        ylim=(0, 102),
    )
    figure.tight_layout()
    plt.close(figure)
    return figure


def told(prepared: Certainty, difference: float) -> str:
    """Say in words what the picture shows."""
    paper = ", ".join(
        f"{dataset_spec(name).title} {least:.1f}" for name, least in prepared.paper.items()
    )
    return (
        f"A difference of {difference:.1f} points is found in {100 * prepared.found:.0f}% of repetitions; "
        f"its 95% interval reaches {prepared.half_width:.1f} points to each side. Found four times out of "
        f"five by one student each on the paper's test sets, in points: {paper}."
    )


def how_sure() -> Controlled:
    """Show what seeds, items and a true difference make of a comparison, to be moved."""

    def show(
        seeds: int, items: int, difference: float, spread: float, disagreement: float
    ) -> Picture:
        prepared = prepare_certainty(seeds, items, difference, spread, disagreement / 100)
        return Picture(draw_certainty(prepared, difference), told(prepared, difference))

    return controlled(
        show,
        seeds=named_slider("seeds a method", 5, 2, 30),
        items=widgets.SelectionSlider(options=_SIZES, value=2_000, **beside("test items")),
        difference=named_slider("true difference (points)", 1.5, 0.0, 8.0, 0.1),
        spread=named_slider("spread over seeds (points)", 1.0, 0.1, 5.0, 0.1),
        disagreement=named_slider("items that one alone has right (%)", 10, 1, 50),
    )
