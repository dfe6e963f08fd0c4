"""What happens while students train: gradients of the loss terms, losses, and accuracy on validation."""

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from mi_cot_lib.report.cells.curves import LOGGED, gradient_cells, training_curves
from mi_cot_lib.report.pictures.canvas import draw_banded, new_figure, panel_grid, plain_axes
from mi_cot_lib.report.pictures.look import (
    LOOKS,
    PALETTE,
    columns_of,
    finish,
    in_column,
    label_panel,
    of_setting,
    where,
)
from mi_cot_lib.report.printed.names import row_title
from mi_cot_lib.report.result import Result
from mi_cot_lib.report.words import NOTES

_TERMS = {
    "prediction": ("label loss", PALETTE[0], "-"),
    "generation": ("rationale loss", PALETTE[2], "--"),
    "mi": ("MI loss", PALETTE[3], ":"),
}
_PANELS = {
    "loss_prediction": ("Label loss", "nats a token"),
    "loss_generation": ("Rationale loss", "nats a token"),
    "loss_mi": ("MI loss", "nats, before its weight"),
    "accuracy": ("Validation accuracy", "accuracy (%)"),
}


def draw_gradients(result: Result) -> Figure | None:
    """Draw the gradient norm of each weighted term while students of MI train: a row a row of the item."""
    found = gradient_cells(result.runs)
    found = of_setting(found, method="mi")
    if found.empty:
        return None
    rows = list(dict.fromkeys(row_title(result, one) for one in found["setting"]))
    columns = columns_of(found["setting"])
    figure = new_figure(max(9.4, 2.2 * len(columns)), 1.2 + 1.9 * len(rows))
    # One scale, since data sets are compared.
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    handles = {}
    for line, row in zip(grid, rows, strict=True):
        for axes, column in zip(line, columns, strict=True):
            here = in_column(found, column)
            here = where(here, lambda one, row=row: row_title(result, one) == row)
            for term, (name, colour, style) in _TERMS.items():
                mine = here[here["term"] == term]
                if len(mine):
                    handles[name] = draw_banded(
                        axes, mine, "step", "value", color=colour, ls=style, lw=1.8
                    )
            axes.set_visible(len(here) > 0)
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(NullFormatter())
            label_panel(axes, f"{row}\n{column}" if len(rows) > 1 else column)
            plain_axes(axes, grid="both")
        first = next(axes for axes in line if axes.get_visible())
        first.set_ylabel("gradient norm")
        first.tick_params(labelleft=True)
    for axes in grid[-1]:
        axes.set_xlabel("training step")
    return finish(figure, result, NOTES["training"], handles)


def draw_curves(result: Result) -> Figure | None:
    """Draw each loss term and validation accuracy while students train, a column a data set."""
    found = training_curves(result.runs)
    if found.empty:
        return None
    columns = columns_of(found["setting"])
    # A student without the MI loss has no curve of it.
    logged = set(found["name"])
    wanted = [(column, name) for column in columns for name in LOGGED if name in logged]
    figure, panels = panel_grid(len(wanted), below=0.2)
    handles = {}
    for axes, (column, name) in zip(panels, wanted, strict=True):
        here = in_column(found[found["name"] == name], column)
        for setting in dict.fromkeys(here["setting"]):
            look = LOOKS[setting.method]
            mine = here[here["setting"] == setting]
            handles[row_title(result, setting)] = draw_banded(
                axes, mine, "step", "value", color=look.colour, ls=look.line, marker=look.mark,
                ms=4, lw=1.8, markevery=max(1, len(mine) // 6),
            )  # fmt: skip
        what, unit = _PANELS[name]
        label_panel(axes, f"{column}: {what}" if len(columns) > 1 else what)
        axes.set_ylabel(unit)
        axes.set_xlabel("training step")
        plain_axes(axes, grid="both")
    return finish(figure, result, NOTES["training"], handles)
