"""The figures of the derivation: bounds, and a bound that is climbed."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mi_cot_lib.course.theory import derivation as d
from mi_cot_lib.course.theory.exact_world import ExactWorld
from mi_cot_lib.report.pictures.canvas import new_figure, plain_axes

EXACT, UPPER, LOWER, PRINTED = "I(Z;V), exact", "upper bound", "Barber–Agakov", "Eq. 7 as printed"
# Colour and line style, each of which tells the quantities apart, and what is computed.
_LOOKS = {
    EXACT: ("black", "-", ""),
    UPPER: ("#b35806", "--", ": E[log p(v|z)/q(v)]"),
    LOWER: ("#0173b2", "-.", ": H(V) + E[log q(v|z)]"),
    PRINTED: ("0.55", ":", ": E[log p(z|v)/p(v)]"),
}


def prepare_bounds(
    z_size: int, v_size: int, skew: float, wrongness: float = 0.3, temperature: float = 2.0
) -> pd.DataFrame:
    """Compute I and its bounds (nats) in worlds of `ExactWorld.of` whose Z and V become more dependent.

    q(v) comes from `wrong_marginal`, q(v|z) from `decoder`.
    """
    rows = []
    for dependence in np.linspace(0, 1, 101):
        world = ExactWorld.of(z_size, v_size, dependence, skew)
        upper = d.equation_7_upper_bound(world, d.wrong_marginal(world, wrongness))
        lower = d.barber_agakov(world, d.decoder(world, temperature))
        printed = d.equation_7_printed(world).right
        rows.append((dependence, lower.right, upper.left, upper.right, printed))
    return pd.DataFrame(rows, columns=["dependence", LOWER, EXACT, UPPER, PRINTED])


def draw_bounds(prepared: pd.DataFrame, marked: float | None = None) -> Figure:
    """Draw I and its bounds against dependence, one marked with its numbers; between the bounds a band."""
    figure = new_figure(7.5, 3.9)
    axes = figure.subplots()
    axes.fill_between(prepared["dependence"], prepared[LOWER], prepared[UPPER], color="0.93", lw=0)
    for name, (colour, style, sign) in _LOOKS.items():
        axes.plot(
            prepared["dependence"], prepared[name], style, color=colour, lw=2, label=name + sign
        )
    if marked is not None:
        here = prepared.loc[(prepared["dependence"] - marked).abs().idxmin()]
        axes.axvline(marked, color="0.7", lw=0.8)
        axes.set_title("   ".join(f"{name}: {here[name]:.3f}" for name in _LOOKS), fontsize=9)
    axes.set_xlabel("dependence of Z and V (0: independent, 1: one determines the other)")
    axes.set_ylabel("nats")
    axes.axhline(0, color="0.7", lw=0.8)
    axes.legend(frameon=False, loc="upper left")
    plain_axes(axes, "y")
    return figure


def prepare_climb(world: ExactWorld) -> pd.DataFrame:
    """Move a student towards always saying its rarest v, with q(v) held at the start's p(v).

    p(v|z) becomes (1 − c) p(v|z) + c·[v is the rarest], p(z) stays. H(V|Z) is the cross-entropy of the
    exact decoder.
    """
    q_v = world.p_v
    constant = np.zeros_like(world.joint)
    constant[:, q_v.argmin()] = world.p_z
    rows = []
    for c in np.linspace(0, 1, 51):
        moved = ExactWorld((1 - c) * world.joint + c * constant)
        sides = d.equation_7_upper_bound(moved, q_v)
        rows.append((c, sides.left, sides.right, moved.entropy_v, moved.entropy_v_given_z))
    return pd.DataFrame(rows, columns=["c", EXACT, UPPER, "H(V)", "H(V|Z)"])


def draw_climb(prepared: pd.DataFrame) -> Figure:
    """Draw, left, the held upper bound and I; right, the cross-entropy and the H(V) that it leaves out."""
    figure = new_figure(9.5, 3.6)
    left, right = figure.subplots(1, 2)
    c, least, most = (prepared[name] for name in ("c", "H(V|Z)", "H(V)"))
    for name in (UPPER, EXACT):
        colour, style, _ = _LOOKS[name]
        left.plot(c, prepared[name], style, color=colour, lw=2, label=name)
    right.plot(c, most, "--", color="#029e73", lw=2, label="H(V)")
    right.plot(c, least, "-", color="#0173b2", lw=2, label="cross-entropy, H(V|Z)")
    right.fill_between(c, least, most, color="0.9", lw=0, label="I(Z;V)")
    titles = ("the bound is largest where I is 0", "the cross-entropy is least where I is 0")
    for axes, title in zip((left, right), titles, strict=True):
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_xlabel("c: share of always the same answer")
        axes.set_ylabel("nats")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        plain_axes(axes, "both")
    return figure
