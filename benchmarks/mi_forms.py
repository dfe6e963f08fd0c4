"""Time one training step with each form of the MI term against the step of DSS, which has none.

All go through the kit's fast path, with the same student, batches, dropout, gradient clipping and AdamW.
Forms on hidden features bring a small network of their own, which is trained along.
"""

from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import click

from benchmarks.harness import (
    DEVICE,
    dataset_of,
    interleave,
    options,
    print_result,
    print_table,
    speedup,
    spread,
    student_of,
)
from benchmarks.train_step import Batch, Step, fast_step, next_step, precision_of, training_pairs
from mi_cot_lib.errors import call_command
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.forms import FORMS
from mi_cot_lib.objective.mi import carried, make_head
from mi_cot_lib.student.encode import collate

DSS = "DSS"
# A form is to cost at most this much more than a step without an MI term.
MARGIN = 0.15


def step_of(model: Any, objective: Objective, precision: str) -> Step:
    """Take steps of a student, with the head that the form needs while they last."""
    head = make_head(objective, model.config.d_model, seed=0)
    head = head.to(DEVICE) if head else None
    with carried(model, head):
        taken = fast_step(model, objective, precision)

    def step(batch: Batch) -> None:
        with carried(model, head):
            taken(batch)

    return step


@click.command(help=__doc__)
@options()
def mi_forms(
    data_root: Path | None, student: str, batch_size: int, precision: str, repeats: int
) -> None:
    """Print a table, and what each form costs beside DSS as one JSON line."""
    chosen = precision_of(precision)
    loaded = student_of(student, data_root)
    model: Any = loaded.model.train()
    pairs = training_pairs(loaded, data_root, batch_size * (repeats + 1))
    batches = [
        {
            name: tensor.to(DEVICE)
            for name, tensor in collate(
                pairs[start : start + batch_size], loaded.tokeniser.pad_token_id
            ).items()
        }
        for start in range(0, len(pairs) - batch_size + 1, batch_size)
    ]
    objectives = {DSS: Objective(alpha3=0)}
    objectives |= {
        form: Objective(form=form, features=one.features[0]) for form, one in FORMS.items()
    }
    variants = {
        name: partial(next_step, step_of(model, objective, chosen), cycle(batches))
        for name, objective in objectives.items()
    }
    warm_up = len(batches) if DEVICE == "cuda" else 1
    seconds = interleave(variants, repeats, warm_up=warm_up)
    costs = {form: speedup(seconds, form, DSS) for form in FORMS}
    click.echo(
        f"{student} on {dataset_of(data_root)}, batch {batch_size}, dropout "
        f"{model.config.dropout_rate}, {DEVICE}, {chosen}"
    )
    rows = [
        {
            "form": name,
            "features": objectives[name].features if name in costs else "–",
            "seconds (median)": spread(times)["median"],
            "times DSS (median)": costs[name]["median"] if name in costs else 1.0,
            "min": costs[name]["min"] if name in costs else 1.0,
            "max": costs[name]["max"] if name in costs else 1.0,
        }
        for name, times in seconds.items()
    ]
    print_table(rows)
    dear = [form for form in FORMS if costs[form]["median"] > 1 + MARGIN]
    click.echo(
        "\ntimes DSS: each round's own ratio, so that a slow moment of the machine falls on both; its "
        "median need not be\nthe ratio of the two medians of seconds. Single rounds spread wider than "
        f"{MARGIN:.0%}; by their median, dearer than DSS by more: {', '.join(dear) or 'none'}."
    )
    print_result(
        {
            "benchmark": "mi_forms",
            "batch_size": batch_size,
            "precision": chosen,
            "student": student,
            **{f"cost_{form}": cost for form, cost in costs.items()},
        }
    )


if __name__ == "__main__":
    call_command(mi_forms)
