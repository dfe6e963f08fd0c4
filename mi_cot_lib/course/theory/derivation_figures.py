"""The figures of the derivation: bounds, a bound that is climbed, and what the MI loss cannot see."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.course.theory.derivation import (
    barber_agakov,
    decoder,
    equation_7_printed,
    equation_7_upper_bound,
    wrong_marginal,
)
from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes

EXACT, UPPER, LOWER, PRINTED = "I(Z;V), exact", "upper bound", "Barber–Agakov", "Eq. 7 as printed"
_DARK, _LIGHT, _ORANGE, _GREEN = "#0173b2", "#f0b27a", "#b35806", "#029e73"
# Colour, line style and marker, so that each alone tells the quantities apart.
_LOOKS = {
    EXACT: ("black", "-", "o"),
    UPPER: (_ORANGE, "--", "v"),
    LOWER: (_DARK, "-.", "^"),
    PRINTED: ("0.55", ":", "D"),
}
_SIGNS = {
    UPPER: "E[log p(v|z)/q(v)]",
    LOWER: "H(V) + E[log q(v|z)]",
    PRINTED: "E[log p(z|v)/p(v)]",
}


def prepare_bounds_at(
    world: ExactWorld, wrongness: float = 0.3, temperature: float = 2.0
) -> pd.Series:
    """Compute I and its bounds in one world.

    Args:
        world: The joint distribution; every z occurs.
        wrongness: Of q(v), see `wrong_marginal`.
        temperature: Of q(v|z), see `decoder`.

    Returns:
        `LOWER`, `EXACT`, `UPPER` and `PRINTED`, in nats.
    """
    upper = equation_7_upper_bound(world, wrong_marginal(world, wrongness))
    return pd.Series(
        {
            LOWER: barber_agakov(world, decoder(world, temperature)).right,
            EXACT: upper.left,
            UPPER: upper.right,
            PRINTED: equation_7_printed(world).right,
        }
    )


def prepare_bounds(
    z_size: int,
    v_size: int,
    skew: float,
    wrongness: float = 0.3,
    temperature: float = 2.0,
    points: int = 51,
) -> pd.DataFrame:
    """Compute I and its bounds while Z and V become more dependent.

    Args:
        z_size: See `ExactWorld.of`, as the following two.
        v_size: Number of values of V.
        skew: Of p(v).
        wrongness: See `wrong_marginal`.
        temperature: See `decoder`.
        points: Dependences from 0 to 1.

    Returns:
        A row a dependence, with `dependence` and the columns of `prepare_bounds_at` (nats).
    """
    dependences = np.linspace(0, 1, points)
    worlds = [ExactWorld.of(z_size, v_size, dependence, skew) for dependence in dependences]
    table = pd.DataFrame([prepare_bounds_at(world, wrongness, temperature) for world in worlds])
    return table.assign(dependence=dependences)


def draw_bounds(prepared: pd.DataFrame) -> Figure:
    """Draw I and its bounds against dependence; the band is where the two genuine bounds leave I."""
    figure = new_figure(7.5, 3.9)
    axes = figure.subplots()
    axes.fill_between(prepared["dependence"], prepared[LOWER], prepared[UPPER], color="0.93", lw=0)
    for name, (colour, style, _) in _LOOKS.items():
        label = f"{name}: {_SIGNS[name]}" if name in _SIGNS else name
        axes.plot(prepared["dependence"], prepared[name], style, color=colour, lw=2, label=label)
    axes.set_xlabel("dependence of Z and V (0: independent, 1: one determines the other)")
    axes.set_ylabel("nats")
    axes.axhline(0, color="0.7", lw=0.8)
    axes.legend(frameon=False, loc="upper left")
    plain_axes(axes, "y")
    return figure


def draw_bounds_at(prepared: pd.Series, span: tuple[float, float] = (-1.0, 3.0)) -> Figure:
    """Draw I as a line through the marks of its bounds.

    Args:
        prepared: From `prepare_bounds_at`.
        span: What the axis shows, nats; a mark outside is drawn at the edge, its value beside its name.
    """
    figure = new_figure(7.5, 2.3)
    axes = figure.subplots()
    axes.axvline(prepared[EXACT], color="black", lw=1.2)
    axes.axvline(0, color="0.7", lw=0.8)
    names = [UPPER, EXACT, LOWER, PRINTED]
    for place, name in enumerate(names):
        colour, style, marker = _LOOKS[name]
        held = float(np.clip(prepared[name], *span))
        if name != EXACT:
            axes.plot([prepared[EXACT], held], [place, place], style, color=colour, lw=2.5)
        axes.plot(held, place, marker, color=colour, ms=9, mec="white", clip_on=False, zorder=3)
    axes.set_yticks(range(len(names)), [f"{name}  {prepared[name]:7.3f}" for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(*span)
    axes.set_xlabel("nats")
    plain_axes(axes, "x")
    return figure


def prepare_climb(world: ExactWorld, points: int = 51) -> pd.DataFrame:
    """Move a student towards always saying its rarest v, with q(v) held at the start's p(v).

    p(v|z) becomes (1 − c) p(v|z) + c·[v is the rarest], p(z) stays.

    Args:
        world: The start.
        points: Values of c from 0 to 1.

    Returns:
        A row a c with `c` and, in nats, `EXACT` (I), `UPPER` (Equation 7 with the held q), `H(V)` and
        `H(V|Z)` (the cross-entropy of the exact decoder).
    """
    q_v = world.p_v
    constant = np.zeros_like(world.joint)
    constant[:, q_v.argmin()] = world.p_z
    rows = []
    for c in np.linspace(0, 1, points):
        moved = ExactWorld((1 - c) * world.joint + c * constant)
        sides = equation_7_upper_bound(moved, q_v)
        rows.append((c, sides.left, sides.right, moved.entropy_v, moved.entropy_v_given_z))
    return pd.DataFrame(rows, columns=["c", EXACT, UPPER, "H(V)", "H(V|Z)"])


def draw_climb(prepared: pd.DataFrame) -> Figure:
    """Draw, left, the held upper bound and I; right, the cross-entropy and the H(V) that it leaves out."""
    figure = new_figure(9.5, 3.6)
    left, right = figure.subplots(1, 2)
    for name in (UPPER, EXACT):
        colour, style, _ = _LOOKS[name]
        left.plot(prepared["c"], prepared[name], style, color=colour, lw=2, label=name)
    right.plot(prepared["c"], prepared["H(V)"], "--", color=_GREEN, lw=2, label="H(V)")
    right.plot(
        prepared["c"], prepared["H(V|Z)"], "-", color=_DARK, lw=2, label="cross-entropy, H(V|Z)"
    )
    right.fill_between(
        prepared["c"], prepared["H(V|Z)"], prepared["H(V)"], color="0.9", lw=0, label="I(Z;V)"
    )
    titles = ("the bound is largest where I is 0", "the cross-entropy is least where I is 0")
    for axes, title in zip((left, right), titles, strict=True):
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("c: share of always the same answer")
        axes.set_ylabel("nats")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        plain_axes(axes, "both")
    return figure


def draw_students(prepared: pd.DataFrame, least: float) -> Figure:
    """Draw each student's released MI loss beside its mutual information.

    Args:
        prepared: From `degenerate_optimum.prepare_students`.
        least: The smallest loss there is, nats.
    """
    figure = new_figure(9.5, 0.9 + 0.46 * len(prepared))
    places = np.arange(len(prepared))
    left, right = figure.subplots(1, 2, sharey=True)
    left.barh(places, prepared["released"], 0.55, color=_LIGHT, edgecolor="0.3", lw=0.6)
    left.axvline(least, color="black", lw=1.2, ls="--")
    left.set_title(f"released MI loss (dashed: least, {least:.4f})", fontsize=10, loc="left")
    right.barh(places, prepared["I(Z;V)"], 0.55, color=_DARK)
    right.set_title("mutual information I(Z;V)", fontsize=10, loc="left")
    for axes, column in ((left, "released"), (right, "I(Z;V)")):
        for place, value in zip(places, prepared[column], strict=True):
            axes.text(value, place, f" {value:.2f}", va="center", fontsize=9)
        axes.margins(x=0.13)
        axes.set_xlim(left=0)
        axes.set_xlabel("nats")
        plain_axes(axes, "x")
    left.set_yticks(places, prepared.index)
    left.invert_yaxis()
    return figure


def draw_collapse(runs: Mapping[str, Sequence[pd.DataFrame]]) -> Figure:
    """Draw H(V) and I(Z;V) over training: a panel a setting, a thin line a seed, thick their mean.

    Args:
        runs: By title, the runs of `collapse.prepare_collapse`, one a seed.
    """
    figure = new_figure(3.0 * len(runs) + 0.6, 3.5)
    panels = np.atleast_1d(figure.subplots(1, len(runs), sharey=True))
    for axes, (title, seeds) in zip(panels, runs.items(), strict=True):
        mean = pd.concat(seeds).groupby("step").mean()
        for name, style, colour in (("H(V)", "--", _GREEN), ("I(Z;V)", "-", "black")):
            for run in seeds:
                axes.plot(run["step"], run[name], style, color=colour, lw=0.7, alpha=0.35)
            axes.plot(mean.index, mean[name], style, color=colour, lw=2.4, label=name)
        axes.set_title(title, fontsize=9.5, loc="left")
        axes.set_xlabel("training step")
        axes.set_ylim(0, 2.3)
        plain_axes(axes, "both")
    panels[0].set_ylabel("nats")
    handles, names = panels[-1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return figure
