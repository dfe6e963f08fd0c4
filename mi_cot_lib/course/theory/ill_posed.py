"""Why mutual information of deterministic features is no number, and what estimators say of it."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.measure.mutual_information.estimate import estimate_mi
from mi_cot_lib.measure.mutual_information.neighbours import frequency_terms
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, new_figure, plain_axes

LIVE = ("barber_agakov", "infonce", "vclub")
_SEED = 0


def prepare_digits(most: int, items: int) -> pd.DataFrame:
    """Round a uniform X to more and more digits: V is a function of X, so that I(X;V) = H(V), in nats."""
    x = np.random.default_rng(_SEED).random(items)
    digits = range(1, most + 1)
    counted = [float(frequency_terms((x * 10**d).astype(int)).mean()) for d in digits]
    exact = [d * math.log(10) for d in digits]
    return pd.DataFrame(
        {"H(V)": counted, "digits × log 10": exact}, index=pd.Index(digits, name="digits")
    )


def prepare_growth(items: Sequence[int]) -> pd.DataFrame:
    """Ask InfoNCE for the information between a feature and a function of it; N items are held out."""
    rows = []
    for count in items:
        z = np.random.default_rng([_SEED, count]).standard_normal((count, 4))
        found = estimate_mi(z, np.tanh(z / 2) + z, "infonce", _SEED)
        rows.append((found.nats, found.cap))
    return pd.DataFrame(rows, index=pd.Index(items, name="pairs"), columns=["InfoNCE", "log N"])


def prepare_live(rho: float, dims: int, items: int) -> pd.DataFrame:
    """Estimate by `LIVE` the information of Gaussians whose coordinates are correlated by ρ in pairs.

    `low` and `high` (nats) are of the bound's sampling noise; the `truth` is the same in every row.
    """
    truth = -dims / 2 * math.log1p(-(rho**2))
    z, v = correlated_gaussians(dims, truth, items, _SEED)
    found = {name: estimate_mi(z, v, name, _SEED) for name in LIVE}
    rows = {name: (one.nats, one.low, one.high, truth) for name, one in found.items()}
    return pd.DataFrame(rows, index=["nats", "low", "high", "truth"]).T


def draw_live(prepared: pd.DataFrame) -> Figure:
    """Draw estimates as dots with their intervals, the truth as a line."""
    figure = new_figure(7.0, 2.2)
    axes = figure.subplots()
    truth = prepared["truth"].iloc[0]
    axes.axvline(truth, color="black", lw=1.2)
    for place, (name, row) in enumerate(prepared.iterrows()):
        colour, marker = (ORANGE, "v") if name == "vclub" else (BLUE, "^")
        axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=2)
        axes.plot(row["nats"], place, marker, color=colour, ms=8)
    axes.set_yticks(range(len(prepared)), list(prepared.index))
    axes.set_ylim(len(prepared) - 0.5, -0.5)
    axes.set_xlabel(
        f"nats; line: the truth, {truth:.2f}; bar: 95% of the bound's sampling noise, not of I"
    )
    axes.margins(x=0.08)
    plain_axes(axes, "x")
    return figure
