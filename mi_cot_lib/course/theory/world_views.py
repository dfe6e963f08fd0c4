"""A small world drawn: its table, its entropies, its two conditionals, and what may hang on what."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mi_cot_lib.course.theory.exact_world import ExactWorld, Table
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, new_figure, plain_axes

_INK = "#1f1f1f"
# Of the two graphs: title, and of each node its name and place.
_NODES = {
    "as the paper's argument needs it: Z is made from V": {
        "Y": (0.85, 0.5), "V": (0.5, 0.5), "Z": (0.15, 0.5),
    },
    "as the student is built: V and Z from the question X": {
        "Y": (0.85, 0.5), "X": (0.5, 0.5), "V": (0.15, 0.8), "Z": (0.15, 0.2),
    },
}  # fmt: skip
_ARROWS = ((("Y", "V"), ("V", "Z")), (("X", "Y"), ("X", "V"), ("X", "Z")))


def draw_world(world: ExactWorld) -> Figure:
    """Draw the table p(z, v), and H(Z) and H(V) as bars of which I(Z;V) is the part that both have."""
    figure = new_figure(9.5, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.3])
    _table(left, world.joint, "p(z, v)")
    shared = world.mutual_information
    for place, whole in enumerate((world.entropy_z, world.entropy_v)):
        name, other = ("Z", "V") if place == 0 else ("V", "Z")
        right.barh(place, shared, 0.5, color=BLUE, label="I(Z;V), shared" if place == 0 else None)
        right.barh(
            place, whole - shared, 0.5, shared, color="white", ec=ORANGE, hatch="///",
            label="what the other leaves open" if place == 0 else None,
        )  # fmt: skip
        right.text(whole, place, f"  H({name}) = {whole:.2f}", va="center", fontsize=9)
        text = f"H({name}|{other}) = {whole - shared:.2f}"
        right.text(shared, place + 0.34, text, va="center", fontsize=8, color=_INK)
    right.set_yticks([0, 1], ["Z", "V"])
    right.set_ylim(1.6, -0.5)
    right.set_xlabel("entropy (nats)")
    right.set_title(f"I(Z;V) = {shared:.2f} nats", fontsize=10, loc="left")
    right.margins(x=0.25)
    right.set_xlim(left=0)
    plain_axes(right, "x")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_conditionals(world: ExactWorld) -> Figure:
    """Draw p(z|v) and p(v|z), each with the sums along z that a distribution over z would have at 1."""
    figure = new_figure(9.5, 3.4)
    for axes, table, name in zip(
        figure.subplots(1, 2), (world.z_given_v, world.v_given_z), ("p(z|v)", "p(v|z)"), strict=True
    ):
        _table(axes, table, name)
        for place, total in enumerate(table.sum(axis=0)):
            axes.text(place, len(table) - 0.3, f"Σ {total:.2f}", ha="center", va="top", fontsize=9)
        axes.set_ylim(len(table) + 0.2, -0.5)
    return figure


def draw_chains() -> Figure:
    """Draw which of V, Z, Y is made from which: in the argument of Equations 2 to 4, and in the student."""
    figure = Figure(figsize=(9.5, 2.2))
    FigureCanvasAgg(figure)
    for axes, (title, nodes), arrows in zip(
        figure.subplots(1, 2), _NODES.items(), _ARROWS, strict=True
    ):
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set_axis_off()
        axes.set_title(title, fontsize=10)
        for name, place in nodes.items():
            circle = {"boxstyle": "circle,pad=0.35", "fc": "white", "ec": _INK, "lw": 1.5}
            axes.text(*place, name, ha="center", va="center", fontsize=12, bbox=circle)
        for start, end in arrows:
            how = {"arrowstyle": "-|>", "lw": 1.6, "color": BLUE, "shrinkA": 16, "shrinkB": 16}
            axes.annotate("", nodes[end], nodes[start], arrowprops=how)
    return figure


def _table(axes: Axes, table: Table, name: str) -> None:
    axes.imshow(
        table, cmap="Blues", vmin=0, vmax=max(1e-9, 1.6 * float(table.max())), aspect="auto"
    )
    for (z, v), value in np.ndenumerate(table):
        axes.text(v, z, f"{value:.2f}", ha="center", va="center", fontsize=8, color=_INK)
    axes.set_xticks(range(table.shape[1]), [f"v{v}" for v in range(table.shape[1])])
    axes.set_yticks(range(table.shape[0]), [f"z{z}" for z in range(table.shape[0])])
    axes.set(xlabel="label V", ylabel="rationale Z")
    axes.set_title(f"{name}, a probability a cell", fontsize=10, loc="left")
