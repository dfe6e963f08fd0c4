"""The paper in one picture: one student, two prompts, two outputs, three losses (compare Figure 1)."""

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

_INK = "#1f1f1f"
_LABEL_SIDE = "#0173b2"
_RATIONALE_SIDE = "#b35806"
# Shares of grey that stand for probabilities in the little grids; they carry no numbers.
_V_CELLS = ((0.1, 0.9, 0.2, 0.0, 0.1, 0.0), (0.0, 0.1, 0.1, 0.8, 0.0, 0.1))
_Z_CELLS = (
    (0.7, 0.1, 0.0, 0.1, 0.2, 0.0),
    (0.0, 0.6, 0.1, 0.0, 0.1, 0.3),
    (0.1, 0.0, 0.8, 0.1, 0.0, 0.1),
    (0.0, 0.2, 0.0, 0.5, 0.3, 0.0),
)


def draw_overview() -> Figure:
    """Draw how one student's two tasks meet in the three losses of Equation 10.

    Solid blue is the prediction task, dashed orange the rationale task; shape and place say the same
    without colour.
    """
    figure = Figure(figsize=(10.5, 5.4))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, 10.5)
    axes.set_ylim(0, 5.4)
    axes.set_axis_off()

    _box(axes, 0.15, 3.95, 1.75, 0.7, "predict: TEXT", _LABEL_SIDE)
    _box(axes, 0.15, 1.45, 1.75, 0.7, "explain: TEXT", _RATIONALE_SIDE, dashed=True)
    _box(
        axes, 2.4, 1.25, 1.35, 3.6, "one student\n\n(T5, or the\nbuilt-in nano)", _INK, fill="0.93"
    )
    _arrow(axes, (1.9, 4.3), (2.4, 4.3), _LABEL_SIDE)
    _arrow(axes, (1.9, 1.8), (2.4, 1.8), _RATIONALE_SIDE, dashed=True)

    _grid(axes, 4.3, 4.05, _V_CELLS, _LABEL_SIDE)
    axes.text(4.3, 4.68, "V: label logits", fontsize=10, weight="bold", color=_LABEL_SIDE)
    axes.text(4.3, 3.83, "m positions × vocabulary", fontsize=8, color=_INK)
    _grid(axes, 4.3, 1.25, _Z_CELLS, _RATIONALE_SIDE)
    axes.text(4.3, 2.38, "Z: rationale logits", fontsize=10, weight="bold", color=_RATIONALE_SIDE)
    axes.text(4.3, 1.03, "n positions × vocabulary", fontsize=8, color=_INK)
    _arrow(axes, (3.75, 4.3), (4.25, 4.3), _LABEL_SIDE)
    _arrow(axes, (3.75, 1.8), (4.25, 1.8), _RATIONALE_SIDE, dashed=True)

    _grid(axes, 6.15, 3.3, (tuple(map(max, *_V_CELLS)),), _LABEL_SIDE)
    _grid(axes, 6.15, 2.65, (tuple(map(max, *_Z_CELLS)),), _RATIONALE_SIDE)
    axes.text(5.98, 3.36, "t", fontsize=11, style="italic", color=_LABEL_SIDE)
    axes.text(5.98, 2.73, "q", fontsize=11, style="italic", color=_RATIONALE_SIDE)
    axes.text(4.3, 3.09, "softmax, then\nmax over positions", fontsize=8.5, va="center", color=_INK)
    _arrow(axes, (5.72, 4.1), (6.35, 3.65), _LABEL_SIDE)
    _arrow(axes, (5.72, 2.0), (6.35, 2.55), _RATIONALE_SIDE, dashed=True)

    _box(axes, 8.2, 3.95, 2.15, 0.75, "$L_{prediction}$\ncross-entropy with label Y", _LABEL_SIDE)
    _box(
        axes, 8.2, 2.68, 2.15, 0.8, "$L_{CE}$, the MI term\ncross-entropy of t and q", _INK, "0.93"
    )
    _box(
        axes, 8.2, 1.4, 2.15, 0.8, "$L_{generation}$\ncross-entropy with rationale R",
        _RATIONALE_SIDE, dashed=True,
    )  # fmt: skip
    _arrow(axes, (5.72, 4.3), (8.2, 4.3), _LABEL_SIDE)
    _arrow(axes, (5.72, 1.65), (8.2, 1.65), _RATIONALE_SIDE, dashed=True)
    _arrow(axes, (7.6, 3.42), (8.2, 3.2), _LABEL_SIDE)
    _arrow(axes, (7.6, 2.77), (8.2, 2.96), _RATIONALE_SIDE, dashed=True)

    _box(axes, 2.4, 0.25, 1.35, 0.6, "teacher LLM", _INK)
    _arrow(axes, (3.75, 0.55), (9.27, 0.55), _INK, head=False)
    _arrow(axes, (9.27, 0.55), (9.27, 1.4), _INK)
    axes.text(4.3, 0.63, "rationales R, written once, before training", fontsize=8.5, color=_INK)
    axes.text(
        10.35, 5.15, r"$L_{total}=\alpha_1 L_{prediction}+\alpha_2 L_{generation}+\alpha_3 L_{CE}$",
        fontsize=12, ha="right", va="center", color=_INK,
    )  # fmt: skip
    return figure


def _box(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    text: str,
    colour: str,
    fill: str = "white",
    dashed: bool = False,
) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=fill, edgecolor=colour, linewidth=1.6, linestyle="--" if dashed else "-",
        )
    )  # fmt: skip
    axes.text(
        x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=9.5, color=_INK
    )


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    dashed: bool = False,
    head: bool = True,
) -> None:
    axes.annotate(
        "", xy=end, xytext=start,
        arrowprops={
            "arrowstyle": "-|>" if head else "-", "color": colour, "lw": 1.6,
            "ls": "--" if dashed else "-", "shrinkA": 0, "shrinkB": 0,
        },
    )  # fmt: skip


def _grid(
    axes: Axes, x: float, y: float, cells: tuple[tuple[float, ...], ...], colour: str
) -> None:
    side = 0.235
    for row, values in enumerate(reversed(cells)):
        for column, value in enumerate(values):
            axes.add_patch(
                Rectangle(
                    (x + column * side, y + row * side), side, side,
                    facecolor=str(1 - 0.8 * value), edgecolor="0.6", linewidth=0.5,
                )
            )  # fmt: skip
    axes.add_patch(
        Rectangle(
            (x, y), side * len(cells[0]), side * len(cells),
            facecolor="none", edgecolor=colour, linewidth=1.6,
        )
    )  # fmt: skip
