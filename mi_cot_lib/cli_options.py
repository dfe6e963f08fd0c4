"""Options that several commands take, each declared once."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

Option = Callable[[Any], Any]

PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)

jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Runs at a time; default: one for each core, or all that a cluster takes.",
)
preset = click.option(
    "--preset",
    default="nano",
    show_default=True,
    help="nano: built-in data and students, CPU. real-small: SVAMP and CQA, SmolLM2, days of a CPU. "
    "paper: real data, T5 v1.1, GPU.",
)


def seeds(default: int | None = None) -> Option:
    """Seeds of each setting; None leaves their number to the preset."""
    return click.option(
        "--seeds",
        default=default,
        show_default=default is not None,
        type=click.IntRange(min=1),
        help="Seeds of each setting." + (" Default: the preset's." if default is None else ""),
    )


def runs(default: str) -> Option:
    """The folder that run folders lie in."""
    return click.option("--runs", type=FOLDER, help=f"Folder of runs. Default: {default}.")


def out(default: str, **settings: Any) -> Option:
    """Where results are written."""
    return click.option("--out", **{"type": FOLDER, **settings}, help=f"Default: {default}.")


def data_root(**settings: Any) -> Option:
    """Where real data lies."""
    return click.option("--data-root", type=PATH, help="Folder in DSS layout.", **settings)


def as_json(about: str = "") -> Option:
    """One JSON object a line in the place of text."""
    return click.option("--json", "as_json", is_flag=True, help=about + "One JSON object a line.")


def engine(command: Any) -> Any:
    """Where runs are made: the command gets `jobs` and an `Engine`."""

    @wraps(command)
    def with_engine(*, engine: str, address: str | None, gpus_per_run: float, **given: Any) -> None:
        from mi_cot_lib.experiments.running.engines import Engine

        command(engine=Engine(engine, address, gpus_per_run), **given)

    return together(
        jobs,
        click.option(
            "--engine",
            default="local",
            show_default=True,
            help="What makes the runs: local processes, dask or ray.",
        ),
        click.option(
            "--address", metavar="ADDRESS", help="Of the cluster, such as tcp://10.0.0.1:8786."
        ),
        click.option(
            "--gpus-per-run", type=click.FloatRange(min=0), default=0, help="With --engine ray."
        ),
    )(with_engine)


def together(*options: Option) -> Option:
    """Make one decorator of several options, listed in this order by --help."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
