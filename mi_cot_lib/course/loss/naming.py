"""Do rationales name their label, and is it on the label's tokens that the MI loss rests?

    python -m mi_cot_lib.course.loss.naming --data-root DIR

counts in the test sets of a folder in the DSS layout (`mi-cot data fetch` prints one) and writes
figures/naming/real.json, which says it where the data is not.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from mi_cot_lib.course.brief_student import encoded_batches, gradient_of
from mi_cot_lib.data.layout import splits_present
from mi_cot_lib.data.load import load_split
from mi_cot_lib.data.specs import Example, dataset_spec
from mi_cot_lib.errors import DataError, call_command
from mi_cot_lib.files import write_atomically
from mi_cot_lib.machine import repository_root
from mi_cot_lib.objective.choices import Objective
from mi_cot_lib.objective.mi import pool_released
from mi_cot_lib.report.pictures.canvas import BLUE, ORANGE, legend_below, new_figure, plain_axes
from mi_cot_lib.student.encode import IGNORED
from mi_cot_lib.student.load import Student
from mi_cot_lib.training.plain_step import forward_terms

REAL = ("svamp", "cqa", "esnli", "anli1")
GROUPS = ("label's tokens", "end token", "all others")


class Naming(NamedTuple):
    """How many of the rationales that could be read hold the gold label, also inside other words."""

    named: int
    rationales: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.named / self.rationales


def naming(examples: Sequence[Example]) -> Naming:
    """Count the rationales that hold the gold label's string, in any case; a DataError if there are none."""
    held = [(e.label.lower(), e.rationale.lower()) for e in examples if e.rationale is not None]
    if not held:
        raise DataError("no example has a rationale in which a label could occur.")
    return Naming(sum(label in rationale for label, rationale in held), len(held))


def prepare_naming(
    examples: Mapping[str, Sequence[Example]], tokens: Callable[[str], Sequence[int]]
) -> pd.DataFrame:
    """Compare data sets by what their rationales have of their labels: as strings, and as tokens.

    `tokens` gives a text's ids without the end token. `label tokens` are the different ones of a label,
    `found, %` of them stand in the rationale; means.
    """
    rows = {}
    for name, rows_of in examples.items():
        found = naming(rows_of)
        sides = [
            (set(tokens(e.label)), set(tokens(e.rationale)))
            for e in rows_of
            if e.rationale is not None
        ]
        rows[name] = {
            "rationales": found.rationales,
            "named, %": 100 * found.share,
            "label tokens": fmean(len(label) for label, _ in sides),
            "found, %": 100 * fmean(len(label & other) / len(label) for label, other in sides),
        }
    return pd.DataFrame(rows).T.rename_axis("data")


def recorded_path() -> Path:
    """Return where the counts of the real test sets are committed."""
    return repository_root() / "figures" / "naming" / "real.json"


def count_real(data_root: Path) -> dict[str, Naming]:
    """Count in every real test set that a folder in the DSS layout holds; a DataError if there is none."""
    return {
        name: naming(load_split(name, "test", data_root))
        for name in REAL
        if "test" in splits_present(data_root, name)
    }


def prepare_real(data_root: Path | None = None) -> pd.DataFrame:
    """Say how often the real rationales name their label: counted here, or as recorded."""
    counted = count_real(data_root) if data_root is not None else {}
    recorded = json.loads(recorded_path().read_text(encoding="utf-8"))
    rows = {}
    for name in REAL:
        found = counted[name] if name in counted else Naming(**recorded[name])
        rows[dataset_spec(name).title] = {
            **found._asdict(),
            "named, %": 100 * found.share,
            "counted": "here" if name in counted else "recorded",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("data")


def prepare_pulled(student: Student, examples: Sequence[Example]) -> pd.DataFrame:
    """Say which tokens a student's released MI loss rests on under teacher forcing, padding left out.

    With t and q the pooled sides, the loss's pull on the logit of token v, at the position that the
    maximum came from, is t_v·q_v(1 − q_v) and a part that hardly depends on t.

    A row each of `GROUPS`, means over the examples: the `t` add up to S; `gradient` is the norm of the mean
    overlap's by the student's weights, t held.
    """
    (batch,) = encoded_batches(student, examples, len(examples))
    _, logits = forward_terms(student.model, Objective(), batch)
    sums = [torch.zeros(3)] * len(GROUPS)
    for index in range(len(examples)):
        written, explained = (batch[side][index] for side in ("labels", "explain_labels"))
        t = pool_released(logits["label"][index : index + 1, written != IGNORED], "max")[0].detach()
        q = pool_released(logits["rationale"][index : index + 1, explained != IGNORED], "max")[0]
        group_of = torch.full(t.shape, 2)
        group_of[written[written != IGNORED]] = 0
        group_of[student.tokeniser.eos_token_id] = 1
        parts = torch.stack([t, t * q, t * q * (1 - q)])
        for group, total in enumerate(sums):
            sums[group] = total + parts[:, group_of == group].sum(dim=1) / len(examples)
    rows = {
        group: [*means.tolist(), gradient_of(means[1], student).norm().item()]
        for group, means in zip(GROUPS, sums, strict=True)
    }
    return pd.DataFrame(rows, ["t", "overlap", "pull", "gradient"]).T.rename_axis("tokens")


def draw_pulled(found: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw how much of S, of the overlap and of the pull each group of tokens has, a bar a data set."""
    figure = new_figure(10.5, 1.5 + 0.34 * len(found))
    panels = {"t": "S, the sum of t", "overlap": "overlap ⟨t, q⟩", "pull": "pull Σ t q (1 − q)"}
    looks = ((BLUE, ""), ("0.75", "///"), (ORANGE, "..."))
    drawn = figure.subplots(1, 3, sharey=True)
    handles = {}
    for axes, (column, title) in zip(drawn, panels.items(), strict=True):
        table = pd.DataFrame({name: frame[column] for name, frame in found.items()})
        left = np.zeros(len(found))
        for (group, values), (colour, hatch) in zip(table.iterrows(), looks, strict=True):
            handles[str(group)] = axes.barh(
                range(len(found)), values, 0.6, left, color=colour, hatch=hatch, ec="white", lw=0.6
            )
            left += values.to_numpy()
        axes.set_title(title, fontsize=9.5, loc="left")
        plain_axes(axes, "x")
    drawn[0].set_yticks(range(len(found)), list(found))
    drawn[0].invert_yaxis()
    legend_below(figure, handles)
    return figure


@click.command()
@click.option(
    "--data-root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder in the DSS layout, with all four data sets.",
)
def main(data_root: Path) -> None:
    """Count in the real test sets, and write the counts down."""
    counted = count_real(data_root)
    if missing := [name for name in REAL if name not in counted]:
        raise click.ClickException(f"{data_root} lacks {', '.join(missing)}; nothing was written.")
    lines = ",\n".join(f" {json.dumps(n)}: {json.dumps(counted[n]._asdict())}" for n in REAL)
    recorded_path().parent.mkdir(parents=True, exist_ok=True)
    write_atomically(recorded_path(), f"{{\n{lines}\n}}\n")
    click.echo(prepare_real(data_root).to_string())


if __name__ == "__main__":
    call_command(main)
