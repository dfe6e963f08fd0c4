"""Why mutual information of deterministic features is no number, and what estimators say of it."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.measure.mutual_information.estimate import estimate_mi
from mi_cot_lib.measure.mutual_information.neighbours import frequency_terms
from mi_cot_lib.measure.mutual_information.worlds import correlated_gaussians
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes

LIVE = ("barber_agakov", "infonce", "vclub")
_BLUE, _ORANGE, _BLACK = "#0173b2", "#b35806", "black"


def prepare_digits(most: int, items: int, seed: int = 0) -> pd.DataFrame:
    """Round a uniform X to more and more digits and compute what the rounded V says of it.

    V is a function of X, so that I(X;V) = H(V).

    Args:
        most: Digits after the point, at most.
        items: Draws that H(V) is counted from.
        seed: Of the draws.

    Returns:
        By `digits`: `H(V)` as counted, and `digits × log 10`, both in nats.
    """
    x = np.random.default_rng(seed).random(items)
    digits = range(1, most + 1)
    counted = [float(frequency_terms((x * 10**d).astype(int)).mean()) for d in digits]
    exact = [d * math.log(10) for d in digits]
    return pd.DataFrame(
        {"H(V)": counted, "digits × log 10": exact}, index=pd.Index(digits, name="digits")
    )


def prepare_growth(items: Sequence[int], seed: int = 0) -> pd.DataFrame:
    """Ask InfoNCE for the information between two features of which one is a function of the other.

    Args:
        items: How many pairs to give it, one row each.
        seed: Of data and estimator.

    Returns:
        By number of `pairs`: `InfoNCE` and its cap `log N`, N the held-out items, both in nats.
    """
    rows = []
    for count in items:
        z = np.random.default_rng([seed, count]).standard_normal((count, 4))
        found = estimate_mi(z, np.tanh(z / 2) + z, "infonce", seed)
        rows.append((found.nats, found.cap))
    return pd.DataFrame(rows, index=pd.Index(items, name="pairs"), columns=["InfoNCE", "log N"])


def prepare_live(rho: float, dims: int, items: int, seed: int = 0) -> pd.DataFrame:
    """Estimate the information of correlated Gaussians by `LIVE`.

    Args:
        rho: Correlation of each pair of coordinates, 0 to below 1.
        dims: Coordinates of each variable.
        items: Pairs.
        seed: Of data and estimators.

    Returns:
        By estimator: `nats`, `low`, `high` (of the bound's sampling noise), and `truth`, the same in every
        row.
    """
    truth = -dims / 2 * math.log1p(-(rho**2))
    z, v = correlated_gaussians(dims, truth, items, seed)
    found = {name: estimate_mi(z, v, name, seed) for name in LIVE}
    return pd.DataFrame(
        {
            name: {"nats": one.nats, "low": one.low, "high": one.high, "truth": truth}
            for name, one in found.items()
        }
    ).T


def draw_live(prepared: pd.DataFrame) -> Figure:
    """Draw estimates as dots with their intervals, the truth as a line.

    Args:
        prepared: From `prepare_live`.
    """
    figure = new_figure(7.0, 2.2)
    axes = figure.subplots()
    truth = prepared["truth"].iloc[0]
    axes.axvline(truth, color=_BLACK, lw=1.2)
    for place, (name, row) in enumerate(prepared.iterrows()):
        colour = _ORANGE if name == "vclub" else _BLUE
        axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=2)
        axes.plot(row["nats"], place, "v" if name == "vclub" else "^", color=colour, ms=8)
    axes.set_yticks(range(len(prepared)), list(prepared.index))
    axes.set_ylim(len(prepared) - 0.5, -0.5)
    axes.set_xlabel(
        f"nats; line: the truth, {truth:.2f}; bar: 95% of the bound's sampling noise, not of I"
    )
    axes.margins(x=0.08)
    plain_axes(axes, "x")
    return figure
