"""The command `mi-cot`: every step of the kit from a shell."""

import io
import os
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click

from mi_cot_lib.cli_data import data
from mi_cot_lib.cli_measure import measure
from mi_cot_lib.cli_paper import paper, report
from mi_cot_lib.errors import KitError, describe_os_error

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
    from mi_cot_lib.training.config import RunConfig

    hints = get_type_hints(RunConfig)
    for item in reversed(fields(RunConfig)):
        default = {} if item.default is MISSING else {"default": item.default}
        command = click.option(
            "--" + item.name.replace("_", "-"),
            item.name,
            type=_click_type(hints[item.name]),
            required=item.default is MISSING,
            show_default=item.default not in (None, MISSING),
            help=item.metadata["help"],
            **default,
        )(command)
    return command


def _click_type(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is Literal:
        return click.Choice(get_args(hint))
    return hint


@cli.command("run")
@_config_options
@click.option("--runs", default="runs", show_default=True, help="Folder of runs.")
@click.option("--tensorboard", is_flag=True, help="Also log for TensorBoard, in the run's folder.")
def run_command(runs: str, tensorboard: bool, **values: Any) -> None:
    """Train one student, score it, and print the run's folder as the last line.

    A finished run is not repeated; an interrupted one goes on where it stopped.
    """
    from mi_cot_lib.reproduce.run import run
    from mi_cot_lib.training.config import RunConfig

    click.echo(run(RunConfig.from_dict(values), runs, tensorboard=tensorboard))


@cli.command("evaluate")
@click.option(
    "--checkpoint",
    required=True,
    type=click.Path(path_type=Path),
    help="A run's folder, or a model's.",
)
@click.option("--dataset", required=True, help="One of the kit's, or a folder with a dataset.json.")
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder in DSS layout.")
@click.option("--split", default="test", show_default=True, help="train, valid, test or unseen.")
@click.option("--method", help="Of a folder that is no run's; default: finetune.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: evaluations/ in CHECKPOINT.")
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
    from mi_cot_lib.reproduce.evaluate import evaluate_to_file

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
def student() -> None:
    """The built-in students."""


@student.command("pretrain")
@click.option(
    "--name", default="nano", show_default=True, help="Which: nano, nano48, nano32 or nano16."
)
@click.option("--folder", type=click.Path(path_type=Path), help="Default: the package's own.")
def student_pretrain(name: str, folder: Path | None) -> None:
    """Rebuild a built-in student from its seed: tokeniser, weights and loss curve."""
    from mi_cot_lib.errors import unknown_name
    from mi_cot_lib.student.names import BUILT_IN_WIDTHS, built_in_folder
    from mi_cot_lib.student.nano import pretrain

    if name not in BUILT_IN_WIDTHS:
        raise unknown_name("built-in student", name, BUILT_IN_WIDTHS)
    click.echo(pretrain(folder or built_in_folder(name), name=name))


@student.command("card")
@click.option("--runs", type=click.Path(path_type=Path), help="Default: runs/student.")
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Runs at a time; default: one for each core."
)
def student_card(runs: Path | None, jobs: int | None) -> None:
    """Finetune the built-in student on each built-in data set and record what it reaches."""
    from mi_cot_lib.environment import repository_root
    from mi_cot_lib.reproduce.student_card import make_card

    click.echo(make_card((runs or repository_root() / "runs" / "student").resolve(), jobs))


@cli.command()
@click.option(
    "--dataset",
    default="nano_svamp",
    show_default=True,
    help="Built in or real, see `mi-cot run -h`.",
)
@click.option(
    "--seeds", default=3, show_default=True, type=click.IntRange(min=1), help="Runs a method."
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Runs at a time; default: one for each core."
)
@click.option("--runs", type=click.Path(path_type=Path), help="Default: runs/reproduce.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: figures/reproduce.")
def reproduce(
    dataset: str, seeds: int, jobs: int | None, runs: Path | None, out: Path | None
) -> None:
    """Train the paper's four methods over some seeds, compare them and draw the result.

    Finished runs are kept and an interrupted call goes on where it stopped. Each run is an executed
    copy of notebooks/03_train.ipynb in its folder; the comparison is one of 04_compare.ipynb.
    """
    from mi_cot_lib.environment import repository_root
    from mi_cot_lib.reproduce.comparison import PAGE, central_comparison
    from mi_cot_lib.reproduce.execute import execute_grid, execute_notebook
    from mi_cot_lib.training.record import refuse_unwritable

    runs = (runs or repository_root() / "runs" / "reproduce").resolve()
    out = (out or repository_root() / "figures" / "reproduce").resolve()
    refuse_unwritable(out, "Name another folder with --out.")
    configs = central_comparison(dataset, seeds)
    click.echo(f"{len(configs)} runs on {dataset}; stop and call again at will, nothing is lost.")
    failed = [outcome for outcome in execute_grid(configs, runs, jobs) if outcome.error]
    for outcome in failed:
        click.echo(f"FAILED {outcome.run}: {outcome.error}", err=True)
    if failed:
        raise KitError(
            f"{len(failed)} of {len(configs)} runs failed; the others are kept in {runs}."
        )
    names = [config.run_name for config in configs]
    execute_notebook(
        "04_compare.ipynb",
        out / "04_compare.ipynb",
        {"runs": str(runs), "names": names, "out": str(out)},
    )
    click.echo(f"\nresult:   {out / PAGE}\nfigures:  {out}\nruns:     {runs}")


@cli.command("record")
@click.option("--source", type=click.Path(path_type=Path), help="Default: figures/reproduce.")
def record_command(source: Path | None) -> None:
    """Make a finished reproduction the committed one: figures/recorded and README's results."""
    from mi_cot_lib.environment import repository_root
    from mi_cot_lib.reproduce.comparison import record_comparison

    click.echo(record_comparison(source or repository_root() / "figures" / "reproduce"))


cli.add_command(data)
cli.add_command(measure)
cli.add_command(paper)
cli.add_command(report)


def main() -> None:
    """Run the command line; an error that the user can mend is one line and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that does not know a letter, such as latin-1 and "…", shows its number instead.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; the same command goes on where it stopped.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough; Python must not flush into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        click.echo(f"mi-cot: {describe_os_error(error)}", err=True)
        sys.exit(2)
    except KitError as error:
        click.echo(f"mi-cot: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
