"""The curves of one training, as far as it has come, and a recorded training to compare it with."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from mi_cot_lib.course.picture import Picture
from mi_cot_lib.errors import DataError
from mi_cot_lib.report.pictures.canvas import (
    BLUE,
    GREEN,
    ORANGE,
    label_panel,
    new_figure,
    put_title,
)
from mi_cot_lib.training.config import RunConfig
from mi_cot_lib.training.record import committed_record, results_folder

# By measure of a record's curves: what it is called, and its unit.
_MEASURES = {
    "loss_prediction": ("label loss", "nats a token"),
    "loss_generation": ("rationale loss", "nats a token"),
    "loss_mi": ("MI loss, unweighted", "nats"),
    "accuracy": ("accuracy", "%"),
}
_LOOKS: dict[str, dict[str, Any]] = {
    "training": {"color": BLUE, "ls": "-", "marker": "o", "ms": 3},
    "validation": {"color": ORANGE, "ls": "--", "marker": "s", "ms": 4},
}
# A record's `curves`: by part, then by measure.
Logged = Mapping[str, Mapping[str, list[float]]]
# In which a recorded training may differ from the one that it stands for, and still show what to expect.
_MAY_DIFFER = {"train_size", "seed"}


@dataclass(frozen=True)
class Curves:
    """Of each measure the curves of `training` and `validation`: (steps, values), in nats or percent.

    `best` is the step that validates best so far, the earliest of equals, and its accuracy in percent; None
    before the first validation.
    """

    lines: dict[str, dict[str, tuple[list[int], list[float]]]]
    best: tuple[int, float] | None


def prepare_curves(curves: Logged) -> Curves:
    """Take what is drawn from curves as a record holds them, or `curves_of` makes them of a history."""
    lines: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
    for measure in _MEASURES:
        scale = 100 if measure == "accuracy" else 1
        for part in _LOOKS:
            logged = curves[part]
            if values := [scale * value for value in logged.get(measure, [])]:
                lines.setdefault(measure, {})[part] = ([int(one) for one in logged["step"]], values)
    steps, accuracies = lines.get("accuracy", {}).get("validation", ([], []))
    highest = max(accuracies, default=None)
    best = None if highest is None else (steps[accuracies.index(highest)], highest)
    return Curves(lines, best)


def draw_curves(prepared: Curves, title: str) -> Figure:
    """Draw a panel a loss term and one of validation accuracy, in which the best step is marked."""
    figure = new_figure(3 * max(1, len(prepared.lines)), 2.9)
    put_title(figure, title)
    panels = figure.subplots(1, max(1, len(prepared.lines)), squeeze=False)[0]
    for axes, (measure, parts) in zip(panels, prepared.lines.items(), strict=False):
        name, unit = _MEASURES[measure]
        for part, (steps, values) in parts.items():
            axes.plot(steps, values, label=part, lw=1.4, **_LOOKS[part])
        if measure == "accuracy" and prepared.best is not None:
            mark = {"color": GREEN, "marker": "D", "mfc": "none", "ms": 10, "ls": ""}
            axes.plot(*prepared.best, label="best so far", **mark)
        label_panel(axes, name, "step", f"{name.partition(',')[0]} ({unit})")
        corner = "lower right" if measure == "accuracy" else "upper right"
        axes.legend(fontsize=8, frameon=False, loc=corner)
    return figure


def describe_curves(prepared: Curves) -> str:
    """Say in words what the picture shows: where each curve starts and where it is now."""
    said = []
    for measure, parts in prepared.lines.items():
        name, unit = _MEASURES[measure]
        part, (steps, values) = next(iter(parts.items()))
        said.append(
            f"{part} {name}: {values[0]:.3g} {unit} at step {steps[0]}, {values[-1]:.3g} at step {steps[-1]}"
        )
    if prepared.best is not None:
        said.append(f"best validation so far: {prepared.best[1]:.1f}% at step {prepared.best[0]}")
    return "; ".join(said)


def curves_picture(prepared: Curves, title: str) -> Picture:
    """Draw the curves under a title, with a description."""
    return Picture(draw_curves(prepared, title), f"{title}. {describe_curves(prepared)}")


def recorded_run(config: RunConfig) -> dict[str, Any] | None:
    """Return a committed record that differs from a configuration in examples and seed only, if there is one.

    Of several the one with the nearest number of examples that could be trained on.
    """
    wanted = {k: v for k, v in config.to_dict().items() if k not in _MAY_DIFFER}
    names = f"{config.dataset}-{config.method}-{Path(config.student).name}-seed*.json"
    try:
        paths = sorted(results_folder().glob(names))
    except DataError:  # Installed without the repository, which holds them.
        return None
    records = map(committed_record, paths)
    found = [
        record
        for record in records
        if {name: record["config"].get(name) for name in wanted} == wanted
    ]
    size = config.train_size or sys.maxsize
    return min(found, key=lambda one: abs(size - one["data"]["train_used"]), default=None)
