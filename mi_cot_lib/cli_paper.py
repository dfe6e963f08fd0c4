"""The commands `mi-cot paper` and `mi-cot report`: the paper's tables and figures, and a page of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mi_cot_lib.errors import ConfigError, KitError

if TYPE_CHECKING:
    from mi_cot_lib.reproduce.paper_runs import Failure


def _preset_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option(
            "--out", type=click.Path(path_type=Path), help="Default: figures/paper/PRESET."
        ),
        click.option("--runs", type=click.Path(path_type=Path), help="Default: runs/paper."),
        click.option(
            "--judge",
            metavar="MODEL",
            help="Let this LLM judge rationales (OPENAI_API_KEY, OPENAI_BASE_URL); default: the exact "
            "judge of built-in data.",
        ),
        click.option(
            "--embedder",
            metavar="MODEL",
            help="Also compare rationales with the teacher's by this model's embeddings (Table 7).",
        ),
        click.option("--seeds", type=click.IntRange(min=1), help="Default: the preset's."),
        click.option(
            "--preset",
            default="nano",
            show_default=True,
            help="nano: built-in data and students, CPU. paper: real data, T5 v1.1, GPU.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option(
    "--list", "listing", is_flag=True, help="Show every table and figure and how far it is."
)
@click.option("--json", "as_json", is_flag=True, help="With --list: one JSON object a line.")
@click.option("--plan", "planning", is_flag=True, help="Only say what the runs would take.")
@click.option("--fresh", is_flag=True, help="Train anew instead of using the records of the kit.")
@click.option(
    "--record",
    "recording",
    is_flag=True,
    help="Also make the runs' records part of --out, and bring its page and README up to date.",
)
@click.option(
    "--jobs", type=click.IntRange(min=1), help="Runs at a time; default: one for each core."
)
@_preset_options
def paper(
    items: tuple[str, ...],
    listing: bool,
    as_json: bool,
    planning: bool,
    fresh: bool,
    recording: bool,
    jobs: int | None,
    preset: str,
    seeds: int | None,
    judge: str | None,
    embedder: str | None,
    runs: Path | None,
    out: Path | None,
) -> None:
    """Make tables and figures of the paper, table1 … table8, figure2 … figure5 or all; or answer what it
    leaves open, question1 … question6 or questions.

    \b
    mi-cot paper --list                     what there is, and what is missing
    mi-cot paper table1                     from the records that came with the kit
    mi-cot paper table1 --fresh --seeds 2   trained here, in runs/paper
    mi-cot paper all --preset paper --plan  what the paper's own setting would take

    What is missing is trained first; a second call trains only what is still missing. The files, ITEM.md,
    .csv, .tex, .json and .png, are in figures/paper/PRESET.
    """
    from mi_cot_lib.reproduce import paper as papers
    from mi_cot_lib.reproduce.paper_grid import ITEMS
    from mi_cot_lib.reproduce.paper_readme import write_readme
    from mi_cot_lib.reproduce.paper_report import write_report
    from mi_cot_lib.reproduce.paper_runs import make_missing
    from mi_cot_lib.reproduce.plan import describe_plan
    from mi_cot_lib.reproduce.presets import preset_named
    from mi_cot_lib.reproduce.question_grid import QUESTIONS
    from mi_cot_lib.training.record import refuse_unwritable

    chosen = preset_named(preset)
    names = papers.known_items(items)
    if as_json and not listing:
        raise click.UsageError("--json goes with --list.")
    if not (names or listing):
        raise click.UsageError("name a table, figure or question, all, questions, or --list.")
    request = papers.request_of(
        chosen, runs=runs, out=out, judge=judge, embedder=embedder, seeds=seeds, fresh=fresh
    )
    if listing:
        for name in names or [*ITEMS, *QUESTIONS]:
            one = papers.status(name, request)
            click.echo(one.to_json() if as_json else one.to_line())
        return
    planned = papers.plan_of(names, request)
    if planning or (planned.missing and planned.runs):
        head = (
            f"Plan of {', '.join(names)}, preset {preset}: what is not there yet. Nothing is run."
        )
        click.echo("\n".join([head, "", *describe_plan(planned)]))
        return
    if papers.is_judged(names):
        request.judge.check(chosen)
    refuse_unwritable(request.out, "Name another folder with --out.")
    failures = make_missing(names, chosen, request.places, seeds=seeds, jobs=jobs)
    failures += papers.write_all(names, request, recording=recording, echo=click.echo)
    if recording and not failures:
        made, records, failures = papers.write_available(request)
        click.echo(write_report(made, records, failures, request))
        # The kit's own results, which README shows once every table and figure is there.
        if preset == "nano" and out is None and {item.id for item in made} >= set(ITEMS):
            click.echo(write_readme(made, records))
    _tell(failures)


@click.command()
@_preset_options
def report(
    preset: str,
    seeds: int | None,
    judge: str | None,
    embedder: str | None,
    runs: Path | None,
    out: Path | None,
) -> None:
    """Put every table and figure whose runs are there on one page, and nothing is trained for it.

    Writes report.html (self-contained), report.md, and each item's files to --out.
    """
    from mi_cot_lib.reproduce import paper as papers
    from mi_cot_lib.reproduce.paper_report import write_report
    from mi_cot_lib.reproduce.presets import preset_named

    request = papers.request_of(
        preset_named(preset), runs=runs, out=out, judge=judge, embedder=embedder, seeds=seeds
    )
    made, records, failures = papers.write_available(request)
    if not made and not failures:
        raise ConfigError(
            f"no finished runs of preset {preset} in {request.places.runs}, nor any that came with "
            f"the kit; `mi-cot paper table1 --preset {preset}` makes the first."
        )
    click.echo(write_report(made, records, failures, request))
    _tell(failures)


def _tell(failures: "Sequence[Failure]") -> None:
    """Name every failure, and end with an exit status that is not zero if there is one."""
    for failure in failures:
        click.echo(f"FAILED {failure.run}: {failure.error}", err=True)
    if failures:
        raise KitError(f"{len(failures)} failed, see above; what else was asked for is made.")
