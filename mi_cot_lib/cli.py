"""The command `mi-cot`: every step of the kit from a shell."""

import io
import json
import os
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

import click

from mi_cot_lib import cli_options as options
from mi_cot_lib.cli_class import classroom
from mi_cot_lib.cli_paper import measure, paper, report, reproduce
from mi_cot_lib.cli_student import student
from mi_cot_lib.errors import call_command

# Set before any library reads it: forked workers and tokenisers' own threads do not go together.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Mutual information for chain-of-thought distillation: train, compare and check.

    \b
    Start here:  mi-cot reproduce             the paper's central comparison on built-in data
    One run:     mi-cot run --dataset nano_svamp --method mi --seed 0
    Real data:   mi-cot data fetch, then mi-cot run --dataset svamp --student nano
    """


def _config_options(command: Any) -> Any:
    """Make an option of every field of RunConfig, so that the two can never differ."""
    from mi_cot_lib.training.config import RunConfig, field_types

    for item in reversed(fields(RunConfig)):
        kind, _ = field_types()[item.name]
        default = {} if item.default is MISSING else {"default": item.default}
        command = click.option(
            "--" + item.name.replace("_", "-"),
            item.name,
            type=click.Choice(get_args(kind)) if get_args(kind) else kind,
            required=item.default is MISSING,
            show_default=item.default not in (None, MISSING),
            help=item.metadata["help"],
            **default,
        )(command)
    return command


@cli.command("run")
@_config_options
@options.runs("runs")
@click.option("--tensorboard", is_flag=True, help="Also log for TensorBoard, in the run's folder.")
def run_command(runs: Path | None, tensorboard: bool, **values: Any) -> None:
    """Train one student, score it, and print the run's folder as the last line.

    A finished run is not repeated; an interrupted one goes on where it stopped.
    """
    from mi_cot_lib.experiments.running.run import run
    from mi_cot_lib.training.config import RunConfig

    click.echo(run(RunConfig.from_dict(values), runs or "runs", tensorboard=tensorboard))


@cli.command("evaluate")
@click.option(
    "--checkpoint", required=True, type=options.PATH, help="A run's folder, or a model's."
)
@click.option("--dataset", required=True, help="One of the kit's, or a folder with a dataset.json.")
@options.data_root()
@click.option("--split", default="test", show_default=True, help="train, valid, test or unseen.")
@click.option("--method", help="Of a folder that is no run's; default: finetune.")
@options.out("evaluations/ in CHECKPOINT", type=options.PATH)
@click.option("--explain", is_flag=True, help="Also generate rationales.")
def evaluate_command(**values: Any) -> None:
    """Score a trained student on a data set, its own or another with such labels.

    \b
    ASDiv, say, is DIR/asdiv/asdiv_test.json, one {"input": …, "label": …} a line, and
    DIR/asdiv/dataset.json: {"title": "ASDiv", "answer_type": "equation", "licence": "…"}
      mi-cot evaluate --checkpoint runs/svamp-… --dataset asdiv --data-root DIR

    A teacher's texts are not needed, and a finished evaluation is not repeated. Other answer types are
    choice, nli and label; CONTRIBUTING.md shows one. The last line printed is the file of answers.
    """
    from mi_cot_lib.experiments.running.evaluate import evaluate_to_file

    found, path = evaluate_to_file(**values)
    if found.run is None:
        name = values["checkpoint"]
        click.echo(f"note: {name} is no run: its labels could not be checked.", err=True)
    low, high = (100 * share for share in found.interval)
    click.echo(
        f"{found.dataset} {found.split}: accuracy {100 * found.accuracy:.1f}% [{low:.1f}, {high:.1f}] "
        f"(95%, Wilson), mean confidence {100 * found.confidence:.1f}%, n = {len(found.predictions)}"
    )
    click.echo(path)


@cli.group()
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


@cli.command()
@click.argument("searched", type=click.Choice(["sizes", "control", "weights", "rates", "lengths"]))
@options.jobs
def pilot(searched: str, jobs: int | None) -> None:
    """Search on validation, with seeds that no table has; goes on where it was stopped.

    `sizes` trains finetuning and DSS alone: at which size do rationales help? `control` gives DSS the
    rationales of other questions at that size: what is left of the gain? `weights` trains each form of the MI
    loss there: with which weight does it validate best? What was declared rests on all three. On real data
    `rates` trains the pretrained student: with which rate does it validate best? `lengths` takes twice as
    many steps.
    """
    from mi_cot_lib.experiments.asked.pilot import make_pilot

    click.echo(make_pilot(searched, jobs or -1))


for command in (classroom, measure, paper, report, reproduce, student):
    cli.add_command(command)


def main() -> None:
    """Run the command line; an error that the user can mend is one line and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that does not know a letter, such as latin-1 and "…", shows its number instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    call_command(cli)


if __name__ == "__main__":
    main()
