"""An item's pictures by name: each takes a `Result`, and returns None where there is nothing to draw."""

from collections.abc import Callable

from matplotlib.figure import Figure

from mi_cot_lib.report.pictures import cells, levels
from mi_cot_lib.report.runs import Result

PICTURES: dict[str, Callable[[Result], Figure | None]] = {
    "cells": cells.draw_cells,
    "judged": cells.draw_cells,
    "gains": cells.draw_gains,
    "reliability": cells.draw_reliability,
    "cases": cells.draw_cases,
    "sizes": levels.draw_sizes,
    "students": levels.draw_students,
    "shares": levels.draw_shares,
    "tradeoff": levels.draw_tradeoff,
    "gradients": levels.draw_gradients,
    "curves": levels.draw_curves,
    "progress": levels.draw_progress,
}


def draw(result: Result) -> dict[str, Figure]:
    """Return an item's pictures by name, in its order, without those that there is nothing to draw for."""
    figures = {name: PICTURES[name](result) for name in result.pictures}
    return {name: figure for name, figure in figures.items() if figure is not None}
