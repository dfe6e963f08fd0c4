"""`mi-cot data`: check, fetch or generate data in DSS layout."""

import json
from pathlib import Path

import click

from mi_cot_lib import cli_options as options


@click.group()
def data() -> None:
    """Check, fetch or generate data in DSS layout."""


@data.command("check")
@options.data_root(required=True)
@click.option("--dataset", "datasets", multiple=True, help="Check this one only; repeatable.")
@options.as_json()
@click.option(
    "--show",
    default=0,
    type=click.IntRange(min=0),
    metavar="N",
    help="Print N examples of each count.",
)
def data_check(data_root: Path, datasets: tuple[str, ...], as_json: bool, show: int) -> None:
    """Count rows and teacher texts that cannot be used whole, and score the teacher's labels.

    \b
    unparsed   no answer, or no rationale, could be read
    ambiguous  the teacher announces two labels
    outside    what it announces is none of the question's labels

    teacher_accuracy is by this kit's parser, teacher_accuracy_released by the released code's rules.
    """
    from mi_cot_lib.data.check import check

    for row in check(data_root, list(datasets) or None, show=show):
        if as_json:
            click.echo(json.dumps(row))
        else:
            click.echo(
                f"{row['dataset']:<11} {row['split']:<7} {row['rows']:>7} rows   teacher "
                f"{row['teacher_accuracy']:.4f} (released rules "
                f"{row['teacher_accuracy_released']:.4f})   {row['unparsed']} unparsed, "
                f"{row['ambiguous']} ambiguous, {row['outside']} outside"
            )
            for count, examples in row.get("examples", {}).items():
                for example in examples:
                    # As a literal: a teacher's text may hold what steers a terminal.
                    click.echo(f"    {count}, row {example['row']}: {ascii(example['text'])[:400]}")


@data.command("fetch")
def data_fetch() -> None:
    """Download the paper's data sets (datasets.zip of DSS) into the cache and verify them."""
    from mi_cot_lib.data.fetch import fetch

    click.echo(fetch())


@data.command("generate")
@click.argument("folder", type=options.FOLDER, required=False)
@click.option(
    "--dataset", "datasets", multiple=True, help="A built-in data set; default: all four."
)
@click.option("--seed", default=0, show_default=True, help="Another seed makes other questions.")
@click.option("--teacher-accuracy", type=float, help="From 0 to 1; default: the real teacher's.")
@click.option(
    "--checksums", is_flag=True, help="Only rewrite the checksums that the tests compare with."
)
def data_generate(
    folder: Path | None,
    datasets: tuple[str, ...],
    seed: int,
    teacher_accuracy: float | None,
    checksums: bool,
) -> None:
    """Write built-in data sets to FOLDER in DSS layout; use it with --data-root FOLDER."""
    from mi_cot_lib.data.specs import DATASETS
    from mi_cot_lib.data.worlds.write import update_checksums, write_dataset

    if checksums:
        for name, files in update_checksums().items():
            click.echo(f"{name}: {len(files)} files")
        return
    if folder is None:
        raise click.UsageError("name the FOLDER to write to.")
    for name in datasets or [name for name, spec in DATASETS.items() if spec.built_in]:
        click.echo(write_dataset(name, folder, seed=seed, teacher_accuracy=teacher_accuracy))
