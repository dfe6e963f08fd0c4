"""An item's pictures by name: each takes a `Result`, and returns None where there is nothing to draw."""

from collections.abc import Callable

from matplotlib.figure import Figure

from mi_cot_lib.report.pictures.cases import draw_cases
from mi_cot_lib.report.pictures.dots import draw_cells, draw_judged
from mi_cot_lib.report.pictures.gains import draw_gains
from mi_cot_lib.report.pictures.levels import draw_shares, draw_sizes, draw_students
from mi_cot_lib.report.pictures.reliability import draw_reliability
from mi_cot_lib.report.pictures.tradeoff import draw_tradeoff
from mi_cot_lib.report.pictures.training import draw_curves, draw_gradients
from mi_cot_lib.report.result import Result

PICTURES: dict[str, Callable[[Result], Figure | None]] = {
    "cells": draw_cells,
    "sizes": draw_sizes,
    "reliability": draw_reliability,
    "judged": draw_judged,
    "cases": draw_cases,
    "gains": draw_gains,
    "tradeoff": draw_tradeoff,
    "shares": draw_shares,
    "students": draw_students,
    "gradients": draw_gradients,
    "curves": draw_curves,
}


def draw(result: Result) -> dict[str, Figure]:
    """Return an item's pictures by name, in its order, without those that there is nothing to draw for."""
    figures = {name: PICTURES[name](result) for name in result.pictures}
    return {name: figure for name, figure in figures.items() if figure is not None}
